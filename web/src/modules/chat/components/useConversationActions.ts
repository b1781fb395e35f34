import { Archive, ArchiveRestore, Braces, FileText, Pencil, Pin, PinOff, Trash2 } from '@lucide/vue'
import type { Component } from 'vue'
import { useI18n } from 'vue-i18n'
import { saveBlob } from '@/core/http/download'
import { attempt } from '@/core/list/attempt'
import { say } from '@/core/list/notices'
import { useRemoval } from '@/core/list/useRemoval'
import * as api from '../api/conversations'
import type { Conversation } from '../api/types'
import type { Conversations } from '../store/useConversations'

export interface ActionItem {
  key: string
  label: string
  icon: Component
  danger?: boolean
}

/** A title as a name of a file on any system. */
export const fileName = (title: string, ending: string): string =>
  `${title.replace(/[\s\\/:*?"<>|\p{Cc}]+/gu, ' ').trim().slice(0, 80) || 'chat'}.${ending}`

/** What can be done with a conversation, at its row and at its head. */
export function useConversationActions(list: Conversations, hooks: { leave: (id: number) => void }) {
  const { t } = useI18n()
  const { remove } = useRemoval<Conversation>({
    remove: api.removeConversations,
    restore: api.restoreConversations,
    nameOf: ({ title }) => title || t('chat.untitled'),
    reload: list.load,
  })

  const itemsFor = ({ is_pinned, is_archived }: Conversation): ActionItem[] => [
    { key: 'rename', label: 'chat.list.rename', icon: Pencil },
    is_pinned ? { key: 'unpin', label: 'chat.list.unpin', icon: PinOff } : { key: 'pin', label: 'chat.list.pin', icon: Pin },
    is_archived
      ? { key: 'unarchive', label: 'chat.list.unarchive', icon: ArchiveRestore }
      : { key: 'archive', label: 'chat.list.archive', icon: Archive },
    { key: 'markdown', label: 'chat.list.exportMarkdown', icon: FileText },
    { key: 'json', label: 'chat.list.exportJson', icon: Braces },
    { key: 'delete', label: 'chat.list.delete', icon: Trash2, danger: true },
  ]

  async function archive(conversation: Conversation, is_archived: boolean): Promise<void> {
    const { id, title } = conversation
    if (!(await attempt(() => list.change(id, { is_archived })))) return
    if (is_archived) hooks.leave(id)
    const words = is_archived ? 'chat.list.archivedDone' : 'chat.list.unarchivedDone'
    say(t(words, { title: title || t('chat.untitled') }), () => attempt(() => list.change(id, { is_archived: !is_archived })))
  }

  async function download({ id, title }: Conversation, format: api.ExportFormat): Promise<void> {
    await attempt(async () => {
      saveBlob(await api.exportConversation(id, format), fileName(title, format === 'json' ? 'json' : 'md'))
    })
  }

  async function erase(conversation: Conversation): Promise<void> {
    await remove([conversation])
    hooks.leave(conversation.id)
  }

  async function run(key: string, conversation: Conversation): Promise<void> {
    if (key === 'pin' || key === 'unpin') await attempt(() => list.change(conversation.id, { is_pinned: key === 'pin' }))
    else if (key === 'archive' || key === 'unarchive') await archive(conversation, key === 'archive')
    else if (key === 'markdown' || key === 'json') await download(conversation, key)
    else if (key === 'delete') await erase(conversation)
  }

  return {
    itemsFor,
    run,
    rename: ({ id }: Conversation, title: string) => attempt(() => list.change(id, { title })),
    exportAll: () => attempt(async () => saveBlob(await api.exportAll(), 'chats.json')),
    importFile: (file: File) =>
      attempt(async () => {
        const count = await api.importConversations(file)
        say(t('chat.list.imported', { n: count }, count))
        await list.load()
      }),
  }
}

export type ConversationActions = ReturnType<typeof useConversationActions>

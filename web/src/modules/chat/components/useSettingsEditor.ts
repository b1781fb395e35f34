import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { useEditor, type EditorOf } from '@/core/forms/useEditor'
import { say } from '@/core/list/notices'
import type { ConversationChange } from '../api/types'

export interface Settings {
  title: string
  system_prompt: string
  /** Null leaves it to the model. */
  temperature: number | null
}

export interface SettingsSubject extends Settings {
  isNew: boolean
}

const LONGEST_TITLE = 200
const LONGEST_PROMPT = 20_000

/** The form of what belongs to one conversation; for one that is not begun yet it only remembers. */
export function useSettingsEditor(save: (change: ConversationChange) => Promise<unknown>): {
  editor: EditorOf<Settings, SettingsSubject>
  fields: Field<Settings>[]
} {
  const { t } = useI18n()
  const editor = useEditor<Settings, SettingsSubject>({
    blank: () => ({ title: '', system_prompt: '', temperature: null }),
    from: ({ title, system_prompt, temperature }) => ({ title, system_prompt, temperature }),
    update: (_, changed) => save(changed),
    saved: () => say(t('list.form.saved')),
  })
  const fields: Field<Settings>[] = [
    { key: 'title', kind: 'text', label: 'chat.settings.title', max: LONGEST_TITLE, shown: () => editor.row?.isNew !== true },
    { key: 'system_prompt', kind: 'textarea', label: 'chat.settings.systemPrompt', hint: 'chat.settings.systemPromptHint', max: LONGEST_PROMPT, rows: 6 },
    { key: 'temperature', kind: 'custom', label: 'chat.settings.temperature', hint: 'chat.settings.temperatureHint' },
  ]
  return { editor, fields }
}

import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { useEditor, type EditorOf } from '@/core/forms/useEditor'
import { locales, localeNames } from '@/core/i18n/i18n'
import { useSession } from '@/modules/iam/store/session'
import * as api from '../api/channels'
import type { NoticeKind } from '../api/templates'
import { channelKinds, inLocale, useNoticeWords } from './useNoticeWords'

/** What is typed of a channel. Of what is stored and never sent back: empty keeps it, null takes it away. */
export interface ChannelForm {
  name: string
  kind: api.Channel['kind']
  address: string
  url: string | null
  secret: string | null
  allow_private: boolean
  locale: api.Channel['locale']
  all_alerts: boolean
  notices: string[]
  is_enabled: boolean
}

/** The editor of a channel with its fields; `kinds` are the notices that may go there. */
export function useChannelForm(
  kinds: () => readonly NoticeKind[],
  saved: () => unknown,
): { editor: EditorOf<ChannelForm, api.Channel>; fields: Field<ChannelForm>[] } {
  const { t, locale } = useI18n()
  const { optionsOf } = useNoticeWords()
  const session = useSession()

  const blank = (): ChannelForm => ({
    name: '',
    kind: 'dingtalk',
    address: '',
    url: '',
    secret: '',
    allow_private: false,
    locale: locale.value as api.Channel['locale'],
    all_alerts: true,
    notices: [],
    is_enabled: true,
  })
  const editor = useEditor<ChannelForm, api.Channel>({
    blank,
    from: (row) => ({
      name: row.name,
      kind: row.kind,
      address: row.address,
      url: '',
      secret: '',
      allow_private: row.allow_private,
      locale: row.locale,
      all_alerts: row.all_alerts,
      notices: row.notices,
      is_enabled: row.is_enabled,
    }),
    create: (form) => api.createChannel({ ...form, url: form.url || null, secret: form.secret || null }),
    update: (row, changed) => api.changeChannel(row.id, changed),
    saved,
  })

  const isMail = ({ kind }: ChannelForm): boolean => kind === 'email'
  const isWebhook = (form: ChannelForm): boolean => !isMail(form)
  const names = computed(() =>
    kinds()
      .filter(({ is_alert }) => !is_alert || !editor.form.all_alerts)
      .map(({ kind, texts }) => ({ value: kind, label: inLocale(texts, locale.value)?.name ?? kind })),
  )
  /** A stored address stays when nothing is typed. */
  function checkUrl({ url }: ChannelForm): string | undefined {
    if (!url && editor.row?.host) return undefined
    return /^https?:\/\/\S+$/i.test(url?.trim() ?? '') ? undefined : t('notify.channels.urlNeeded')
  }

  const fields: Field<ChannelForm>[] = [
    { key: 'name', kind: 'text', label: 'notify.channels.name', required: true, max: 128 },
    { key: 'kind', kind: 'select', label: 'notify.channels.medium', required: true, options: () => optionsOf(channelKinds, 'media') },
    {
      key: 'address',
      kind: 'text',
      label: 'notify.channels.address',
      required: true,
      max: 254,
      shown: isMail,
      check: ({ address }) => (/^\S+@\S+\.\S+$/.test(address.trim()) ? undefined : t('notify.channels.addressNeeded', { at: '@' })),
    },
    { key: 'url', kind: 'custom', label: 'notify.channels.url', hint: 'notify.channels.urlHint', shown: isWebhook, check: checkUrl },
    {
      key: 'secret',
      kind: 'custom',
      label: 'notify.channels.secret',
      hint: 'notify.channels.secretHint',
      shown: ({ kind }) => kind !== 'email' && kind !== 'wecom',
    },
    {
      key: 'locale',
      kind: 'select',
      label: 'notify.channels.language',
      required: true,
      options: () => locales.map((value) => ({ value, label: localeNames[value] })),
    },
    { key: 'all_alerts', kind: 'switch', label: 'notify.channels.allAlerts', hint: 'notify.channels.allAlertsHint' },
    { key: 'notices', kind: 'select', many: true, label: 'notify.channels.notices', hint: 'notify.channels.noticesHint', options: () => names.value },
    {
      key: 'allow_private',
      kind: 'switch',
      label: 'notify.channels.private',
      hint: 'notify.channels.privateHint',
      shown: isWebhook,
      // Anybody may forbid it.
      disabled: ({ allow_private }) => !allow_private && !(session.me?.is_administrator ?? false),
    },
    { key: 'is_enabled', kind: 'switch', label: 'notify.channels.enabled', hint: 'notify.channels.enabledHint' },
  ]
  return { editor, fields }
}

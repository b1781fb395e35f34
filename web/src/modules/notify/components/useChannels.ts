import { Send } from '@lucide/vue'
import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import type { EditorOf } from '@/core/forms/useEditor'
import { locales, localeNames } from '@/core/i18n/i18n'
import type { Column } from '@/core/list/types'
import { isWebAddress, privateField, useUpstreams, type Upstreams } from '@/core/upstreams/useUpstreams'
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

const columns: Column<api.Channel>[] = [
  { key: 'goes', label: 'notify.channels.goes' },
  { key: 'language', label: 'notify.channels.language', text: (row) => localeNames[row.locale] },
  { key: 'state', label: 'upstreams.state' },
  { key: 'test', label: 'upstreams.test' },
]

const isMail = ({ kind }: ChannelForm): boolean => kind === 'email'
const isWebhook = (form: ChannelForm): boolean => !isMail(form)

/** The list of channels; `kinds` are the notices that may go there. */
export function useChannels(
  kinds: () => readonly NoticeKind[],
  test: (row: api.Channel) => unknown,
): Upstreams<ChannelForm, api.Channel> {
  const { t, locale } = useI18n()
  const { mediumName } = useNoticeWords()
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

  const fields = (editor: EditorOf<ChannelForm, api.Channel>): Field<ChannelForm>[] => [
    {
      key: 'address',
      kind: 'text',
      label: 'notify.channels.address',
      required: true,
      max: 254,
      shown: isMail,
      check: ({ address }) => (/^\S+@\S+\.\S+$/.test(address.trim()) ? undefined : t('notify.channels.addressNeeded', { at: '@' })),
    },
    {
      // Half of the secret: typed once, and shown to nobody after that. There is no channel without one.
      key: 'url',
      kind: 'secret',
      label: 'notify.channels.url',
      hint: 'notify.channels.urlHint',
      shown: isWebhook,
      hasStored: () => Boolean(editor.row?.host),
      removable: false,
      // A stored address stays when nothing is typed.
      check: ({ url }) => ((!url && editor.row?.host) || isWebAddress(url) ? undefined : t('upstreams.urlNeeded')),
    },
    {
      key: 'secret',
      kind: 'secret',
      label: 'notify.channels.secret',
      hint: 'notify.channels.secretHint',
      shown: ({ kind }) => kind !== 'email' && kind !== 'wecom',
      hasStored: () => editor.row?.has_secret ?? false,
    },
    {
      key: 'locale',
      kind: 'select',
      label: 'notify.channels.language',
      required: true,
      options: () => locales.map((value) => ({ value, label: localeNames[value] })),
    },
    { key: 'all_alerts', kind: 'switch', label: 'notify.channels.allAlerts', hint: 'notify.channels.allAlertsHint' },
    {
      key: 'notices',
      kind: 'select',
      many: true,
      label: 'notify.channels.notices',
      hint: 'notify.channels.noticesHint',
      options: () =>
        kinds()
          .filter(({ is_alert }) => !is_alert || !editor.form.all_alerts)
          .map(({ kind, texts }) => ({ value: kind, label: inLocale(texts, locale.value)?.name ?? kind })),
    },
    privateField<ChannelForm>(isWebhook, () => session.me?.is_administrator ?? false),
  ]

  return useUpstreams<ChannelForm, api.Channel>({
    resource: 'notice_channel',
    api: {
      list: api.listChannels,
      create: (form) => api.createChannel({ ...form, url: form.url || null, secret: form.secret || null }),
      change: api.changeChannel,
      remove: api.removeChannels,
      restore: api.restoreChannels,
      enable: api.enableChannels,
    },
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
    kinds: channelKinds,
    kindWord: mediumName,
    where: (row) => [row.address || row.host, ...(row.has_secret ? [t('notify.channels.secretSet')] : [])].join(' · '),
    sort: 'name',
    labels: { create: 'notify.channels.create', search: 'notify.channels.search', enabledHint: 'notify.channels.enabledHint' },
    columns,
    fields,
    test: { run: test, permission: 'perm:notice_channel:update', label: 'notify.channels.test', icon: Send, many: true },
  })
}

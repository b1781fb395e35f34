import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deliver } from '@/core/events/bus'
import { ApiError } from '@/core/http/problem'
import { mountRouted } from '@/test/mountPage'
import * as channels from '../api/channels'
import * as inbox from '../api/inbox'
import * as outbox from '../api/outbox'
import * as texts from '../api/templates'
import InboxBell from '../components/InboxBell.vue'
import ChannelsView from './ChannelsView.vue'
import InboxView from './InboxView.vue'
import OutboxView from './OutboxView.vue'
import TemplatesView from './TemplatesView.vue'

vi.mock('../api/channels')
vi.mock('../api/inbox')
vi.mock('../api/outbox')
vi.mock('../api/templates')
// A whole page with all its inputs is slow to mount while the machine is busy.
vi.setConfig({ testTimeout: 30_000 })
enableAutoUnmount(afterEach)

const pageOf = <T>(items: T[]) => ({ items, total: items.length, total_is_exact: true, page: 1, page_size: 20 })
const inBody = (id: string) => document.body.querySelector<HTMLElement>(`[data-testid="${id}"]`)
const click = async (id: string) => {
  inBody(id)?.click()
  await flushPromises()
}
const made = { created_at: '2026-11-30T01:00:00Z', creator_id: 1, creator_name: 'G', modifier_id: null, modifier_name: null, modifier_time: null }

const notice = (id: number, rest: Partial<inbox.InboxNotice> = {}): inbox.InboxNotice => ({
  id,
  kind: 'job.failed',
  is_alert: false,
  texts: [
    { locale: 'en', subject: `Failed ${id}`, body: 'Why.' },
    { locale: 'zh-CN', subject: `失败 ${id}`, body: '原因。' },
  ],
  link: '/jobs?job=7',
  created_at: '2026-11-30T01:00:00Z',
  read_at: null,
  ...rest,
})
const message = (id: number, rest: Partial<outbox.OutboxMessage> = {}): outbox.OutboxMessage => ({
  id,
  medium: 'dingtalk',
  recipient: 'Ops',
  subject: `Disk ${id}`,
  kind: 'system.alert',
  channel_id: 1,
  state: 'failed',
  attempts: 7,
  created_at: '2026-11-30T01:00:00Z',
  next_attempt_at: null,
  finished_at: null,
  error_code: 'channel_signature',
  last_error: 'Ops did not accept',
  job_id: 3,
  may_retry: true,
  may_cancel: false,
  ...rest,
})
const kind: texts.NoticeKind = {
  kind: 'job.failed',
  is_alert: false,
  by_mail: false,
  variables: [{ name: 'title', type: 'text', example: 'Report' }],
  texts: (['en', 'zh-CN'] as const).map((locale) => ({
    locale,
    name: locale === 'en' ? 'A job failed' : '任务失败',
    subject: 'Failed: ${title}',
    body: 'Body',
    default_subject: 'Failed: ${title}',
    default_body: 'Body',
    is_changed: false,
    modifier_name: null,
    modifier_time: null,
  })),
  channels: ['Ops'],
}
const channel: channels.Channel = {
  ...made,
  id: 1,
  name: 'Ops',
  kind: 'dingtalk',
  address: '',
  host: 'oapi.dingtalk.com',
  has_secret: true,
  allow_private: false,
  locale: 'en',
  all_alerts: true,
  notices: ['job.failed'],
  is_enabled: true,
}

beforeEach(() => {
  vi.resetAllMocks()
  document.body.innerHTML = ''
  vi.mocked(texts.listNoticeKinds).mockResolvedValue([kind])
  vi.mocked(texts.previewText).mockResolvedValue({ subject: 'Failed: Report', text: 'Body', html: '<p>Body</p>' })
  vi.mocked(channels.listChannels).mockResolvedValue(pageOf([channel]))
  vi.mocked(inbox.countUnread).mockResolvedValue(2)
})

describe('the bell', () => {
  it('says how many are unread, and asks again when it is told to', async () => {
    const { page } = await mountRouted(InboxBell)
    await flushPromises()
    expect(page.get('[data-testid=unread]').text()).toBe('2')
    expect(page.get('[data-testid=bell]').attributes('aria-label')).toBe('Notices: 2 unread')
    vi.mocked(inbox.countUnread).mockResolvedValue(100)
    vi.useFakeTimers()
    deliver({ name: 'inbox', id: '1', data: {} })
    await vi.advanceTimersByTimeAsync(300)
    vi.useRealTimers()
    await flushPromises()
    expect(page.get('[data-testid=unread]').text()).toBe('99+')
  })
})

describe('the inbox', () => {
  it('is in the language of the reader, and leads to what happened', async () => {
    vi.mocked(inbox.listInbox).mockResolvedValue(pageOf([notice(1), notice(2, { read_at: 'x', link: '' })]))
    const { page, router } = await mountRouted(InboxView, { path: '/inbox', locale: 'zh-CN' })
    expect(page.text()).toContain('失败 1')
    expect(page.findAll('[data-testid=open-notice]')).toHaveLength(1)
    await page.get('[data-testid=open-notice]').trigger('click')
    await flushPromises()
    expect(inbox.markNotices).toHaveBeenCalledWith([1], true)
    expect(router.currentRoute.value.fullPath).toBe('/jobs?job=7')
  })

  it('turns a wish back that the server refuses', async () => {
    vi.mocked(inbox.listInbox).mockResolvedValue(pageOf([notice(1)]))
    const wish = { kind: 'job.failed', names: [{ locale: 'en' as const, name: 'A job failed' }], is_alert: false, inbox: true, mail: false, is_default: true }
    vi.mocked(inbox.getPreferences).mockResolvedValue({ items: [wish], can_mail: false })
    vi.mocked(inbox.setPreference).mockRejectedValue(new ApiError('service_unavailable', 503))
    const { page } = await mountRouted(InboxView, { path: '/inbox' })
    await page.get('[data-testid=wishes]').trigger('click')
    await flushPromises()
    expect(inBody('no-mail')).not.toBeNull()
    const [here] = inBody('wish-job.failed')?.querySelectorAll<HTMLInputElement>('input') ?? []
    here?.click()
    await flushPromises()
    expect(inbox.setPreference).toHaveBeenCalledWith({ kind: 'job.failed', inbox: false, mail: false })
    expect(inbox.getPreferences).toHaveBeenCalledTimes(2)
  })
})

describe('the outbox', () => {
  it('says in words why not, and sends again only what can be', async () => {
    const rows = [message(1), message(2, { state: 'sent', error_code: null, may_retry: false }), message(3, { error_code: 'new_one', last_error: 'Odd.' })]
    vi.mocked(outbox.listOutbox).mockResolvedValue(pageOf(rows))
    const { page } = await mountRouted(OutboxView, { path: '/outbox' })
    expect(page.get('[data-testid=item-1]').text()).toContain('signature is not accepted')
    expect(page.get('[data-testid=item-3]').text()).toContain('Odd.')
    await page.get('[data-testid=select-all]').setValue(true)
    await page.get('[data-testid=batch-retry]').trigger('click')
    await flushPromises()
    expect(outbox.retryMessages).toHaveBeenCalledWith([1, 3])
  })

  it('offers nothing to who may only look', async () => {
    vi.mocked(outbox.listOutbox).mockResolvedValue(pageOf([message(1)]))
    const { page } = await mountRouted(OutboxView, { path: '/outbox', can: (label) => label === 'perm:outbox:get' })
    expect(page.find('[data-testid=row-retry]').exists()).toBe(false)
    expect(texts.listNoticeKinds).not.toHaveBeenCalled()
  })
})

describe('channels', () => {
  it('show where they lead, what goes there, and how a test went', async () => {
    vi.mocked(channels.testChannel).mockResolvedValue({ ok: false, ms: 5, error_code: 'channel_keyword', error: 'x', said: 'keywords not in content' })
    const { page } = await mountRouted(ChannelsView, { path: '/notice-channels' })
    await flushPromises()
    expect(page.get('[data-testid=item-1]').text()).toContain('oapi.dingtalk.com')
    expect(page.get('[data-testid=goes]').text()).toBe('Every alert · A job failed')
    await page.get('[data-testid=row-test]').trigger('click')
    await flushPromises()
    expect(page.get('[data-testid=test-result]').text()).toContain('wants a keyword')
    expect(page.get('[data-testid=test-result]').text()).toContain('keywords not in content')
  })

  it('keep the stored address when nothing is typed, and never show it', async () => {
    vi.mocked(channels.changeChannel).mockResolvedValue(channel)
    const { page } = await mountRouted(ChannelsView, { path: '/notice-channels' })
    await page.get('[data-testid=row-edit]').trigger('click')
    await flushPromises()
    const name = inBody('field-name')?.querySelector('input')
    expect(inBody('field-url')?.querySelector('input')?.value).toBe('')
    expect(inBody('field-url')?.querySelector('[data-testid=remove-secret]')).toBeNull()
    if (name) name.value = 'Ops 2'
    name?.dispatchEvent(new Event('input'))
    await click('save-form')
    expect(channels.changeChannel).toHaveBeenCalledWith(1, { name: 'Ops 2' })
  })
})

describe('texts', () => {
  async function open(): Promise<HTMLInputElement> {
    const { page } = await mountRouted(TemplatesView, { path: '/notice-templates' })
    await flushPromises()
    expect(page.get('[data-testid="kind-job.failed"]').text()).toContain('Ops')
    await page.get('[data-testid="edit-job.failed"]').trigger('click')
    await flushPromises()
    return inBody('text-subject') as HTMLInputElement
  }

  it('are shown as they would be, and put a variable where one writes', async () => {
    const subject = await open()
    expect(inBody('preview-subject')?.textContent).toBe('Failed: Report')
    expect(inBody('preview-mail')?.getAttribute('sandbox')).toBe('')
    subject.value = 'Oh '
    subject.dispatchEvent(new Event('input'))
    subject.setSelectionRange(3, 3)
    subject.dispatchEvent(new FocusEvent('blur'))
    await click('variable-title')
    expect((inBody('text-subject') as HTMLInputElement).value).toBe('Oh ${title}')
    await click('save-text')
    expect(texts.changeText).toHaveBeenCalledWith('job.failed', 'en', { subject: 'Oh ${title}', body: 'Body' })
  })

  it('are not saved while they cannot be filled in', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const subject = await open()
    vi.mocked(texts.previewText).mockRejectedValue(
      new ApiError('validation_failed', 422, [{ loc: ['body', 'subject'], message: 'no', code: 'unknown_variable' }]),
    )
    subject.value = '${nobody}'
    subject.dispatchEvent(new Event('input'))
    await flushPromises()
    await vi.advanceTimersByTimeAsync(500)
    vi.useRealTimers()
    await flushPromises()
    expect(inBody('complaint')?.textContent).toContain('There is no such variable here.')
    expect(inBody('save-text')?.hasAttribute('disabled')).toBe(true)
  })
})

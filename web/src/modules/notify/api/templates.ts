import type { components } from '@/core/api/schema'
import { del, get, post, put } from '@/core/http/client'

export type NoticeKind = components['schemas']['NoticeKindAnswer']
export type NoticeText = components['schemas']['NoticeText']
export type NoticePreview = components['schemas']['NoticePreview']
export type NoticeLocale = NoticeText['locale']
export interface Wording {
  subject: string
  body: string
}

const quiet = { quiet: true }

export function listNoticeKinds(): Promise<NoticeKind[]> {
  return get('/api/v1/notice-templates', quiet)
}

export async function changeText(kind: string, locale: NoticeLocale, wording: Wording): Promise<void> {
  await put('/api/v1/notice-templates/{kind}/{locale}', wording, { ...quiet, path: { kind, locale } })
}

export async function resetText(kind: string, locale: NoticeLocale): Promise<void> {
  await del('/api/v1/notice-templates/{kind}/{locale}', { ...quiet, path: { kind, locale } })
}

export function previewText(kind: string, locale: NoticeLocale, wording: Wording): Promise<NoticePreview> {
  return post('/api/v1/notice-templates/{kind}/preview', { ...wording, locale }, { ...quiet, path: { kind } })
}

import type { VueWrapper } from '@vue/test-utils'
import type { Job } from '@/core/jobs/types'
import type { Sheet } from '@/core/sheets/api'
import type * as api from './api/imports'

/** A checked import without mistakes. */
export const row = (rest: Partial<api.Import> = {}): api.Import => ({
  id: 5,
  resource: 'users',
  file_name: 'people.xlsx',
  bytes: 9000,
  state: 'checked',
  job_id: 8,
  row_count: 1600,
  create_count: 1200,
  update_count: 300,
  same_count: 100,
  error_count: 0,
  undone_count: 0,
  kept_count: 0,
  ignored: [],
  failure: null,
  annotated_url: null,
  may_confirm: true,
  may_undo: false,
  kept_until: '2026-12-01T01:00:00Z',
  created_at: '2026-11-30T01:00:00Z',
  ...rest,
})
export const issue = (id: number, rest: Partial<api.Issue> = {}): api.Issue => ({
  id,
  stage: 'check',
  row: id + 1,
  cell: `D${id + 1}`,
  heading: 'E-mail',
  code: 'email_invalid',
  message: 'theirs',
  ...rest,
})
export const sheet = (resource: string, title: string, may_import = true): Sheet => ({ resource, title, may_export: true, may_import, columns: [] })
export const pageOf = <T>(items: T[], total = items.length) => ({ items, total, total_is_exact: true, page: 1, page_size: 20 })
export const job = (rest: Partial<Job> = {}) => ({ id: 8, state: 'running', progress: 0.5, result: null, error: null, may_cancel: true, cancelling: false, ...rest }) as Job
export const by = (page: VueWrapper, id: string) => page.get(`[data-testid=${id}]`)
export const has = (page: VueWrapper, id: string) => page.find(`[data-testid=${id}]`).exists()

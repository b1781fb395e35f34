import type { components } from '@/core/api/schema'
import { get, post } from '@/core/http/client'
import { ApiError } from '@/core/http/problem'

export type ReleaseRun = components['schemas']['ReleaseRun']
export type ReleaseRuns = components['schemas']['ReleaseRuns']
export type DriftReport = components['schemas']['DriftReport']
export type DriftFinding = components['schemas']['DriftFinding']
export type BackupState = components['schemas']['BackupState']
export type BackupReport = components['schemas']['BackupReport']

const quiet = { quiet: true }

export function releaseRuns(page: number, size: number): Promise<ReleaseRuns> {
  return get('/api/v1/system/releases', { ...quiet, params: { page, page_size: size } })
}

/** The last comparison, or null before the first: a state to explain, not a failure. */
export async function lastDrift(): Promise<DriftReport | null> {
  try {
    return await get('/api/v1/system/drift', quiet)
  } catch (error) {
    if (error instanceof ApiError && error.code === 'drift_not_checked') return null
    throw error
  }
}

export function backups(): Promise<BackupState> {
  return get('/api/v1/system/backups', quiet)
}

/** A program of root's takes it within a minute. */
export function requestBackup(): Promise<BackupState> {
  return post('/api/v1/system/backups')
}

import type { components } from '@/core/api/schema'

export type Job = components['schemas']['JobAnswer']
export type JobState = Job['state']
/** Why a job failed. Domains tell of failures of their own in the same form; `details` is theirs alone to leave out. */
export type JobFailure = Pick<components['schemas']['JobFailure'], 'code' | 'message'> &
  Partial<Pick<components['schemas']['JobFailure'], 'details'>>

/** The part of a job that its stream tells of. */
export type JobStatus = Pick<Job, 'state' | 'progress' | 'progress_text' | 'place_in_line'>

export type JobEnd = Pick<Job, 'state' | 'result' | 'error'>

export interface JobHooks {
  /** An event that the job itself sends, such as `delta`. After a lost connection none is missing and none comes twice. */
  onEvent?(name: string, data: unknown): void
  /** Where it stands, each time something of it changes. */
  onStatus?(status: JobStatus): void
  /** Once, when there is nothing more to come. */
  onEnd(end: JobEnd): void
  /** Nobody can be asked about this job (any more): it is not there, is another's, or the session is over. */
  onLost?(): void
}

export const isEnded = (state: JobState): boolean => state === 'done' || state === 'failed' || state === 'cancelled'

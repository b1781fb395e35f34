import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

export interface Challenge {
  algorithm: string
  challenge: string
  salt: string
  maxnumber: number
  signature: string
}

/** Long enough to get on, short enough that a key press is never felt to wait. */
const SLICE_MS = 8

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/**
 * Finds the number whose SHA-256 after the salt is the challenge, in slices between which the page lives on; null when
 * there is none. `crypto.subtle` is not there on plain http, where many a first visit happens.
 */
export async function findNumber(challenge: Challenge, signal?: AbortSignal): Promise<number | null> {
  let sliceEnd = performance.now() + SLICE_MS
  for (let number = 0; number <= challenge.maxnumber; number += 1) {
    if (bytesToHex(sha256(utf8ToBytes(challenge.salt + String(number)))) === challenge.challenge) return number
    // Asking the clock costs as much as a hash, so it is asked now and then.
    if (number % 64 === 63 && performance.now() > sliceEnd) {
      await pause()
      signal?.throwIfAborted()
      sliceEnd = performance.now() + SLICE_MS
    }
  }
  return null
}

/** The answer in the form that the server expects: the JSON of altcha's widget in base64. */
export function encodeSolution({ algorithm, challenge, salt, signature }: Challenge, number: number): string {
  return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }))
}

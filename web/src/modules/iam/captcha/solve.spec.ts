import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { encodeSolution, findNumber, type Challenge } from './solve'

function challengeOf(number: number, maxnumber: number): Challenge {
  const salt = 'b0a1?expires=1'
  const challenge = bytesToHex(sha256(utf8ToBytes(`${salt}${number}`)))
  return { algorithm: 'SHA-256', challenge, salt, maxnumber, signature: 's' }
}

describe('the captcha', () => {
  it('is known from SHA-256 itself', () => {
    // FIPS 180-2: the digest of "abc".
    expect(bytesToHex(sha256(utf8ToBytes('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it.each([0, 1, 777, 1000])('finds %d', async (number) => {
    expect(await findNumber(challengeOf(number, 1000))).toBe(number)
  })

  it('gives up where there is nothing to find', async () => {
    expect(await findNumber(challengeOf(1001, 1000))).toBeNull()
  })

  it('lets the page live while it searches, and stops when nobody waits any more', async () => {
    let beats = 0
    const heart = setInterval(() => (beats += 1), 1)
    await findNumber(challengeOf(30_000, 30_000))
    clearInterval(heart)
    expect(beats).toBeGreaterThan(1)

    const gone = new AbortController()
    const search = findNumber(challengeOf(5_000_000, 4_000_000), gone.signal)
    gone.abort()
    await expect(search).rejects.toThrow()
  })

  it('answers as the widget of altcha would', () => {
    const solution: unknown = JSON.parse(atob(encodeSolution(challengeOf(7, 10), 7)))
    expect(solution).toMatchObject({ algorithm: 'SHA-256', number: 7, salt: 'b0a1?expires=1', signature: 's' })
    expect(solution).not.toHaveProperty('maxnumber')
  })
})

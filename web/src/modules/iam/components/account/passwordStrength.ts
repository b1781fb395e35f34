export const strengths = ['weak', 'fair', 'good', 'strong'] as const
export type Strength = (typeof strengths)[number]

const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z0-9]/]
const poolSizes = [26, 26, 10, 33]

/** Length that carries surprise: a repeated character and a step of a row such as 1234 or abcd count a quarter. */
function effectiveLength(password: string): number {
  const codes = [...password].map((character) => character.codePointAt(0) ?? 0)
  return codes.reduce((sum, code, index) => {
    const step = code - (codes[index - 1] ?? Number.NaN)
    return sum + (Math.abs(step) <= 1 ? 0.25 : 1)
  }, 0)
}

/** A hint while typing, nothing more: the rules that count are the server's. */
export function passwordStrength(password: string): Strength {
  const pool = classes.reduce((sum, has, index) => sum + (has.test(password) ? (poolSizes[index] ?? 0) : 0), 0)
  const bits = pool === 0 ? 0 : effectiveLength(password) * Math.log2(pool)
  if (bits < 36) return 'weak'
  if (bits < 56) return 'fair'
  return bits < 76 ? 'good' : 'strong'
}

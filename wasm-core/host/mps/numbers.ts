/**
 * Numbers as MPS files write them. Depends on nothing.
 */

/** Fortran writers use D for the exponent. */
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eEdD][+-]?[0-9]+)?$/
const INFINITE = /^[+-]?inf(?:inity)?$/i

/** NaN for what is no number. 'Inf' and values beyond the range of doubles are infinite; callers say where that is a value. */
export function parseNumber(text: string): number {
  // Plus 0: a zero has no sign, so that no digest of a model depends on how its zeros are written.
  if (DECIMAL.test(text)) return Number(text.replace(/[dD]/, 'e')) + 0
  if (INFINITE.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number.NaN
}

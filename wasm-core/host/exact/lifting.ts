/**
 * Exact solutions of A x = b with a square, sparse integer matrix A that is regular modulo a prime p: digit by digit in base p, each
 * digit from one sparse solve modulo p, until the digits determine fractions that satisfy the equations exactly.
 * Depends on modular-factors.ts, integer-matrix.ts, reconstruction.ts, limits.ts.
 *
 *   x = x0 + x1 p + x2 p^2 + ...    r0 = b,   A xt = rt (mod p),   r(t+1) = (rt - A xt) / p
 *
 * Source: Dixon, *Exact solution of linear equations using p-adic expansions* (1982). Digits lie between -p/2 and p/2, so that the
 * residual of a solution in whole numbers becomes 0, which is a proof by itself. Every other solution is put into the equations.
 */
import { invariant } from '../../../pipeline/errors.js'
import { bitLength } from './dyadic.js'
import { type IntegerMatrix, product } from './integer-matrix.js'
import { type WorkMeter, wordsOf } from './limits.js'
import type { ModularFactors } from './modular-factors.js'
import { denominatorOf, nearestZero } from './reconstruction.js'

/** numerators[j] / denominator; the denominator is above 0. */
export interface CommonFractions {
  readonly numerators: bigint[]
  readonly denominator: bigint
}

/** Digits before the first attempt to read fractions off them, and the growth from one attempt to the next. */
const FIRST_DIGITS = 6
const GROWTH = 1.4

/** Bits by which a fraction must be shorter than its modulus; chance gives a shorter one once in 2^40. */
const SPARE_BITS = 40

/**
 * Solves A x = b; `factors` are those of A, which must have full rank. Ends, because the digits of the true solution
 * determine it in the end; the meter may end it sooner, with `WEIR_SOLVER`.
 */
export function solveByLifting(
  matrix: IntegerMatrix,
  factors: ModularFactors,
  b: readonly bigint[],
  meter: WorkMeter,
): CommonFractions {
  invariant(factors.rank === matrix.rows && matrix.rows === matrix.columns, 'lifting needs a regular matrix')
  const { prime } = factors
  const lift = new Lift(matrix, factors, b)
  const bitsPerDigit = Math.log2(prime)
  for (let digits = FIRST_DIGITS; ; digits = Math.ceil(digits * GROWTH)) {
    meter.requireBits(digits * bitsPerDigit)
    const work = factors.entries + 8 * matrix.value.length + 16 * matrix.rows
    while (lift.digits < digits && !lift.isExact) {
      meter.spend(work)
      lift.step()
    }
    const words = wordsOf(lift.digits * bitsPerDigit)
    meter.spend(words * words * 40 + words * (matrix.value.length + 8 * matrix.rows))
    const x = lift.values()
    if (lift.isExact) return { numerators: x, denominator: 1n }
    const found = fractionsOf(x, BigInt(prime) ** BigInt(lift.digits))
    if (found !== undefined && satisfies(matrix, found, b)) return found
  }
}

/** The digits found so far, and what is left to explain. */
class Lift {
  readonly #matrix: IntegerMatrix
  readonly #factors: ModularFactors
  readonly #modulus: bigint
  #residual: bigint[]
  /** By digit, then by column. */
  readonly #digits: Float64Array[] = []

  constructor(matrix: IntegerMatrix, factors: ModularFactors, b: readonly bigint[]) {
    this.#matrix = matrix
    this.#factors = factors
    this.#modulus = BigInt(factors.prime)
    this.#residual = [...b]
  }

  get digits(): number {
    return this.#digits.length
  }

  /** Whether the digits are all of x, which then is whole. */
  get isExact(): boolean {
    return this.#residual.every((rest) => rest === 0n)
  }

  step(): void {
    const { prime } = this.#factors
    const rest = Float64Array.from(this.#residual, (r) => {
      const value = Number(r % this.#modulus)
      return value < 0 ? value + prime : value
    })
    const digit = new Float64Array(this.#matrix.columns)
    this.#factors.solve(rest, digit)
    const half = prime / 2
    for (let j = 0; j < digit.length; j++) if (digit[j] > half) digit[j] -= prime
    this.#digits.push(digit)
    this.#residual = this.#residualAfter(digit)
  }

  #residualAfter(digit: Float64Array): bigint[] {
    const explained = product(this.#matrix, Array.from(digit, BigInt))
    return this.#residual.map((rest, i) => (rest - explained[i]) / this.#modulus)
  }

  /** Sum of digit t times p^t, by column: halves first, so that long numbers are multiplied with long ones. */
  values(): bigint[] {
    const powers: bigint[] = [this.#modulus]
    const count = this.#digits.length
    return Array.from({ length: this.#matrix.columns }, (_, j) => {
      let parts = Array.from({ length: count }, (_, t) => BigInt(this.#digits[t][j]))
      for (let level = 0; parts.length > 1; level++) {
        if (powers.length <= level) powers.push(powers[level - 1] ** 2n)
        parts = pairs(parts, powers[level])
      }
      return parts[0] ?? 0n
    })
  }
}

function pairs(parts: readonly bigint[], power: bigint): bigint[] {
  const joined: bigint[] = []
  for (let k = 0; k < parts.length; k += 2) joined.push(parts[k] + (parts[k + 1] ?? 0n) * power)
  return joined
}

/**
 * Fractions over the common denominator of all. A combination of them has most of it in one reconstruction; a small factor that
 * cancelled out by accident is found with the first number that still is long. Undefined where there are too few digits.
 */
function fractionsOf(x: readonly bigint[], modulus: bigint): CommonFractions | undefined {
  const bits = bitLength(modulus)
  const bound = 1n << BigInt((bits - 2) >> 1)
  let denominator = denominatorOf(nonnegative(combinationOf(x), modulus), modulus, bound)
  if (denominator === undefined) return undefined
  const isShort = (numerator: bigint) =>
    bitLength(numerator) + bitLength(denominator as bigint) + SPARE_BITS <= bits
  for (const value of x) {
    const numerator = nearestZero(value * denominator, modulus)
    if (isShort(numerator)) continue
    const missing = denominatorOf(nonnegative(numerator, modulus), modulus, bound)
    if (missing === undefined) return undefined
    denominator *= missing
    if (!isShort(1n)) return undefined
  }
  const numerators = x.map((value) => nearestZero(value * (denominator as bigint), modulus))
  return numerators.every(isShort) ? { numerators, denominator } : undefined
}

const nonnegative = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus

/** With factors that have nothing to do with the numbers: those of Lehmer's generator with the multiplier of Park and Miller. */
function combinationOf(x: readonly bigint[]): bigint {
  let factor = 1_234_567
  let combination = 0n
  for (const value of x) {
    combination += value * BigInt(factor)
    factor = (factor * 48_271) % 2_147_483_647
  }
  return combination
}

function satisfies(matrix: IntegerMatrix, found: CommonFractions, b: readonly bigint[]): boolean {
  const sums = product(matrix, found.numerators)
  return sums.every((sum, i) => sum === b[i] * found.denominator)
}

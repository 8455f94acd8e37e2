/**
 * What an exact computation may cost, counted and never timed, so that the same input stops at the same place on every machine.
 * Depends on pipeline/errors.ts.
 */
import { WeirError } from '../../../pipeline/errors.js'

export interface ExactLimits {
  /** Longest integer that may arise, in bits: memory is this times the number of basic variables. */
  readonly bits: number
  /** Multiplications of machine words, roughly; some 10^8 of them take a second. */
  readonly operations: number
  /** Exact basis changes that may be spent on a basis that is optimal within tolerance only. */
  readonly pivots: number
}

/** Above what published models of a thousand rows need (docs/exact-certificates.md), and minutes below what nobody waits for. */
export const EXACT_LIMITS: ExactLimits = { bits: 400_000, operations: 4_000_000_000, pivots: 20 }

const WORD_BITS = 64

/** Machine words of an integer of so many bits. */
export const wordsOf = (bits: number): number => 1 + Math.floor(bits / WORD_BITS)

/** Counts down; one meter serves everything that one certificate takes. */
export class WorkMeter {
  readonly #limits: ExactLimits
  #operations = 0

  constructor(limits: ExactLimits = EXACT_LIMITS) {
    this.#limits = limits
  }

  get operations(): number {
    return this.#operations
  }

  get limits(): ExactLimits {
    return this.#limits
  }

  /** Throws `WEIR_SOLVER` when more was spent than the limit. */
  spend(operations: number): void {
    this.#operations += operations
    if (this.#operations <= this.#limits.operations) return
    throw new WeirError('WEIR_SOLVER', `exact arithmetic took over ${this.#limits.operations} operations`, {
      place: 'exact certificate',
      remedy: 'raise the limit on operations, or be content with the residuals of the answer',
    })
  }

  /** Throws `WEIR_SOLVER` when integers of so many bits are not allowed. */
  requireBits(bits: number): void {
    if (bits <= this.#limits.bits) return
    throw new WeirError('WEIR_SOLVER', `exact arithmetic needs integers of over ${this.#limits.bits} bits`, {
      place: 'exact certificate',
      remedy: 'raise the limit on bits, or round the coefficients of the model to fewer digits',
    })
  }
}

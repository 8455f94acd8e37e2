/** What a caller may ask of one solve. Depends on pipeline/errors.ts. */
import { WeirError } from '../../pipeline/errors.js'

/** No limit of the caller's; the module still bounds each rung of its ladder. */
const NO_ITERATION_LIMIT = 2 ** 31 - 1

export interface ResolveOptions {
  /** Iterations (pivots and bound flips) after which to give up; 0 or more. */
  readonly iterationLimit?: number
  /** Wall-clock time after which to stop with 'deadline', milliseconds from the call; checked between iterations. */
  readonly deadlineMs?: number
  /**
   * What is promised of the bits of an optimum. 'canonical' (unless said otherwise): they are a function of the model alone, whatever
   * was solved before, from the one optimal basis that a fixed rule picks; `counters.notCanonical` says how often that could not be
   * had. 'fast': they are as the iterations left them; objective and residuals are as good, and of several optima any one may come.
   */
  readonly answers?: 'fast' | 'canonical'
}

/** The limit as the module wants it. Throws `WEIR_SOLVER` when it is no whole number from 0. */
export function iterationLimitOf(options: ResolveOptions): number {
  const limit = options.iterationLimit ?? NO_ITERATION_LIMIT
  if (Number.isInteger(limit) && limit >= 0 && limit <= NO_ITERATION_LIMIT) return limit
  throw new WeirError('WEIR_SOLVER', `is ${limit}`, {
    place: 'iterationLimit',
    remedy: 'give a whole number from 0',
  })
}

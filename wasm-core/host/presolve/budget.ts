/**
 * A caller's limits, shared out over several solves. Depends on linear-program.ts.
 */
import type { ResolveOptions } from '../linear-program.js'

/** The clock starts when it is made. */
export class Budget {
  readonly #options: ResolveOptions
  readonly #startedAt = performance.now()
  #spent = 0

  constructor(options: ResolveOptions) {
    this.#options = options
  }

  get spent(): number {
    return this.#spent
  }

  spend(iterations: number): void {
    this.#spent += iterations
  }

  left(): ResolveOptions {
    const { iterationLimit, deadlineMs, ...others } = this.#options
    const limits: { iterationLimit?: number; deadlineMs?: number } = {}
    if (iterationLimit !== undefined) limits.iterationLimit = Math.max(0, iterationLimit - this.#spent)
    if (deadlineMs !== undefined)
      limits.deadlineMs = Math.max(0, deadlineMs - (performance.now() - this.#startedAt))
    return { ...others, ...limits }
  }
}

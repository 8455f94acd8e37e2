/**
 * What contenders did over the passes of one warm stream, and the passes of a native peer, which may fail.
 * Depends on the native drivers and on the results.
 */
import { WeirError } from '../../pipeline/errors.js'
import { percentiles } from '../harness.js'
import type { NativeDriver } from './native-driver.js'
import type { Problem } from './problem.js'
import type { WarmColumn } from './results.js'
import type { NotMeasured } from './solvers.js'
import { stepMedians } from './step-medians.js'

interface Pass {
  readonly micros: ArrayLike<number>
  readonly objective: ArrayLike<number>
  readonly iterations: ArrayLike<number>
}

/** What one contender did, over all passes that count. */
export class Column {
  readonly #micros: ArrayLike<number>[] = []
  readonly #objectives: ArrayLike<number>[] = []
  #pivots = 0

  constructor(
    readonly name: string,
    readonly role: WarmColumn['role'],
  ) {}

  add({ micros, objective, iterations }: Pass): void {
    this.#micros.push(micros)
    this.#objectives.push(objective)
    for (let k = 0; k < iterations.length; k++) this.#pivots += iterations[k] as number
  }

  result(reference: Column): WarmColumn {
    const { name, role } = this
    const micros = percentiles(this.#micros.flatMap((pass) => Array.from(pass)))
    return {
      name,
      role,
      micros,
      stepMicros: percentiles(stepMedians(this.#micros)),
      pivotsMean: this.#pivots / micros.samples,
      maxRelativeDifference: this.#differenceFrom(reference),
    }
  }

  /** Passes repeat each other, but only where a solver is deterministic; so all are compared, with the first of Weir's. */
  #differenceFrom(reference: Column): number {
    const expected = reference.#objectives[0]!
    let most = 0
    for (const pass of this.#objectives) {
      for (let k = 0; k < pass.length; k++) {
        const [a, b] = [pass[k] as number, expected[k] as number]
        // A step without an optimum is NaN on one side, and as far away as can be.
        const difference = Math.abs(a - b) / Math.max(1, Math.abs(b))
        most = Math.max(most, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
      }
    }
    return most
  }
}

/** The passes of a native peer; one that fails is named as such, and costs nobody else the run. */
export class NativePasses {
  readonly column: Column
  failure: NotMeasured | undefined

  private constructor(
    name: string,
    private readonly driver: NativeDriver,
  ) {
    this.column = new Column(name, 'peer')
  }

  /** Loads the problem, and goes over it once without counting. */
  static async open(
    name: string,
    driver: NativeDriver,
    problem: Problem,
  ): Promise<NativePasses | NotMeasured> {
    const passes = new NativePasses(name, driver)
    await passes.#attempt(async () => {
      await driver.load(problem)
      await driver.pass()
    })
    return passes.failure ?? passes
  }

  async pass(): Promise<void> {
    if (this.failure !== undefined) return
    await this.#attempt(async () => {
      const { micros, objective, pivots } = await this.driver.pass()
      this.column.add({ micros, objective, iterations: pivots })
    })
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      this.failure = { name: this.column.name, notMeasured: `it failed: ${error.message}` }
    }
  }
}

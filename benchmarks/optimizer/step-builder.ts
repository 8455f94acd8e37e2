/** Puts a step of a generated stream together. Depends on the host's change stream, whose order within a step it keeps. */
import type { ChangeStep, IntervalChanges } from '../../wasm-core/host/changes/change-stream.js'

interface Interval {
  readonly lower: number
  readonly upper: number
}

/** Takes changes in any order; of two for the same place the later one counts. */
export class StepBuilder {
  readonly #rows = new Map<number, Interval>()
  readonly #columns = new Map<number, Interval>()
  readonly #costs = new Map<number, number>()

  row(index: number, lower: number, upper: number): void {
    this.#rows.set(index, { lower, upper })
  }

  column(index: number, lower: number, upper: number): void {
    this.#columns.set(index, { lower, upper })
  }

  cost(index: number, cost: number): void {
    this.#costs.set(index, cost)
  }

  build(): ChangeStep {
    const costs = ascending(this.#costs)
    return {
      rows: intervals(this.#rows),
      columns: intervals(this.#columns),
      costs: {
        index: Int32Array.from(costs, ([index]) => index),
        cost: Float64Array.from(costs, ([, cost]) => cost),
      },
    }
  }
}

/** Bulk changes of other solvers want it so. */
function ascending<Value>(changes: ReadonlyMap<number, Value>): [number, Value][] {
  return [...changes].sort(([a], [b]) => a - b)
}

function intervals(changes: ReadonlyMap<number, Interval>): IntervalChanges {
  const sorted = ascending(changes)
  return {
    index: Int32Array.from(sorted, ([index]) => index),
    lower: Float64Array.from(sorted, ([, { lower }]) => lower),
    upper: Float64Array.from(sorted, ([, { upper }]) => upper),
  }
}

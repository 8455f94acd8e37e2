/**
 * Solves a model of the usual shape a few hundred times, so that the engine has compiled the optimizer's hot paths before the first
 * decision depends on them. Nothing of it is kept: instances of the module share the compiled code only.
 *
 * Depends on `wasm-core/host`.
 */
import { LinearProgram } from '../../wasm-core/host/linear-program.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'

/** Pools of cash that may be moved between; the size of a usual group. */
const POOLS = 24
/** The engine compiles by use; what is slow after as many solves is slow for another reason. */
const SOLVES = 300
/** A start must not wait for this on a machine that has no time for it. */
const MOST_MS = 250

/** @param nowMs monotonic milliseconds; bounds the time only */
export function warmUp(module: WebAssembly.Module, nowMs: () => number): void {
  const until = nowMs() + MOST_MS
  const program = LinearProgram.instantiate(module)
  program.load(ringOfPools())
  for (let solve = 0; solve < SOLVES && nowMs() < until; solve++) {
    const pool = solve % POOLS
    // Now a surplus, now a need: cash must go another way round each time.
    const wantedMinor = solve % 2 === 0 ? 5 + pool : -5 - pool
    program.changeRow(pool, wantedMinor, wantedMinor + 1)
    program.resolve()
  }
}

/** Every pool may send to its two neighbours, and may fall short at a high price: always feasible, never trivial. */
function ringOfPools(): SparseModel {
  const columns: (readonly (readonly [number, number])[])[] = []
  const cost: number[] = []
  for (let pool = 0; pool < POOLS; pool++) {
    for (const step of [1, POOLS - 1]) {
      columns.push([
        [pool, -1],
        [(pool + step) % POOLS, 1],
      ])
      cost.push(1 + (pool % 7) / 8)
    }
    columns.push([[pool, 1]], [[pool, -1]])
    cost.push(100, 10)
  }
  const entries = columns.flat()
  let end = 0
  return {
    rows: POOLS,
    columns: columns.length,
    columnStart: Int32Array.from([0, ...columns.map((column) => (end += column.length))]),
    rowIndex: Int32Array.from(entries, ([row]) => row),
    value: Float64Array.from(entries, ([, value]) => value),
    cost: Float64Array.from(cost),
    columnLower: new Float64Array(columns.length),
    columnUpper: new Float64Array(columns.length).fill(1_000),
    rowLower: new Float64Array(POOLS),
    rowUpper: new Float64Array(POOLS).fill(1),
  }
}

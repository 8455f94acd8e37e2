/**
 * Measures contenders on one stream of changes, step by step in turns. Depends on contender.ts alone.
 *
 * Warm-up: whole passes over the stream are thrown away until the engine has compiled what is hot, which takes a peer of 3.5 MB
 * some thousand solves. Then everybody starts again from the model of the file, and the one pass that counts follows. In each
 * step the contenders go in another order, so that a slow moment of the machine, or a cache that somebody else has filled,
 * hits all alike.
 */
import type { ChangeStep } from '../../wasm-core/host/changes/change-stream.js'
import type { Contender } from './contender.js'

/** Time after which the warm-up ends with the pass it is in, however few its steps. */
const WARM_UP_BOUND_MS = 20_000

/** What one contender did in the pass that counts, by step. */
export interface StepRecord {
  readonly micros: Float64Array
  readonly iterations: Int32Array
  /** NaN where the step has no optimum. */
  readonly objective: Float64Array
  readonly status: string[]
}

export interface StreamRun {
  readonly warmUpSteps: number
  /** In the order of the contenders. */
  readonly records: readonly StepRecord[]
}

export function runStream(
  contenders: readonly Contender[],
  steps: readonly ChangeStep[],
  warmUpStepsLeast: number,
): StreamRun {
  const warmUpSteps = warmUp(contenders, steps, warmUpStepsLeast, WARM_UP_BOUND_MS)
  return { warmUpSteps, records: runPass(contenders, steps) }
}

/** Whole passes, at least one, until `stepsLeast` are done or the time is up. Returns the steps. */
export function warmUp(
  contenders: readonly Contender[],
  steps: readonly ChangeStep[],
  stepsLeast: number,
  boundMs: number,
): number {
  const startedAt = performance.now()
  let done = 0
  do {
    runPass(contenders, steps)
    done += steps.length
  } while (done < stepsLeast && performance.now() - startedAt < boundMs)
  return done
}

/** Once over the stream, from the model of the file. Records are in the order of the contenders. */
export function runPass(contenders: readonly Contender[], steps: readonly ChangeStep[]): StepRecord[] {
  const records = contenders.map(
    (): StepRecord => ({
      micros: new Float64Array(steps.length),
      iterations: new Int32Array(steps.length),
      objective: new Float64Array(steps.length),
      status: [],
    }),
  )
  for (const contender of contenders) contender.restart()
  for (const [k, step] of steps.entries()) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const who = whoIsNext(k, turn, contenders.length)
      take(contenders[who] as Contender, step, records[who] as StepRecord, k)
    }
  }
  return records
}

/**
 * All rotations forwards, then all backwards (a Williams design). Rotations alone let the same one go behind the one whose
 * working set is the largest in most steps: measured, that costs a quarter of a step at 8 pools.
 */
function whoIsNext(step: number, turn: number, count: number): number {
  const isForwards = Math.floor(step / count) % 2 === 0
  return (isForwards ? step + turn : step + count - 1 + count - turn) % count
}

/** `performance.now` tells 33 ns apart on Linux and costs 40; `process.hrtime.bigint` 39 and 48, and leaves garbage. */
function take(contender: Contender, step: ChangeStep, record: StepRecord, k: number): void {
  const before = performance.now()
  contender.step(step)
  record.micros[k] = (performance.now() - before) * 1000
  record.iterations[k] = contender.iterations
  record.objective[k] = contender.isOptimal ? contender.objective : Number.NaN
  record.status.push(contender.status)
}

/**
 * A stream of changes to a model: one JSON object a line, each applied on top of all earlier ones, then a re-solve.
 * Depends on pipeline/errors.ts and the reader of bounded files.
 *
 *   {"rows": [[row, lower, upper], ...], "columns": [[column, lower, upper], ...], "costs": [[column, cost], ...]}
 *
 * Indices count from 0 in the order of the file; "inf" and "-inf" stand for no side. Each key may be left out.
 */
import { WeirError } from '../../../pipeline/errors.js'
import type { LinearProgram } from '../linear-program.js'
import { readBounded } from '../mps/mps-file.js'
import { INFINITE_FROM } from '../mps/mps-model.js'

/** Bounds of a stream; all of its steps are kept, so that nothing but the solver is measured. */
export const STREAM_LIMITS = { fileBytes: 256 * 2 ** 20, lineBytes: 16 * 2 ** 20, steps: 100_000 } as const

export interface IntervalChanges {
  /** Ascending, none twice. */
  readonly index: Int32Array
  readonly lower: Float64Array
  readonly upper: Float64Array
}

/** What one step changes, ready to be handed over. */
export interface ChangeStep {
  readonly rows: IntervalChanges
  readonly columns: IntervalChanges
  readonly costs: { readonly index: Int32Array; readonly cost: Float64Array }
}

/** The part of a model that its changes have to know. */
export interface ChangedModel {
  readonly rows: number
  readonly columns: number
  /** Costs of the stream are those of a maximization, as in the model's file, and are negated for the optimizer. */
  readonly maximize?: boolean
}

/** Throws `WEIR_INPUT` with file and line for the first step that cannot be applied to a model of this shape. */
export function readChangeFile(path: string, shape: ChangedModel): ChangeStep[] {
  return readChanges(readBounded(path, STREAM_LIMITS.fileBytes), shape, path)
}

export function readChanges(text: Uint8Array, shape: ChangedModel, source: string): ChangeStep[] {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength)
  const steps: ChangeStep[] = []
  let number = 0
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at)
    const line = bytes.subarray(at, end < 0 ? bytes.length : end)
    at += line.length + 1
    number++
    const reader = new StepReader(shape, `${source}:${number}`)
    if (line.length > STREAM_LIMITS.lineBytes)
      reader.refuse(`is longer than ${STREAM_LIMITS.lineBytes} bytes`, 'split the step')
    const words = line.toString('utf8')
    if (words.trim() === '') continue
    if (steps.length >= STREAM_LIMITS.steps)
      reader.refuse(`more than ${STREAM_LIMITS.steps} steps`, 'split the stream')
    steps.push(reader.step(words))
  }
  if (steps.length === 0) throw new WeirError('WEIR_INPUT', 'holds no step', { place: source, remedy: FORM })
  return steps
}

export function applyStep(program: LinearProgram, { rows, columns, costs }: ChangeStep): void {
  program.changeRows(rows.index, rows.lower, rows.upper)
  program.changeColumns(columns.index, columns.lower, columns.upper)
  program.changeCosts(costs.index, costs.cost)
}

const FORM =
  'write one step a line: {"rows":[[row,lower,upper]],"columns":[[column,lower,upper]],"costs":[[column,cost]]}'
const KEYS = ['rows', 'columns', 'costs'] as const

/** One line. */
class StepReader {
  constructor(
    private readonly shape: ChangedModel,
    private readonly place: string,
  ) {}

  refuse(message: string, remedy: string): never {
    throw new WeirError('WEIR_INPUT', message, { place: this.place, remedy })
  }

  step(words: string): ChangeStep {
    const step = this.#object(words)
    for (const key of Object.keys(step)) {
      if (!KEYS.some((known) => known === key))
        this.refuse(`unknown key '${key.slice(0, 40)}'`, `use ${KEYS.join(', ')}`)
    }
    return {
      rows: this.#intervals('rows', step.rows, this.shape.rows),
      columns: this.#intervals('columns', step.columns, this.shape.columns),
      costs: this.#costs(step.costs),
    }
  }

  #object(words: string): Record<string, unknown> {
    try {
      const step: unknown = JSON.parse(words)
      if (typeof step === 'object' && step !== null && !Array.isArray(step))
        return step as Record<string, unknown>
    } catch {
      this.refuse('the line is no JSON', FORM)
    }
    return this.refuse('the line is no JSON object', FORM)
  }

  #intervals(key: string, changes: unknown, count: number): IntervalChanges {
    const sorted = this.#sorted(key, changes, count, 3)
    return {
      index: Int32Array.from(sorted, ([index]) => index as number),
      lower: Float64Array.from(sorted, ([index, lower]) => this.#side(key, index as number, lower, -1)),
      upper: Float64Array.from(sorted, ([index, , upper]) => this.#side(key, index as number, upper, 1)),
    }
  }

  #costs(changes: unknown): ChangeStep['costs'] {
    const sorted = this.#sorted('costs', changes, this.shape.columns, 2)
    for (const [index, cost] of sorted) {
      if (!Number.isFinite(cost))
        this.refuse(`costs: the cost of column ${index} is ${shown(cost)}`, 'give a finite number')
    }
    return {
      index: Int32Array.from(sorted, ([index]) => index as number),
      cost: Float64Array.from(sorted, ([, cost]) =>
        this.shape.maximize ? 0 - (cost as number) : (cost as number),
      ),
    }
  }

  /** Bulk changes of other solvers want ascending indices, and none twice; sorting here keeps it out of what is timed. */
  #sorted(key: string, changes: unknown, count: number, length: number): unknown[][] {
    if (changes === undefined) return []
    if (!Array.isArray(changes)) return this.refuse(`${key} is no array`, FORM)
    changes.forEach((change: unknown, k) => {
      if (!Array.isArray(change) || change.length !== length)
        this.refuse(`${key}[${k}] has not ${length} elements`, FORM)
      const index: unknown = change[0]
      if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= count) {
        this.refuse(
          `${key}[${k}] names ${shown(index)} of ${count}`,
          'count from 0, the objective row not counted',
        )
      }
    })
    const sorted = (changes as number[][]).toSorted(([a], [b]) => (a as number) - (b as number))
    const twice = sorted.findIndex(([index], k) => index === sorted[k + 1]?.[0])
    if (twice >= 0) this.refuse(`${key} names ${sorted[twice]?.[0]} twice`, 'leave one')
    return sorted
  }

  #side(key: string, index: number, side: unknown, direction: 1 | -1): number {
    const open = direction * Number.POSITIVE_INFINITY
    if (side === (direction > 0 ? 'inf' : '-inf')) return open
    if (typeof side === 'number' && Math.abs(side) < INFINITE_FROM) return side
    if (typeof side === 'number' && side * direction >= INFINITE_FROM) return open
    const what = direction > 0 ? 'upper' : 'lower'
    const remedy = `give a number, or "${direction > 0 ? 'inf' : '-inf'}" for none`
    return this.refuse(`${key}: the ${what} side of ${index} is ${shown(side)}`, remedy)
  }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 40)
}

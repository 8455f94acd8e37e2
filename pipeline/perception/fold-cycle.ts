/**
 * Folds all inputs of a cycle: decodes, orders, folds, and turns what cannot be used into dead letters.
 *
 * Depends on the reader and the folds; the action stage's fold of executions is handed in.
 */
import type { Cycle, CycleResult } from '../../schemas/generated/types.js'
import { type PackedCycle, type PackedInputs, UNROUTED_GROUP } from '../ports.js'
import { STREAM_ORDER } from './decoded-input.js'
import { type ExecutionFold, InputFold } from './fold.js'
import { InputColumns } from './input-columns.js'
import { type InputReader, payloadOf, recordOffset } from './input-reader.js'
import { sortNearlyOrdered } from './nearly-ordered.js'
import { observeFeeds } from './observe-feeds.js'
import { type CycleCollector, DISPOSITION_NAMES, Disposition, Refusal } from './outcome.js'
import { packedInputsOf } from './pack-inputs.js'
import { count } from './state.js'

/** A dead letter carries at most this much of the record. */
const DEAD_LETTER_PAYLOAD_LIMIT = 65_536

export interface FoldedCycle {
  readonly dispositions: Uint8Array
  readonly touched: CycleResult['touched']
  /** True when policy or accounts may have changed. */
  readonly referenceTouched: boolean
}

/** Folds the cycles of one group; keeps the columns between them. */
export class CycleFold {
  readonly #reader: InputReader
  readonly #foldExecution: ExecutionFold
  readonly #columns = new InputColumns()
  readonly #inputs = new InputFold()

  constructor(reader: InputReader, foldExecution: ExecutionFold) {
    this.#reader = reader
    this.#foldExecution = foldExecution
  }

  fold(collector: CycleCollector, cycle: Cycle | PackedCycle): FoldedCycle {
    const packed = packedInputsOf(cycle)
    const dispositions = new Uint8Array(packed.count)
    const touched: string[] = new Array(packed.count).fill('')
    const columns = this.#columns
    columns.begin(packed)
    const refuse = (row: number, refusal: Refusal) => {
      dispositions[row] = Disposition.DEAD_LETTER
      addDeadLetter(collector, this.#reader, packed, row, refusal)
    }
    const rows = new Int32Array(packed.count)
    const length = this.#readAll(collector.state.groupId, packed, rows, refuse)
    columns.findSeen(collector.state, rows, length)
    const ranks = observeFeeds(collector, columns, rows, length)
    sortNearlyOrdered(rows, 0, length, byEffect(columns, ranks))
    const previousCloseMicros = collector.state.closedAtMicros
    let referenceTouched = false
    for (let index = 0; index < length; index++) {
      const row = rows[index]!
      try {
        const folded = this.#inputs.fold(collector, columns, row, previousCloseMicros, this.#foldExecution)
        dispositions[row] = folded.disposition
        touched[row] = folded.touched
        referenceTouched ||= isReference(columns.stream[row]!)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refuse(row, error)
      }
    }
    countDispositions(collector, dispositions)
    return { dispositions, touched, referenceTouched }
  }

  /** Reads all inputs into their rows; puts the rows that could be read into `rows` and gives their number. */
  #readAll(
    groupId: string,
    packed: PackedInputs,
    rows: Int32Array,
    refuse: (row: number, refusal: Refusal) => void,
  ): number {
    let length = 0
    for (let row = 0; row < packed.count; row++) {
      try {
        this.#reader.read(packed, row, this.#columns)
        if (groupId === UNROUTED_GROUP)
          throw new Refusal('unknown-group', 'no policy names the group it is addressed to')
        rows[length++] = row
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refuse(row, error)
      }
    }
    return length
  }
}

/** Streams that a policy in minor units is derived from; a command may put another policy in force. */
function isReference(stream: number): boolean {
  return stream === STREAM_ORDER.policy || stream === STREAM_ORDER.account || stream === STREAM_ORDER.command
}

/**
 * The order of folding: event time, then stream, then feed and its numbers, then coordinates. It does not depend on
 * the order of arrival within the cycle.
 */
function byEffect(columns: InputColumns, feedRanks: Int32Array): (a: number, b: number) => number {
  const { eventTimeMicros, stream, feed, sequence } = columns
  const { sources, positions } = columns.packed!
  return (a, b) =>
    eventTimeMicros[a]! - eventTimeMicros[b]! ||
    stream[a]! - stream[b]! ||
    feedRanks[feed[a]!]! - feedRanks[feed[b]!]! ||
    sequence[a]! - sequence[b]! ||
    sources[a]! - sources[b]! ||
    positions[a]! - positions[b]! ||
    a - b
}

/** Counters appear in the state in the order of their first count, which is that of the inputs. */
function countDispositions({ state }: CycleCollector, dispositions: Uint8Array): void {
  const firstSeen: number[] = []
  const sums = new Float64Array(DISPOSITION_NAMES.length)
  for (let row = 0; row < dispositions.length; row++) {
    const disposition = dispositions[row]!
    if (sums[disposition]!++ === 0) firstSeen.push(disposition)
  }
  for (const disposition of firstSeen)
    count(state, `input:${DISPOSITION_NAMES[disposition]}`, sums[disposition])
}

function addDeadLetter(
  collector: CycleCollector,
  reader: InputReader,
  packed: PackedInputs,
  row: number,
  refusal: Refusal,
): void {
  const source = reader.describe(packed.sources[row]!)
  const payload = payloadOf(packed, row)
  const record = recordOffset(source.stream, payload)
  count(collector.state, `dead-letter:${refusal.reason}`)
  collector.deadLetters.push({
    groupId: collector.state.groupId,
    cycle: collector.cycle,
    input: row,
    stream: source.stream,
    source: source.name,
    position: packed.positions[row]!,
    reason: refusal.reason,
    detail: refusal.detail,
    payload: payload.subarray(record, record + DEAD_LETTER_PAYLOAD_LIMIT),
  })
}

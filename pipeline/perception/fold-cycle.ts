/**
 * Folds all inputs of a cycle: decodes, orders, folds, and turns what cannot be used into dead letters.
 *
 * Depends on the reader and the folds; the action stage's fold of executions is handed in.
 */
import type { Cycle, CycleInput } from '../../schemas/generated/types.js'
import { UNROUTED_GROUP } from '../ports.js'
import { compareInputs, type DecodedInput } from './decoded-input.js'
import { type ExecutionFold, foldInput } from './fold.js'
import { type InputReader, recordOffset } from './input-reader.js'
import { observeFeeds } from './observe-feeds.js'
import { type CycleCollector, DISPOSITION_NAMES, Disposition, Refusal } from './outcome.js'
import { count } from './state.js'

/** A dead letter carries at most this much of the record. */
const DEAD_LETTER_PAYLOAD_LIMIT = 65_536

/** Streams that a policy in minor units is derived from. */
const REFERENCE_STREAMS: ReadonlySet<string> = new Set(['policy', 'account'])

export interface FoldedCycle {
  readonly dispositions: Uint8Array
  readonly touched: string[]
  /** True when policy or accounts may have changed. */
  readonly referenceTouched: boolean
}

export function foldCycle(
  collector: CycleCollector,
  reader: InputReader,
  cycle: Cycle,
  foldExecution: ExecutionFold,
): FoldedCycle {
  const { state } = collector
  const dispositions = new Uint8Array(cycle.inputs.length)
  const touched: string[] = new Array(cycle.inputs.length).fill('')
  const decoded: DecodedInput[] = []
  const refuse = (index: number, refusal: Refusal) => {
    dispositions[index] = Disposition.DEAD_LETTER
    addDeadLetter(collector, reader, cycle.inputs[index]!, index, refusal)
  }
  for (const [index, input] of cycle.inputs.entries()) {
    const result = read(reader, input, index, state.groupId)
    if (result instanceof Refusal) refuse(index, result)
    else decoded.push(result)
  }
  observeFeeds(collector, decoded)
  decoded.sort(compareInputs)
  let referenceTouched = false
  const previousCloseMicros = state.closedAtMicros
  for (const input of decoded) {
    try {
      const folded = foldInput(collector, input, previousCloseMicros, foldExecution)
      dispositions[input.index] = folded.disposition
      touched[input.index] = folded.touched
      referenceTouched ||= REFERENCE_STREAMS.has(input.body.stream)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refuse(input.index, error)
    }
  }
  for (const disposition of dispositions) count(state, `input:${DISPOSITION_NAMES[disposition]}`)
  return { dispositions, touched, referenceTouched }
}

function read(
  reader: InputReader,
  input: CycleInput,
  index: number,
  groupId: string,
): DecodedInput | Refusal {
  try {
    const decoded = reader.read(input, index)
    if (groupId === UNROUTED_GROUP)
      return new Refusal('unknown-group', 'no policy names the group it is addressed to')
    return decoded
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

function addDeadLetter(
  collector: CycleCollector,
  reader: InputReader,
  input: CycleInput,
  index: number,
  refusal: Refusal,
): void {
  const source = reader.describe(input.source)
  const record = recordOffset(source.stream, input.payload)
  count(collector.state, `dead-letter:${refusal.reason}`)
  collector.deadLetters.push({
    groupId: collector.state.groupId,
    cycle: collector.cycle,
    input: index,
    stream: source.stream,
    source: source.name,
    position: input.position,
    reason: refusal.reason,
    detail: refusal.detail,
    payload: input.payload.subarray(record, record + DEAD_LETTER_PAYLOAD_LIMIT),
  })
}

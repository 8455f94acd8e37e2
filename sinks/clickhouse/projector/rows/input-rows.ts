/**
 * Rows of `inputs`, `executions`, `policies` and `dead_letters`: what a cycle was given. Pure.
 *
 * Each row joins an input as it came (from the cycle) with what became of it (from the cycle's result).
 */

import { createHash } from 'node:crypto'
import { DISPOSITION_NAMES } from '../../../../pipeline/perception/outcome.js'
import type { Cycle, CycleResult, Execution, Policy } from '../../../../schemas/generated/types.js'
import { exactOrNull, type PayloadReader } from '../payload.js'
import {
  blob,
  defineTable,
  int32,
  int64,
  micros,
  nullable,
  type RowSink,
  text,
  uint32,
  uuid,
} from '../table.js'
import { type InputPlace, placeOf } from './input-place.js'
import { addCommand, addRoster } from './people-rows.js'

interface InputRow {
  groupId: string
  cycle: number
  inputIndex: number
  source: number
  stream: string
  sourceName: string
  position: number
  arrivedAt: number
  eventTime: number | null
  disposition: string
  touched: string
  recordId: Uint8Array | null
  accountId: string
  amountMinor: number | null
  currency: string
  kind: string
  schemaFingerprint: string
  closedAt: number
  sequence: number
}

export const inputsTable = defineTable<InputRow>('inputs', {
  groupId: text,
  cycle: int64,
  inputIndex: uint32,
  source: uint32,
  stream: text,
  sourceName: text,
  position: int64,
  arrivedAt: micros,
  eventTime: nullable(micros),
  disposition: text,
  touched: text,
  recordId: nullable(uuid),
  accountId: text,
  amountMinor: nullable(int64),
  currency: text,
  kind: text,
  schemaFingerprint: text,
  closedAt: micros,
  sequence: int64,
})

interface ExecutionRow extends InputPlace {
  executionId: Uint8Array
  instructionId: Uint8Array
  eventTime: number
  status: string
  reasonCode: string
  settledMinor: number
  counterSettledMinor: number
}

export const executionsTable = defineTable<ExecutionRow>('executions', {
  executionId: uuid,
  instructionId: uuid,
  groupId: text,
  cycle: int64,
  inputIndex: uint32,
  sourceName: text,
  position: int64,
  eventTime: micros,
  status: text,
  reasonCode: text,
  settledMinor: int64,
  counterSettledMinor: int64,
  disposition: text,
  closedAt: micros,
  sequence: int64,
})

interface PolicyRow extends InputPlace {
  policyId: string
  version: number
  policyDigest: string
  document: string
  eventTime: number
}

export const policiesTable = defineTable<PolicyRow>('policies', {
  groupId: text,
  policyId: text,
  version: int32,
  policyDigest: text,
  document: text,
  eventTime: micros,
  cycle: int64,
  inputIndex: uint32,
  sourceName: text,
  position: int64,
  disposition: text,
  closedAt: micros,
  sequence: int64,
})

interface DeadLetterRow {
  groupId: string
  cycle: number
  inputIndex: number
  stream: string
  sourceName: string
  position: number
  reason: string
  detail: string
  payload: Uint8Array
  closedAt: number
  sequence: number
}

export const deadLettersTable = defineTable<DeadLetterRow>('dead_letters', {
  groupId: text,
  cycle: int64,
  inputIndex: uint32,
  stream: text,
  sourceName: text,
  position: int64,
  reason: text,
  detail: text,
  payload: blob,
  closedAt: micros,
  sequence: int64,
})

/** What the projection knows of a declared source. */
export interface KnownSource {
  readonly stream: string
  readonly name: string
  /** Hex. */
  readonly fingerprint: string
  readonly read: PayloadReader
}

/** Adds the rows of one input of a cycle. */
export function addInput(
  sink: RowSink,
  sequence: number,
  cycle: Cycle,
  index: number,
  result: CycleResult,
  source: KnownSource,
): void {
  const input = cycle.inputs[index]!
  const disposition = DISPOSITION_NAMES[result.dispositions[index]!]!
  const { facts, execution, policy, roster, command } = source.read(input.payload)
  const row: InputRow = {
    groupId: cycle.groupId,
    cycle: cycle.cycle,
    inputIndex: index,
    source: input.source,
    stream: source.stream,
    sourceName: source.name,
    position: input.position,
    arrivedAt: input.arrivedAt,
    eventTime: facts.eventTime,
    disposition,
    touched: result.touched[index]!,
    recordId: facts.recordId,
    accountId: facts.accountId,
    amountMinor: facts.amountMinor,
    currency: facts.currency,
    kind: facts.kind,
    schemaFingerprint: source.fingerprint,
    closedAt: cycle.closedAt,
    sequence,
  }
  sink.add(inputsTable, row)
  // A record with a time beyond the exact range is in dead_letters only.
  if (facts.eventTime === null) return
  if (execution !== undefined) addExecution(sink, row, facts.eventTime, execution)
  if (policy !== undefined) addPolicy(sink, row, facts.eventTime, policy)
  if (roster !== undefined) addRoster(sink, row, facts.eventTime, roster)
  if (command !== undefined) addCommand(sink, row, facts.eventTime, command, exactOrNull(command.expiresAt))
}

function addExecution(sink: RowSink, row: InputRow, eventTime: number, execution: Execution): void {
  const { executionId, instructionId, status, reasonCode, settledMinor, counterSettledMinor } = execution
  sink.add(executionsTable, {
    ...placeOf(row),
    executionId,
    instructionId,
    eventTime,
    status,
    reasonCode,
    settledMinor,
    counterSettledMinor,
  })
}

function addPolicy(sink: RowSink, row: InputRow, eventTime: number, policy: Policy): void {
  const { policyId, version, document } = policy
  sink.add(policiesTable, {
    ...placeOf(row),
    policyId,
    version,
    policyDigest: createHash('sha256').update(document).digest('hex'),
    document,
    eventTime,
  })
}

export function addDeadLetters(sink: RowSink, sequence: number, result: CycleResult): void {
  for (const letter of result.deadLetters) {
    sink.add(deadLettersTable, {
      groupId: letter.groupId,
      cycle: letter.cycle,
      inputIndex: letter.input,
      stream: letter.stream,
      sourceName: letter.source,
      position: letter.position,
      reason: letter.reason,
      detail: letter.detail,
      payload: letter.payload,
      closedAt: result.closedAt,
      sequence,
    })
  }
}

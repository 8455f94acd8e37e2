/**
 * Rows of `instructions`, `instruction_events`, `reservations` and `alerts`: what a cycle did. Pure.
 */
import type {
  Alert,
  CycleResult,
  Instruction,
  InstructionEvent,
  Reservation,
} from '../../../../schemas/generated/types.js'
import { defineTable, int32, int64, micros, nullable, type RowSink, text, uint32, uuid } from '../table.js'
import { idOrNull } from './digests.js'

type InstructionRow = Instruction & { sequence: number }

export const instructionsTable = defineTable<InstructionRow>('instructions', {
  instructionId: uuid,
  decisionId: uuid,
  groupId: text,
  cycle: int64,
  leg: uint32,
  kind: text,
  channelId: text,
  venueId: text,
  sourceAccountId: text,
  destinationAccountId: text,
  currency: text,
  amountMinor: int64,
  counterCurrency: text,
  counterAmountMinor: int64,
  createdAt: micros,
  expiresAt: micros,
  dependsOn: int32,
  assetId: text,
  assetParts: uint32,
  sequence: int64,
})

type InstructionEventRow = Omit<InstructionEvent, 'executionId'> & {
  executionId: Uint8Array | null
  closedAt: number
  sequence: number
}

export const instructionEventsTable = defineTable<InstructionEventRow>('instruction_events', {
  instructionId: uuid,
  groupId: text,
  cycle: int64,
  ordinal: uint32,
  eventTime: micros,
  state: text,
  reasonCode: text,
  executionId: nullable(uuid),
  closedAt: micros,
  sequence: int64,
})

type ReservationRow = Reservation & { closedAt: number; sequence: number }

export const reservationsTable = defineTable<ReservationRow>('reservations', {
  instructionId: uuid,
  groupId: text,
  cycle: int64,
  ordinal: uint32,
  subjectKind: text,
  subjectId: text,
  state: text,
  amountMinor: int64,
  closedAt: micros,
  sequence: int64,
})

type AlertRow = Alert & { sequence: number }

export const alertsTable = defineTable<AlertRow>('alerts', {
  groupId: text,
  cycle: int64,
  ordinal: uint32,
  raisedAt: micros,
  severity: text,
  code: text,
  subject: text,
  message: text,
  sequence: int64,
})

export function addActions(sink: RowSink, sequence: number, result: CycleResult): void {
  const { closedAt } = result
  for (const instruction of result.instructions) sink.add(instructionsTable, { ...instruction, sequence })
  for (const event of result.instructionEvents) {
    const executionId = idOrNull(event.executionId)
    sink.add(instructionEventsTable, { ...event, executionId, closedAt, sequence })
  }
  for (const step of result.reservations) sink.add(reservationsTable, { ...step, closedAt, sequence })
  for (const alert of result.alerts) sink.add(alertsTable, { ...alert, sequence })
}

/** Rows of `commands`, `approvals` and `rosters`: what people ordered, and who they are. Pure. */
import { createHash } from 'node:crypto'
import type { Command, Roster } from '../../../../schemas/generated/types.js'
import { bool, defineTable, int32, int64, micros, type RowSink, text, uint32, uuid } from '../table.js'
import { hexOf } from './digests.js'
import { type InputPlace, placeOf } from './input-place.js'

interface CommandRow extends InputPlace {
  commandId: Uint8Array
  kind: string
  subject: string
  digest: string
  author: string
  rosterId: string
  reason: string
  detail: string
  signedIn: boolean
  signature: string
  eventTime: number
  expiresAt: number
}

export const commandsTable = defineTable<CommandRow>('commands', {
  commandId: uuid,
  groupId: text,
  cycle: int64,
  inputIndex: uint32,
  kind: text,
  subject: text,
  digest: text,
  author: text,
  rosterId: text,
  reason: text,
  detail: text,
  signedIn: bool,
  signature: text,
  eventTime: micros,
  expiresAt: micros,
  sourceName: text,
  position: int64,
  disposition: text,
  closedAt: micros,
  sequence: int64,
})

interface ApprovalRow {
  groupId: string
  cycle: number
  ordinal: number
  subjectKind: string
  subjectId: string
  verdict: string
  author: string
  reason: string
  eventTime: number
  digest: string
  expiresAt: number
  closedAt: number
  sequence: number
}

export const approvalsTable = defineTable<ApprovalRow>('approvals', {
  groupId: text,
  cycle: int64,
  ordinal: uint32,
  subjectKind: text,
  subjectId: text,
  verdict: text,
  author: text,
  reason: text,
  eventTime: micros,
  digest: text,
  expiresAt: micros,
  closedAt: micros,
  sequence: int64,
})

/** Kinds that are a person's voice on something. */
const VOICES: ReadonlySet<string> = new Set(['APPROVE', 'REJECT', 'LIFT'])
const TAKEN: ReadonlySet<string> = new Set(['accepted', 'late'])

interface RosterRow extends InputPlace {
  rosterId: string
  version: number
  rosterDigest: string
  document: string
  eventTime: number
}

export const rostersTable = defineTable<RosterRow>('rosters', {
  groupId: text,
  rosterId: text,
  version: int32,
  rosterDigest: text,
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

/** @param expiresAt exact; null when the record's is beyond the exact range, and then there is no row */
export function addCommand(
  sink: RowSink,
  row: InputPlace,
  eventTime: number,
  command: Command,
  expiresAt: number | null,
): void {
  if (expiresAt === null) return
  const { commandId, kind, subject, digest, author, rosterId, reason, detail, credential, signature } =
    command
  sink.add(commandsTable, {
    ...placeOf(row),
    commandId,
    kind,
    subject,
    digest: hexOf(digest),
    author,
    rosterId,
    reason,
    detail,
    signedIn: credential !== '',
    signature: hexOf(signature),
    eventTime,
    expiresAt,
  })
  if (VOICES.has(kind) && TAKEN.has(row.disposition)) addApproval(sink, row, eventTime, command, expiresAt)
}

function addApproval(
  sink: RowSink,
  row: InputPlace,
  eventTime: number,
  command: Command,
  expiresAt: number,
): void {
  const { groupId, cycle, inputIndex, closedAt, sequence } = row
  const { kind, subject, digest, author, reason } = command
  const colon = subject.indexOf(':')
  sink.add(approvalsTable, {
    groupId,
    cycle,
    ordinal: inputIndex,
    subjectKind: subject.slice(0, colon),
    subjectId: subject.slice(colon + 1),
    verdict: kind.toLowerCase(),
    author,
    reason,
    eventTime,
    digest: hexOf(digest),
    expiresAt,
    closedAt,
    sequence,
  })
}

export function addRoster(sink: RowSink, row: InputPlace, eventTime: number, roster: Roster): void {
  const { rosterId, version, document } = roster
  sink.add(rostersTable, {
    ...placeOf(row),
    rosterId,
    version,
    rosterDigest: createHash('sha256').update(document).digest('hex'),
    document,
    eventTime,
  })
}

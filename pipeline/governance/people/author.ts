/**
 * Checks who ordered a command: the signature, the time, the role and the scope. Any doubt refuses.
 *
 * Pure; depends on the roster, the command table and Ed25519.
 */
import type { Command } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import { isNoId } from '../../identity.js'
import { printable } from '../printable.js'
import { COMMAND_LIFE_MICROS, commandRow, takesSubject } from './command-table.js'
import { type Credential, openCredential } from './credential.js'
import { verifyEd25519 } from './ed25519.js'
import type { Authority, Person, Roster } from './roster.js'
import { statementBytes } from './statement.js'

/** Why a command has no effect: stable codes, which become reasons of dead letters. */
export type CommandFault =
  | 'no-roster'
  | 'other-roster'
  | 'unknown-author'
  | 'bad-signature'
  | 'expired-command'
  | 'not-permitted'
  | 'invalid-command'

/** Not an Error: thrown for single records, often, and no stack is wanted. */
export class CommandRefusal {
  constructor(
    readonly reason: CommandFault,
    readonly detail: string,
  ) {}
}

export function refuseCommandUnless(
  condition: boolean,
  reason: CommandFault,
  detail: string,
): asserts condition {
  if (condition !== true) throw new CommandRefusal(reason, detail)
}

/** Clocks of people's machines and of the agent's may differ by so much. */
const CLOCK_TOLERANCE_MICROS = 300_000_000

const REASON_LENGTH_MOST = 1_024
/** Longer names, subjects and reasons are for a document, not for a command. */
const SHOWN_LENGTH = 128
const SIGNATURE_BYTES = 64
const KEY_BYTES = 32

/** The author, after everything about the command alone was checked; throws `CommandRefusal`. */
export function authorOf(roster: Roster, command: Command, nowMicros: number): Person {
  refuseCommandUnless(
    command.rosterId === roster.rosterId,
    'other-roster',
    `signed for the roster "${printable(command.rosterId, SHOWN_LENGTH)}", not for ${roster.rosterId}`,
  )
  const person = roster.people.get(command.author)
  refuseCommandUnless(
    person !== undefined,
    'unknown-author',
    `${roster.rosterId} v${roster.version} names no "${printable(command.author, SHOWN_LENGTH)}"`,
  )
  checkTimes(command, nowMicros)
  checkForm(command)
  refuseCommandUnless(
    isSigned(roster, person, command, nowMicros),
    'bad-signature',
    `no key of ${person.personId} that counts now has signed it`,
  )
  const { roles } = commandRow(command.kind)
  refuseCommandUnless(
    roles.some((role) => person.roles.has(role)) || isOnBehalf(command),
    'not-permitted',
    `${command.kind} needs one of the roles ${roles.join(', ')}; ${person.personId} has ${[...person.roles].join(', ')}`,
  )
  return person
}

/** An approval may be given with delegated roles alone; the delegation is looked up where it is counted. */
function isOnBehalf({ kind, detail }: Command): boolean {
  return (kind === 'APPROVE' || kind === 'REJECT') && detail !== ''
}

function checkTimes({ eventTime, expiresAt }: Command, nowMicros: number): void {
  refuseCommandUnless(
    eventTime <= nowMicros + CLOCK_TOLERANCE_MICROS,
    'expired-command',
    `it is of ${isoOf(eventTime)}, which is yet to come`,
  )
  refuseCommandUnless(
    expiresAt > eventTime && expiresAt - eventTime <= COMMAND_LIFE_MICROS,
    'invalid-command',
    `it may live for 24 hours at most, and expires at ${isoOf(expiresAt)}`,
  )
  refuseCommandUnless(nowMicros < expiresAt, 'expired-command', `it expired at ${isoOf(expiresAt)}`)
}

function checkForm(command: Command): void {
  const row = commandRow(command.kind)
  const shown = printable(command.subject, SHOWN_LENGTH)
  refuseCommandUnless(
    takesSubject(row, command.subject),
    'invalid-command',
    `subject "${shown}" of ${command.kind} is none of ${row.subjects.join(', ')}`,
  )
  refuseCommandUnless(
    row.bound !== isNoId(command.digest),
    'invalid-command',
    row.bound ? `${command.kind} is bound to no digest` : `${command.kind} is bound to a digest`,
  )
  refuseCommandUnless(
    command.reason.length > 0 && command.reason.length <= REASON_LENGTH_MOST,
    'invalid-command',
    `its reason must have 1 to ${REASON_LENGTH_MOST} characters`,
  )
}

function isSigned(roster: Roster, person: Person, command: Command, nowMicros: number): boolean {
  if (command.signature.length !== SIGNATURE_BYTES) return false
  const bytes = statementBytes(command)
  return keysOf(roster, person, command, nowMicros).some(
    (key) => verifyEd25519(key, bytes, command.signature) === true,
  )
}

/** The keys that count for the person now: those of the roster, or the one of the credential. */
function keysOf(roster: Roster, person: Person, command: Command, nowMicros: number): Uint8Array[] {
  if (command.credential === '') {
    return person.keys
      .filter(({ expiresAtMicros }) => expiresAtMicros === undefined || nowMicros < expiresAtMicros)
      .map(({ key }) => keyBytes(key))
  }
  for (const authority of roster.authorities.values()) {
    const credential = credentialBy(authority, command.credential)
    if (credential === undefined || credential.authority !== authority.authorityId) continue
    const { issuer, subject, keyBase64, notBeforeMicros, expiresMicros } = credential
    if (!authority.issuers.has(issuer)) continue
    if (!person.signIns.some((one) => one.issuer === issuer && one.subject === subject)) continue
    if (nowMicros < notBeforeMicros - CLOCK_TOLERANCE_MICROS || nowMicros >= expiresMicros) continue
    return [keyBytes(keyBase64)]
  }
  return []
}

/** Undefined when it is no credential of the authority. */
function credentialBy({ key }: Authority, text: string): Credential | undefined {
  try {
    return openCredential(text, keyBytes(key))
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    return undefined
  }
}

function keyBytes(base64: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
  refuseCommandUnless(bytes.length === KEY_BYTES, 'bad-signature', 'a key has not 32 bytes')
  return bytes
}

function isoOf(micros: number): string {
  const date = new Date(micros / 1_000)
  return Number.isNaN(date.getTime()) ? `${micros} us` : date.toISOString()
}

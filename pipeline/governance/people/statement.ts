/**
 * The text of a command that its author signs, and the digest of a kill's or change's content. Pure; depends on the records.
 *
 *   "weir-command/1\n" + canonical JSON of
 *   { "at", "author", "credential", "detail", "digest", "expires", "group", "id", "kind", "reason", "roster", "subject" }
 *
 * Times are microseconds, id and digest lower-case hexadecimal, `credential` the SHA-256 of the credential's text or empty. What is not in
 * here is not signed: the feed and its numbers, which say how the command came.
 */
import { canonicalJson } from '../../../schemas/canonical-json.js'
import type { Command } from '../../../schemas/generated/types.js'
import { sha256, toHex } from '../../identity.js'

const COMMAND_CONTEXT = 'weir-command/1\n'

export type Statement = Omit<Command, 'sourceId' | 'sourceSequence' | 'signature'>

/** The bytes to sign and to verify. */
export function statementBytes(command: Statement): Uint8Array {
  const { commandId, groupId, eventTime, kind, subject, author, reason } = command
  const { rosterId, digest, expiresAt, detail, credential } = command
  const text = canonicalJson({
    at: eventTime,
    author,
    credential: credential === '' ? '' : textDigestHex(credential),
    detail,
    digest: toHex(digest),
    expires: expiresAt,
    group: groupId,
    id: toHex(commandId),
    kind,
    reason,
    roster: rosterId,
    subject,
  })
  return Buffer.from(COMMAND_CONTEXT + text, 'utf8')
}

export function textDigestHex(text: string): string {
  return toHex(sha256(Buffer.from(text, 'utf8')))
}

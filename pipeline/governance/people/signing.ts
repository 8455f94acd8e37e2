/**
 * Makes signed commands: for the command line, the simulator and tests. The agent only verifies.
 *
 * Pure: the signer is an argument. Depends on the statement.
 */
import type { Command } from '../../../schemas/generated/types.js'
import { derivedId, NO_DIGEST } from '../../identity.js'
import { type Statement, statementBytes } from './statement.js'

export type Sign = (bytes: Uint8Array) => Uint8Array

export interface CommandDraft {
  readonly groupId: string
  readonly rosterId: string
  readonly author: string
  readonly kind: Command['kind']
  readonly subject: string
  readonly reason: string
  /** When it is made, microseconds. */
  readonly atMicros: number
  readonly expiresAtMicros: number
  readonly digest?: Uint8Array
  readonly detail?: string
  readonly credential?: string
  /** Keeps two commands apart that agree in all else. */
  readonly nonce: string
}

export type SignedCommand = Statement & Pick<Command, 'signature'>

/** The command without the feed that it comes by; its id is a hash of all that is signed. */
export function signCommand(draft: CommandDraft, sign: Sign): SignedCommand {
  const { groupId, rosterId, author, kind, subject, reason, atMicros, expiresAtMicros, nonce } = draft
  const { digest = NO_DIGEST, detail = '', credential = '' } = draft
  const commandId = derivedId(
    'command',
    rosterId,
    author,
    groupId,
    kind,
    subject,
    Buffer.from(digest).toString('hex'),
    atMicros,
    expiresAtMicros,
    reason,
    detail,
    nonce,
  )
  const statement: Statement = {
    commandId,
    groupId,
    eventTime: atMicros,
    kind,
    subject,
    author,
    reason,
    rosterId,
    digest,
    expiresAt: expiresAtMicros,
    detail,
    credential,
  }
  return { ...statement, signature: sign(statementBytes(statement)) }
}

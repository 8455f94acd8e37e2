/**
 * What became of a request, told from an error of the client: every error has one way on.
 *
 * The order matters. Being fenced outweighs all else. Then come what an operator must mend, although the client may call it
 * abortable: the same records would be refused in the next transaction too. Then the client's own flags; then the code.
 * What nobody knows is fatal: a new client starts from the journal, which is always right. Depends on errors only.
 */
import { WeirError } from '../../errors.js'
import type { BrokerFault, BrokerFaultKind } from '../distributed/ports.js'
import {
  FENCED_CODES,
  INVALID_PRODUCER_EPOCH,
  OUT_OF_RANGE_CODES,
  REFUSED_CODES,
  RETRIABLE_CODES,
} from './fault-codes.js'

/** The fields of the client's errors; never told apart by class, as two copies of the client would differ. */
export interface ClientError {
  readonly message: string
  readonly code?: number | string | undefined
  readonly isFatal?: boolean | undefined
  readonly isRetriable?: boolean | undefined
  readonly isTxnRequiresAbort?: boolean | undefined
}

/** The broker's error inside of anything thrown; an error that is none of the client's has no number as its code. */
function clientError(thrown: unknown): ClientError {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return thrown as ClientError
  return { message: String(thrown) }
}

export function faultKindOf(thrown: unknown): BrokerFaultKind {
  const error = clientError(thrown)
  const code = typeof error.code === 'number' ? error.code : 0
  if (FENCED_CODES.has(code)) return 'fenced'
  if (code === INVALID_PRODUCER_EPOCH && error.isTxnRequiresAbort !== true) return 'fenced'
  if (REFUSED_CODES.has(code) || OUT_OF_RANGE_CODES.has(code)) return 'refused'
  if (error.isFatal === true) return 'fatal'
  if (error.isTxnRequiresAbort === true) return 'abortable'
  if (error.isRetriable === true || RETRIABLE_CODES.has(code)) return 'retriable'
  return 'fatal'
}

/** A fault in words: `doing` says what was asked for, `place` of what. */
export function brokerFault(thrown: unknown, doing: string, place: string): BrokerFault {
  // Of our own: a part that is missing, a configuration that cannot be used.
  if (thrown instanceof WeirError) return { kind: 'refused', error: thrown }
  const error = clientError(thrown)
  const kind = faultKindOf(error)
  const code = typeof error.code === 'number' && error.code !== 0 ? ` (Kafka error ${error.code})` : ''
  return faultOfKind(kind, `${doing}: ${error.message}${code}`, place, remedyOf(error, kind), thrown)
}

/** A fault that was not told by the client but found. */
export function faultOfKind(
  kind: BrokerFaultKind,
  message: string,
  place: string,
  remedy: string,
  cause?: unknown,
): BrokerFault {
  return {
    kind,
    error: new WeirError(kind === 'fenced' ? 'WEIR_FENCED' : 'WEIR_KAFKA', message, {
      place,
      remedy,
      retry: kind === 'retriable' || kind === 'abortable' ? 'backoff' : 'never',
      ...(cause === undefined ? {} : { cause }),
    }),
  }
}

function remedyOf(error: ClientError, kind: BrokerFaultKind): string {
  const code = typeof error.code === 'number' ? error.code : 0
  if (kind === 'fenced') return 'none is needed: the new owner goes on from the journal'
  if (OUT_OF_RANGE_CODES.has(code))
    return 'the offset is of another cluster, or retention has passed over what was not read yet, see docs/runbook/restore-from-snapshot.md'
  const refused = REFUSED_CODES.get(code)
  if (kind === 'refused' && refused !== undefined) return refused
  if (kind === 'retriable') return 'it is tried again; if it lasts, see docs/runbook/broker-loss.md'
  if (kind === 'abortable') return 'the transaction is aborted and written again'
  return 'the partition is taken over anew with a new client'
}

/**
 * The one error class of Weir and the closed list of its codes.
 *
 * Callers switch on `code`, never on the message. `domain` tells who can mend it, `retry` whether
 * trying again can help. A message has three parts: what is wrong and where, why, and the way out.
 * Depends on nothing.
 */

export type ErrorCode =
  /** A command-line flag or argument is wrong. */
  | 'WEIR_USAGE'
  /** The configuration file is wrong. */
  | 'WEIR_CONFIG'
  /** A policy document is wrong. */
  | 'WEIR_POLICY'
  /** An input file or folder cannot be used. */
  | 'WEIR_INPUT'
  /** An Avro schema or its resolution is wrong. */
  | 'WEIR_SCHEMA'
  /** The journal is damaged before its tail, or is another one. */
  | 'WEIR_JOURNAL'
  /** A replay gave another result than the journal holds. */
  | 'WEIR_DIVERGED'
  /** A snapshot does not match its digest. */
  | 'WEIR_SNAPSHOT'
  /** An amount left the range of exact integers. */
  | 'WEIR_AMOUNT'
  /** The optimizer refused a model or broke. */
  | 'WEIR_SOLVER'
  /** ClickHouse cannot be reached or refused a statement. */
  | 'WEIR_CLICKHOUSE'
  /** Kafka cannot be reached, refused a request, or is not laid out as needed. */
  | 'WEIR_KAFKA'
  /** The schema registry cannot be reached or refused a request. */
  | 'WEIR_REGISTRY'
  /** An audit log, a checkpoint, a signature or a proof is damaged or does not verify. */
  | 'WEIR_AUDIT'
  /** A token, a credential or a signature of a person cannot be believed. */
  | 'WEIR_IDENTITY'
  /** The identity provider or the identity authority cannot be reached, or answers something else. */
  | 'WEIR_IDENTITY_PROVIDER'
  /** A notification cannot be delivered, or is not what its sender signed. */
  | 'WEIR_NOTIFICATION'
  /** Another process has taken over what this one owned. */
  | 'WEIR_FENCED'
  /** Another process holds the data directory. */
  | 'WEIR_LOCKED'
  /** An id given to a query is not known. */
  | 'WEIR_NOT_FOUND'
  /** A part that is needed is not installed. */
  | 'WEIR_MISSING_PART'
  /** An invariant of Weir itself is broken. */
  | 'WEIR_BUG'

export type ErrorDomain = 'input' | 'policy' | 'infrastructure' | 'bug'
export type RetryHint = 'never' | 'backoff' | 'now'

export interface ErrorDetails {
  /** Where: a file with line and column, a flag, a stream and position. */
  readonly place?: string
  /** The way out, as an instruction to the reader. */
  readonly remedy?: string
  readonly cause?: unknown
  readonly retry?: RetryHint
}

const domains: Record<ErrorCode, ErrorDomain> = {
  WEIR_USAGE: 'input',
  WEIR_CONFIG: 'input',
  WEIR_POLICY: 'policy',
  WEIR_INPUT: 'input',
  WEIR_SCHEMA: 'input',
  WEIR_JOURNAL: 'infrastructure',
  WEIR_DIVERGED: 'bug',
  WEIR_SNAPSHOT: 'infrastructure',
  WEIR_AMOUNT: 'input',
  WEIR_SOLVER: 'bug',
  WEIR_CLICKHOUSE: 'infrastructure',
  WEIR_KAFKA: 'infrastructure',
  WEIR_REGISTRY: 'infrastructure',
  WEIR_AUDIT: 'infrastructure',
  WEIR_IDENTITY: 'input',
  WEIR_IDENTITY_PROVIDER: 'infrastructure',
  WEIR_NOTIFICATION: 'infrastructure',
  WEIR_FENCED: 'infrastructure',
  WEIR_LOCKED: 'infrastructure',
  WEIR_NOT_FOUND: 'input',
  WEIR_MISSING_PART: 'infrastructure',
  WEIR_BUG: 'bug',
}

export class WeirError extends Error {
  readonly code: ErrorCode
  readonly domain: ErrorDomain
  readonly retry: RetryHint
  readonly place: string | undefined
  readonly remedy: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'WeirError'
    this.code = code
    this.domain = domains[code]
    this.retry = details.retry ?? 'never'
    this.place = details.place
    this.remedy = details.remedy
  }

  /** One line: place, cause, remedy. */
  toLine(): string {
    const place = this.place === undefined ? '' : `${this.place}: `
    const remedy = this.remedy === undefined ? '' : ` (${this.remedy})`
    return `${place}${this.message}${remedy}`
  }
}

/** Throws `WEIR_BUG` when an invariant does not hold. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (condition !== true) throw new WeirError('WEIR_BUG', `invariant broken: ${message}`)
}

/**
 * What the projector's thread and its owner say to each other.
 *
 * How far the journal is durable is in shared memory, because it changes with every group commit; a message
 * only wakes the thread, and none is sent while one is on its way.
 */
import type { WeirError } from '../../../pipeline/errors.js'
import type { Connection } from '../target.js'

export interface ThreadData {
  readonly journalDirectory: string
  readonly connection: Connection
  /** One BigInt64: entries before this are durable. */
  readonly durable: SharedArrayBuffer
  /** One Int32: 1 while a wake-up is on its way. */
  readonly waking: SharedArrayBuffer
}

export type ToThread = { readonly kind: 'wake' } | { readonly kind: 'drain' } | { readonly kind: 'stop' }

export type FromThread =
  | { readonly kind: 'projected'; readonly until: number }
  | { readonly kind: 'warning'; readonly fields: object; readonly message: string }
  | { readonly kind: 'failed'; readonly error: PlainError }

/** A `WeirError` without its cause, which may not be cloneable. */
export interface PlainError {
  readonly code: WeirError['code']
  readonly message: string
  readonly place: string | undefined
  readonly remedy: string | undefined
}

/**
 * Group commit: records that belong together become visible together, one transaction after the other.
 *
 * What is added while a transaction is being committed goes into the next one, so the broker sets the pace and transactions grow
 * under load. Each kind of fault has one path:
 *
 *   retriable   the commit may have happened: ask for the same commit again, a bounded number of times, then as fatal
 *   abortable   abort, then write the same records again; the chain's checksums in them stay right. Not once a commit may have
 *               happened: then as fatal, and the journal is read to know
 *   fenced      over: nothing more is written, whatever was not committed never will be
 *   fatal       as fenced, for this client
 *   refused     as fatal; the operator is told why
 *
 * Pure. Depends on the writer port.
 */
import { RETRIES_MOST, RETRY_PAUSE_MS, UNCOMMITTED_BYTES_MOST } from './limits.js'
import type { BrokerFault, Clock, Operation, OutgoingRecord, TransactionalWriter } from './ports.js'

export interface CommitBounds {
  /** Longest wait of a record for company before its transaction is begun, milliseconds. */
  readonly waitMs: number
  /** With as many in the next transaction no more cycles are closed; those under way may still join them. */
  readonly recordsMost: number
}

/** What a transaction carries, for whoever waits for it. */
export interface Batch {
  readonly records: OutgoingRecord[]
  bytes: number
  /** Called when the batch is visible. */
  readonly onCommitted: (() => void)[]
}

type State = 'idle' | 'committing' | 'pausing' | 'aborting' | 'over'

export class GroupCommit {
  /** Why nothing can be written any more. */
  fault: BrokerFault | undefined
  /** Transactions committed. */
  committed = 0
  readonly #writer: TransactionalWriter
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #recordsMost: number
  /** Called before a batch is written: whoever wants to may add to it. */
  readonly #beforeWrite: () => void
  #filling: Batch = newBatch()
  #firstAddedMs = 0
  #writing: Batch | undefined
  #state: State = 'idle'
  #operation: Operation<void> | undefined
  #retries = 0
  #againAtMs = 0
  /** The commit under way was asked for before, and may have happened. */
  #uncertain = false
  #again: 'committing' | 'aborting' = 'committing'
  #held = false

  constructor(writer: TransactionalWriter, clock: Clock, bounds: CommitBounds, beforeWrite: () => void) {
    this.#writer = writer
    this.#clock = clock
    this.#waitMs = bounds.waitMs
    this.#recordsMost = bounds.recordsMost
    this.#beforeWrite = beforeWrite
  }

  add(record: OutgoingRecord): void {
    const batch = this.#filling
    if (batch.records.length === 0) this.#firstAddedMs = this.#clock.monotonicMs()
    batch.records.push(record)
    batch.bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0)
  }

  /** What was added so far waits for no company: somebody out there waits for it. */
  hurry(): void {
    this.#firstAddedMs = Number.NEGATIVE_INFINITY
  }

  /** Calls back when everything added so far is committed. */
  whenCommitted(callback: () => void): void {
    this.#filling.onCommitted.push(callback)
  }

  /** False while so much waits that no more cycles should be closed. */
  get hasRoom(): boolean {
    const { records, bytes } = this.#filling
    return records.length < this.#recordsMost && bytes + (this.#writing?.bytes ?? 0) < UNCOMMITTED_BYTES_MOST
  }

  /** Nothing waits and nothing is under way. */
  get isIdle(): boolean {
    return this.#state === 'idle' && this.#filling.records.length === 0
  }

  /** No transaction is open or under way. */
  get isBetween(): boolean {
    return this.#state === 'idle'
  }

  /** While held no new transaction is begun. */
  set held(held: boolean) {
    this.#held = held
  }

  /** Monotonic time of the next thing to do by itself. */
  get wakeAtMs(): number {
    if (this.#state === 'pausing') return this.#againAtMs
    if (this.#state === 'idle' && this.#filling.records.length > 0 && !this.#held)
      return this.#firstAddedMs + this.#waitMs
    return Number.POSITIVE_INFINITY
  }

  /** Does what can be done; true when something was. */
  step(): boolean {
    if (this.#state === 'over') return false
    if (this.#state === 'idle') return this.#begin()
    if (this.#state === 'pausing') {
      if (this.#clock.monotonicMs() < this.#againAtMs) return false
      this.#request(this.#again)
      return true
    }
    const operation = this.#operation as Operation<void>
    if (operation.state === 'pending') return false
    if (operation.state === 'failed') this.#failed(operation.fault as BrokerFault)
    else if (this.#state === 'aborting') this.#write(this.#writing as Batch)
    else this.#succeeded()
    return true
  }

  #begin(): boolean {
    const { records } = this.#filling
    if (this.#held || records.length === 0) return false
    // Full, it keeps cycles from closing: nobody would come to join it.
    if (this.hasRoom && this.#clock.monotonicMs() < this.#firstAddedMs + this.#waitMs) return false
    this.#beforeWrite()
    const batch = this.#filling
    this.#filling = newBatch()
    this.#writing = batch
    this.#retries = 0
    this.#uncertain = false
    this.#write(batch)
    return true
  }

  #write(batch: Batch): void {
    for (const record of batch.records) this.#writer.produce(record)
    this.#request('committing')
  }

  #request(state: 'committing' | 'aborting'): void {
    this.#state = state
    this.#operation = state === 'committing' ? this.#writer.commit() : this.#writer.abort()
  }

  #succeeded(): void {
    const { onCommitted } = this.#writing as Batch
    this.#writing = undefined
    this.#state = 'idle'
    this.committed++
    for (const callback of onCommitted) callback()
  }

  #failed(fault: BrokerFault): void {
    const isLast = ++this.#retries > RETRIES_MOST
    const mayAbort = this.#state === 'committing' && !this.#uncertain && !isLast
    if (fault.kind === 'abortable' && mayAbort) this.#request('aborting')
    else if (fault.kind === 'retriable' && !isLast) {
      this.#again = this.#state === 'aborting' ? 'aborting' : 'committing'
      this.#uncertain ||= this.#state === 'committing'
      this.#state = 'pausing'
      this.#againAtMs = this.#clock.monotonicMs() + RETRY_PAUSE_MS
    } else {
      this.#state = 'over'
      this.fault = fault
    }
  }
}

function newBatch(): Batch {
  return { records: [], bytes: 0, onCommitted: [] }
}

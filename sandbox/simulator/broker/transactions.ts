/**
 * The transaction coordinator: who writes in the name of a transactional id, and how its transactions end.
 *
 * As in Kafka: opening an id raises its epoch and aborts what was open; a request with an older epoch is refused; a
 * transaction that stays open too long is aborted with a raised epoch; the answer to a commit comes when the outcome is
 * decided, and the markers reach the partitions a little later, each at its own time; until all have, the id cannot
 * be opened and no new transaction begins. Depends on the partition logs and the scheduler.
 */
import type { Random } from '../../random.js'
import { MILLISECOND, type Scheduler } from '../scheduler.js'
import type { PartitionLog } from './partition-log.js'

export type TransactionError = 'fenced' | 'concurrent' | 'out-of-order' | 'invalid'

export interface Identity {
  readonly producerId: number
  readonly epoch: number
}

export interface ProducedRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

interface Transactional {
  readonly producerId: number
  epoch: number
  /** Number of the transaction in its epoch, given by the client. */
  transaction: number
  state: 'empty' | 'ongoing' | 'committing' | 'aborting'
  readonly touched: Set<PartitionLog>
  /** How the last transaction of the epoch ended, so that a repeated request gets the same answer. */
  last: { readonly epoch: number; readonly transaction: number; readonly committed: boolean } | undefined
  /** Next sequence number of the epoch, over all partitions. */
  sequence: number
  /** The client that raised the epoch last, and from where: its repeated request gets the same answer. */
  raised: { readonly client: object; readonly from: number } | undefined
}

const MARKER_MICROS = { least: 200, most: 8 * MILLISECOND }
const RETRY_MARKER_MICROS = 200 * MILLISECOND

export class TransactionCoordinator {
  readonly #ids = new Map<string, Transactional>()
  #nextProducerId = 1_000
  /** Transactions by outcome. */
  readonly counts = { committed: 0, aborted: 0, fenced: 0, timedOut: 0 }

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly logOf: (topic: string, partition: number) => PartitionLog,
    private readonly timeMs: () => number,
    private readonly timeoutMicros: number,
    /** Whether the leader of a partition can be written to now. */
    private readonly reachable: (log: PartitionLog) => boolean,
  ) {}

  /** Whether a commit or an abort is decided and has not reached all partitions. */
  get settling(): boolean {
    return [...this.#ids.values()].some(({ state }) => state === 'committing' || state === 'aborting')
  }

  open(transactionalId: string): Identity | TransactionError {
    let id = this.#ids.get(transactionalId)
    if (id === undefined) {
      const producerId = this.#nextProducerId++
      id = {
        producerId,
        epoch: -1,
        transaction: -1,
        state: 'empty',
        touched: new Set(),
        last: undefined,
        sequence: 0,
        raised: undefined,
      }
      this.#ids.set(transactionalId, id)
    }
    if (id.state === 'committing' || id.state === 'aborting') return 'concurrent'
    this.#raiseEpoch(id)
    if (id.state === 'ongoing') {
      this.counts.fenced++
      this.#finish(id, false)
      return 'concurrent'
    }
    return { producerId: id.producerId, epoch: id.epoch }
  }

  /**
   * Begins anew with a raised epoch after an error, without giving the id up (KIP-360): what is open is aborted, and sequence
   * numbers of records that may or may not have been taken need not be known any more.
   */
  recover(transactionalId: string, identity: Identity, client: object): Identity | TransactionError {
    const id = this.#ids.get(transactionalId)
    if (id === undefined) return 'fenced'
    const repeated = id.raised?.client === client && id.raised.from === identity.epoch
    if (repeated && id.epoch === identity.epoch + 1) return { producerId: id.producerId, epoch: id.epoch }
    if (id.epoch !== identity.epoch) return 'fenced'
    if (id.state === 'ongoing') this.#finish(id, false)
    if (id.state !== 'empty') return 'concurrent'
    id.raised = { client, from: identity.epoch }
    this.#raiseEpoch(id)
    return { producerId: id.producerId, epoch: id.epoch }
  }

  /** Appends records to the transaction; `sequence` numbers them in the epoch, so a repeated request has no effect. */
  produce(
    transactionalId: string,
    identity: Identity,
    transaction: number,
    sequence: number,
    records: readonly ProducedRecord[],
  ): 'ok' | TransactionError {
    const id = this.#ids.get(transactionalId)
    if (id === undefined || id.epoch !== identity.epoch) return 'fenced'
    if (sequence + records.length <= id.sequence) return 'ok'
    if (sequence !== id.sequence) return 'out-of-order'
    if (id.state === 'committing' || id.state === 'aborting') return 'concurrent'
    if (id.state === 'empty') this.#begin(id, transaction)
    if (id.transaction !== transaction) return 'invalid'
    for (const { topic, partition, key, value } of records) {
      const log = this.logOf(topic, partition)
      log.append(key, value, this.timeMs(), id.producerId)
      id.touched.add(log)
    }
    id.sequence += records.length
    return 'ok'
  }

  end(
    transactionalId: string,
    identity: Identity,
    transaction: number,
    committed: boolean,
  ): 'ok' | TransactionError {
    const id = this.#ids.get(transactionalId)
    if (id === undefined || id.epoch !== identity.epoch) return 'fenced'
    const { last } = id
    if (last?.epoch === identity.epoch && last.transaction === transaction)
      return last.committed === committed ? 'ok' : 'invalid'
    // A transaction to which nothing came: there is nothing to end.
    if (id.state !== 'ongoing') return id.state === 'empty' ? 'ok' : 'concurrent'
    if (id.transaction !== transaction) return 'invalid'
    this.#finish(id, committed)
    return 'ok'
  }

  #begin(id: Transactional, transaction: number): void {
    id.state = 'ongoing'
    id.transaction = transaction
    const { epoch } = id
    this.scheduler.after(this.timeoutMicros, 'transaction timeout', () => {
      if (id.state !== 'ongoing' || id.epoch !== epoch || id.transaction !== transaction) return
      this.counts.timedOut++
      this.#raiseEpoch(id)
      this.#finish(id, false)
    })
  }

  #raiseEpoch(id: Transactional): void {
    id.epoch++
    id.sequence = 0
  }

  #finish(id: Transactional, committed: boolean): void {
    this.counts[committed ? 'committed' : 'aborted']++
    id.last = { epoch: id.epoch, transaction: id.transaction, committed }
    id.state = committed ? 'committing' : 'aborting'
    for (const log of [...id.touched]) this.#mark(id, log, committed)
    if (id.touched.size === 0) id.state = 'empty'
  }

  #mark(id: Transactional, log: PartitionLog, committed: boolean): void {
    const { least, most } = MARKER_MICROS
    const attempt = (): void => {
      if (!this.reachable(log)) {
        this.scheduler.after(RETRY_MARKER_MICROS, 'marker waits', attempt)
        return
      }
      log.end(id.producerId, committed, this.timeMs())
      id.touched.delete(log)
      if (id.touched.size === 0) id.state = 'empty'
    }
    this.scheduler.after(this.random.integer(least, most), `marker ${log.topic}/${log.partition}`, attempt)
  }
}

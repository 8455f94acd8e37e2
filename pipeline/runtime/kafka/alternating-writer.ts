/**
 * Writes in the name of a partition by two transactional ids in turn, so that no transaction waits for the markers of the one before.
 *
 *   first id      ─records─commit─┐ markers ...              ─records─commit─┐ markers ...
 *   alternate id                  └─records─commit─┐ markers ...
 *
 * A commit is decided before its markers are written. Until they are, the broker refuses the next transaction of the same id, and the
 * client tries again only after 20 ms, a constant of librdkafka; one of another id is taken at once. Commits stay in order all the
 * same: a transaction is begun only after the one before is decided, and readers of committed records pass none that is open.
 *
 * Ownership is that of both ids. They are opened in the same order by everybody, and a takeover writes its mark once both are its own:
 * whoever had them before commits nothing behind the mark. Of two that take over at once, at most one has both, and whoever lacks one
 * is shut out at its second commit at the latest. Depends on the writer of one id.
 */
import { invariant } from '../../errors.js'
import { PendingOperation, type Ringable } from '../distributed/pending-operation.js'
import type { BrokerFault, Operation, OutgoingRecord, TransactionalWriter } from '../distributed/ports.js'
import { WRITER_TURNS } from './properties.js'
import type { KafkaSettings } from './settings.js'
import { KafkaWriter } from './writer.js'

export class AlternatingWriter implements TransactionalWriter {
  readonly #bell: Ringable
  readonly #writers: readonly KafkaWriter[]
  /** Ids that are this writer's own; the next one is being opened while `#opening`. */
  #opened = 0
  #opening: { readonly whole: PendingOperation<void>; readonly one: Operation<void> } | undefined
  /** Whose turn it is. */
  #turn = 0
  #commit: Operation<void> | undefined
  #closed = false

  constructor(settings: KafkaSettings, partition: number, bell: Ringable) {
    this.#bell = bell
    const ring = () => this.#rung()
    this.#writers = WRITER_TURNS.map((turn) => new KafkaWriter(settings, partition, { ring }, turn))
  }

  /** Goes on with the id at which an earlier try has failed. */
  open(): Operation<void> {
    invariant(this.#opening === undefined, 'a writer is opened once')
    const whole = new PendingOperation<void>(this.#bell)
    this.#openNext(whole)
    return whole
  }

  #openNext(whole: PendingOperation<void>): void {
    this.#opening = { whole, one: this.#writers[this.#opened].open() }
  }

  #rung(): void {
    const opening = this.#opening
    if (opening === undefined) this.#bell.ring()
    else if (opening.one.state !== 'pending') this.#settle(opening.whole, opening.one)
  }

  #settle(whole: PendingOperation<void>, one: Operation<void>): void {
    this.#opening = undefined
    if (one.state === 'failed') whole.fail(one.fault as BrokerFault)
    else if (++this.#opened === this.#writers.length) whole.succeed()
    else if (!this.#closed) this.#openNext(whole)
  }

  produce(record: OutgoingRecord): void {
    if (this.#commit?.state === 'done') this.#passTurn()
    this.#writers[this.#turn].produce(record)
  }

  /** A commit that has failed is asked for again, or aborted, at the same id. */
  commit(): Operation<void> {
    this.#commit = this.#writers[this.#turn].commit()
    return this.#commit
  }

  abort(): Operation<void> {
    this.#commit = undefined
    return this.#writers[this.#turn].abort()
  }

  close(): void {
    this.#closed = true
    for (const writer of this.#writers) writer.close()
  }

  #passTurn(): void {
    this.#commit = undefined
    this.#turn = (this.#turn + 1) % this.#writers.length
  }
}

/**
 * The transactional producer of one partition's owner, as librdkafka behaves: it repeats what may be repeated, within bounds,
 * and tells what it cannot mend.
 *
 * A commit whose answer is lost is asked for again; when its bound is reached the outcome is unknown to the caller, who is
 * told `retriable` (ask again) or `fatal` (the client is beyond repair), as the seed has it. Records on their way when the
 * client is closed or its process dies may still arrive: only the epoch keeps them out. Depends on cluster and network.
 */

import { PendingOperation } from '../../../pipeline/runtime/distributed/pending-operation.js'
import type {
  BrokerFaultKind,
  Operation,
  OutgoingRecord,
  TransactionalWriter,
} from '../../../pipeline/runtime/distributed/ports.js'
import { Random } from '../../random.js'
import type { Identity, TransactionError } from '../broker/transactions.js'
import { faultOf } from '../fault-of.js'
import { request } from '../network.js'
import type { Process } from '../process.js'
import { MILLISECOND, SECOND } from '../scheduler.js'
import type { World } from './fetcher.js'

/** What an owner was doing: faults strike there, because that is where they hurt. */
export type WriterMoment = 'produced' | 'committing' | 'committed'

const REQUEST_TIMEOUT_MICROS = 2 * SECOND
const ATTEMPTS = 5
const BACK_OFF_MICROS = { least: 10 * MILLISECOND, most: 200 * MILLISECOND }
const LINGER_MICROS = 2 * MILLISECOND

type Answer = 'ok' | TransactionError | 'unavailable'

export class SimulatedWriter implements TransactionalWriter {
  readonly #random: Random
  #identity: Identity | undefined
  #transaction = 0
  #sequence = 0
  readonly #buffered: OutgoingRecord[] = []
  #sending = false
  #lingering = false
  #closed = false
  /** What is wrong with the open transaction; told by the next commit. */
  #broken: BrokerFaultKind | undefined
  #dirty = false
  #waiting: (() => void) | undefined

  constructor(
    private readonly world: World,
    private readonly process: Process,
    readonly transactionalId: string,
    private readonly bell: () => void,
    private readonly tell: (moment: WriterMoment) => void = () => undefined,
  ) {
    const { nowMicros } = world.cluster.scheduler
    this.#random = new Random('writer', world.seed, process.name, transactionalId, nowMicros)
  }

  open(): Operation<void> {
    const operation = new PendingOperation<void>({ ring: this.bell })
    const { cluster } = this.world
    const action = (): Identity | TransactionError => cluster.transactions.open(this.transactionalId)
    this.#ask<Identity | TransactionError>('open', ATTEMPTS, action, {
      again: (answer) => answer === 'concurrent',
      settle: (answer) => {
        if (typeof answer === 'object') {
          this.#identity = answer
          operation.succeed(undefined)
        } else
          operation.fail(
            faultOf('retriable', `the transactional id cannot be opened: ${answer ?? 'no answer'}`),
          )
      },
    })
    return operation
  }

  produce(record: OutgoingRecord): void {
    this.#buffered.push(record)
    this.#dirty = true
    this.tell('produced')
    if (this.#lingering) return
    this.#lingering = true
    this.process.after(LINGER_MICROS, 'linger', () => {
      this.#lingering = false
      this.#send()
    })
  }

  commit(): Operation<void> {
    return this.#end(true)
  }

  abort(): Operation<void> {
    return this.#end(false)
  }

  close(): void {
    this.#closed = true
  }

  #end(committed: boolean): Operation<void> {
    const operation = new PendingOperation<void>({ ring: this.bell })
    this.tell('committing')
    if (committed) this.#flush(() => this.#endFlushed(operation, true))
    else {
      this.#buffered.length = 0
      this.#whenSent(() => this.#endFlushed(operation, false))
    }
    return operation
  }

  #endFlushed(operation: PendingOperation<void>, committed: boolean): void {
    const identity = this.#identity
    if (this.#broken !== undefined && (committed || this.#broken !== 'abortable')) {
      operation.fail(faultOf(this.#broken, 'a record of the transaction was not taken'))
      return
    }
    if (this.#broken === 'abortable' && identity !== undefined) {
      this.#recover(operation, identity)
      return
    }
    if (identity === undefined || !this.#dirty) {
      operation.succeed(undefined)
      return
    }
    const { transactionalId } = this
    const transaction = this.#transaction
    const { transactions } = this.world.cluster
    this.#ask<Answer>(
      committed ? 'commit' : 'abort',
      ATTEMPTS,
      () => transactions.end(transactionalId, identity, transaction, committed),
      {
        again: (answer) => answer === 'concurrent',
        settle: (answer) => this.#ended(operation, answer, committed),
      },
    )
  }

  #recover(operation: PendingOperation<void>, identity: Identity): void {
    const { transactionalId } = this
    const { transactions } = this.world.cluster
    this.#ask<Identity | TransactionError>(
      'recover',
      ATTEMPTS,
      () => transactions.recover(transactionalId, identity, this),
      {
        again: (answer) => answer === 'concurrent',
        settle: (answer) => {
          if (typeof answer !== 'object') {
            this.#ended(operation, answer, false)
            return
          }
          this.#identity = answer
          this.#sequence = 0
          this.#ended(operation, 'ok', false)
        },
      },
    )
  }

  #ended(operation: PendingOperation<void>, answer: Answer | undefined, committed: boolean): void {
    if (answer === 'ok') {
      this.#transaction++
      this.#dirty = false
      this.#broken = undefined
      this.tell('committed')
      operation.succeed(undefined)
    } else if (answer === 'fenced')
      operation.fail(faultOf('fenced', 'the epoch is an old one', 'WEIR_FENCED'))
    else if (answer === 'invalid')
      operation.fail(faultOf(committed ? 'abortable' : 'fatal', 'no such transaction'))
    else {
      const kind = this.#random.chance(0.5) ? 'retriable' : 'fatal'
      operation.fail(faultOf(kind, 'the outcome of the request is not known'))
    }
  }

  #flush(then: () => void): void {
    this.#whenSent(() => {
      if (this.#buffered.length === 0 || this.#broken !== undefined) then()
      else this.#flush(then)
    })
    this.#send()
  }

  #whenSent(then: () => void): void {
    if (this.#sending || (this.#buffered.length > 0 && this.#broken === undefined)) this.#waiting = then
    else then()
  }

  /** Sends what is buffered as one request; one is under way at a time, as an idempotent producer's order needs. */
  #send(): void {
    const identity = this.#identity
    if (this.#sending || this.#closed || this.#broken !== undefined) return
    if (identity === undefined || this.#buffered.length === 0) return
    this.#sending = true
    const records = this.#buffered.splice(0)
    const sequence = this.#sequence
    this.#sequence += records.length
    const { transactionalId } = this
    const transaction = this.#transaction
    const { transactions } = this.world.cluster
    this.#ask<Answer>(
      'produce',
      ATTEMPTS,
      () => transactions.produce(transactionalId, identity, transaction, sequence, records),
      {
        again: (answer) => answer === 'concurrent',
        settle: (answer) => this.#sent(answer),
      },
    )
  }

  #sent(answer: Answer | undefined): void {
    this.#sending = false
    if (answer === 'fenced') this.#broken = 'fenced'
    // Sequence numbers of what may or may not have been taken cannot be used again: only a new epoch mends that.
    else if (answer !== 'ok') this.#broken = this.#random.chance(0.2) ? 'fatal' : 'abortable'
    const then = this.#waiting
    this.#waiting = undefined
    if (then !== undefined) then()
    else this.#send()
  }

  /** Asks a coordinator, again after no answer or a temporary refusal, at most `attempts` times. */
  #ask<A>(
    label: string,
    attempts: number,
    action: () => A,
    then: { readonly again: (answer: A) => boolean; readonly settle: (answer: A | undefined) => void },
  ): void {
    const { world, process, transactionalId } = this
    const broker = world.cluster.coordinatorOf(transactionalId)
    request<A | 'unavailable'>(world.network, process, {
      to: broker,
      label: `${label} ${transactionalId}`,
      timeoutMicros: REQUEST_TIMEOUT_MICROS,
      // A second opening would fence the first; everything else has no second effect.
      repeatable: label !== 'open',
      serve: (answer) => world.cluster.serve(broker, answer, action),
      settle: (answer) => {
        const again = answer === undefined || answer === 'unavailable' || then.again(answer as A)
        if (!again) then.settle(answer as A)
        else if (attempts <= 1 || this.#closed) then.settle(undefined)
        else {
          const { least, most } = BACK_OFF_MICROS
          process.after(this.#random.integer(least, most), `${label} again`, () =>
            this.#ask(label, attempts - 1, action, then),
          )
        }
      },
    })
  }
}

/**
 * Writes by one transactional id of a partition; whoever opened it last is the only one that can.
 *
 * The client begins a transaction on a thread of its own, so the next one is begun as soon as the last has ended: records go
 * straight to the client. Beginning is local; the broker hears of a transaction by its first record. A commit whose outcome is
 * not known yet fails as retriable, and the next `commit` goes on with the same one. When a commit fails as fenced or fatal, only the
 * journal can tell what became of it; when it fails as abortable, the same records may be written again only after the abort is done: a
 * broker that has committed refuses the abort. Depends on the client.
 */
import { invariant } from '../../errors.js'
import { PendingOperation, type Ringable } from '../distributed/pending-operation.js'
import type { BrokerFault, Operation, OutgoingRecord, TransactionalWriter } from '../distributed/ports.js'
import { connect, loadKafka, newClient, type ProducerClient, Refusals } from './client.js'
import { brokerFault } from './faults.js'
import { transactionalIdOf, type WriterTurn, writerProperties } from './properties.js'
import type { KafkaSettings } from './settings.js'

/**
 * Longest wait for the broker in one request. It holds a thread of the process meanwhile, so it is short: the machine
 * asks again as long as the outcome is open.
 */
const REQUEST_TIMEOUT_MS = 2000

/** How often the client is asked for its events, such as refused credentials; no record waits for it. */
const EVENTS_INTERVAL_MS = 100

/** How long records wait before the client's full queue is tried again. */
const QUEUE_FULL_PAUSE_MS = 2

/** Error code of a full queue. */
const QUEUE_FULL = -184

type State = 'new' | 'idle' | 'beginning' | 'begun' | 'broken' | 'closed'

export class KafkaWriter implements TransactionalWriter {
  readonly #settings: KafkaSettings
  readonly #partition: number
  readonly #turn: WriterTurn
  readonly #bell: Ringable
  readonly #place: string
  readonly #refusals = new Refusals()
  #producer: ProducerClient | undefined
  #state: State = 'new'
  /** The request that the client works on; it must have ended before the client may be let go of. */
  #running: PendingOperation<void> | undefined
  /** Records that wait for the transaction to begin, or for room in the client's queue. */
  #waiting: OutgoingRecord[] = []
  #records = 0
  /** Why a record of the open transaction could not be taken; the transaction must not commit. */
  #refusedRecord: BrokerFault | undefined
  /** Goes on with a commit that came while the transaction was being begun. */
  #onBegun: (() => void) | undefined
  #onIdle: (() => void) | undefined

  constructor(settings: KafkaSettings, partition: number, bell: Ringable, turn: WriterTurn = 'first') {
    this.#settings = settings
    this.#partition = partition
    this.#bell = bell
    this.#turn = turn
    this.#place = `transactional id ${transactionalIdOf(settings, partition, turn)}`
  }

  open(): Operation<void> {
    invariant(this.#state === 'new' || this.#state === 'closed', 'a writer is opened once')
    const operation = this.#start()
    this.#state = 'idle'
    this.#open(operation).catch((thrown: unknown) => this.#failOpening(operation, thrown))
    return operation
  }

  async #open(operation: PendingOperation<void>): Promise<void> {
    // One that had reached a broker goes on where its time was up.
    if (this.#producer !== undefined) {
      this.#takeOver(operation, this.#producer)
      return
    }
    const { Producer } = await loadKafka()
    const properties = writerProperties(this.#settings, this.#partition, this.#turn)
    const producer = newClient((made) => new Producer(made), properties, this.#settings)
    this.#refusals.watch(producer)
    const connected = (fault: BrokerFault | undefined) => {
      if (fault !== undefined) {
        this.#end(operation, 'closed', fault)
        return
      }
      this.#producer = producer
      producer.setPollInterval(EVENTS_INTERVAL_MS)
      this.#takeOver(operation, producer)
    }
    connect(producer, this.#refusals, this.#place, connected, () => producer.poll())
  }

  #takeOver(operation: PendingOperation<void>, producer: ProducerClient): void {
    producer.initTransactions(REQUEST_TIMEOUT_MS, (error) => {
      if (!error) {
        this.#end(operation, 'idle', undefined)
        if (this.#state === 'idle') this.#begin()
        return
      }
      const fault = this.#fault(error, 'the transactional id cannot be taken over')
      if (fault.kind !== 'retriable') {
        // A client whose id was not taken over is of no use; the next `open` makes a new one.
        this.#producer = undefined
        this.#release(producer)
      }
      this.#end(operation, 'closed', fault)
    })
  }

  #failOpening(operation: PendingOperation<void>, thrown: unknown): void {
    this.#end(operation, 'closed', this.#fault(thrown, 'the client cannot be made'))
  }

  produce(record: OutgoingRecord): void {
    invariant(this.#running === undefined, 'no record is added while a request is under way')
    invariant(this.#state !== 'new' && this.#state !== 'closed', 'a writer is opened before it writes')
    this.#records += 1
    if (this.#state === 'begun' && this.#waiting.length === 0) this.#send(record)
    else if (this.#state !== 'broken') this.#waiting.push(record)
  }

  commit(): Operation<void> {
    const operation = this.#start()
    this.#commitWhenSent(operation)
    return operation
  }

  #commitWhenSent(operation: PendingOperation<void>): void {
    if (this.#refusedRecord !== undefined) {
      this.#end(operation, this.#state, this.#refusedRecord)
      return
    }
    if (this.#records === 0) {
      this.#end(operation, this.#state, undefined)
      return
    }
    if (this.#state === 'beginning') {
      this.#onBegun = () => this.#commitWhenSent(operation)
      return
    }
    this.#sendWaiting()
    if (this.#waiting.length > 0) {
      // Bounded by the client: its queue drains or its records time out, and then `produce` tells of it.
      setTimeout(() => this.#commitWhenSent(operation), QUEUE_FULL_PAUSE_MS)
      return
    }
    this.#client().commitTransaction(REQUEST_TIMEOUT_MS, (error) => {
      if (error) this.#end(operation, this.#state, this.#fault(error, 'the transaction is not committed'))
      else this.#ended(operation)
    })
  }

  abort(): Operation<void> {
    const operation = this.#start()
    this.#waiting = []
    if (this.#state !== 'begun') {
      this.#records = 0
      this.#end(operation, this.#state, undefined)
      return operation
    }
    this.#client().abortTransaction(REQUEST_TIMEOUT_MS, (error) => {
      if (error) this.#end(operation, this.#state, this.#fault(error, 'the transaction is not aborted'))
      else this.#ended(operation)
    })
    return operation
  }

  close(): void {
    if (this.#running !== undefined || this.#state === 'beginning') {
      // The client must not be let go of while one of its threads is inside of a request.
      this.#onIdle = () => this.close()
      return
    }
    const producer = this.#producer
    this.#producer = undefined
    this.#state = 'closed'
    if (producer !== undefined) this.#release(producer)
  }

  /** Without waiting for records: an open transaction is not to be completed. */
  #release(producer: ProducerClient): void {
    producer.setPollInterval(0)
    try {
      producer.disconnect(1)
    } catch {
      // It had disconnected by itself.
    }
  }

  #start(): PendingOperation<void> {
    invariant(this.#running === undefined, 'one request of a writer is under way at a time')
    const operation = new PendingOperation<void>(this.#bell)
    this.#running = operation
    return operation
  }

  #end(operation: PendingOperation<void>, state: State, fault: BrokerFault | undefined): void {
    this.#running = undefined
    this.#state = state
    if (fault === undefined) operation.succeed()
    else operation.fail(fault)
    this.#idle()
  }

  /** The transaction has ended; the next one begins while the machine looks at the outcome. */
  #ended(operation: PendingOperation<void>): void {
    this.#refusals.forget()
    this.#records = 0
    this.#refusedRecord = undefined
    this.#end(operation, 'idle', undefined)
    if (this.#state === 'idle') this.#begin()
  }

  #begin(): void {
    if (this.#producer === undefined) return
    this.#state = 'beginning'
    this.#client().beginTransaction((error) => {
      this.#state = error ? 'broken' : 'begun'
      if (error) this.#refuse(this.#fault(error, 'no transaction can be begun'))
      this.#sendWaiting()
      const onBegun = this.#onBegun
      this.#onBegun = undefined
      onBegun?.()
      this.#idle()
    })
  }

  #sendWaiting(): void {
    if (this.#state !== 'begun') return
    const records = this.#waiting
    this.#waiting = []
    for (const record of records) {
      if (this.#waiting.length === 0) this.#send(record)
      else this.#waiting.push(record)
    }
  }

  #send(record: OutgoingRecord): void {
    const { topic, partition, key, value } = record
    try {
      this.#client().produce(topic, partition, asBuffer(value), asBuffer(key))
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code === QUEUE_FULL) this.#waiting.push(record)
      else this.#refuse(this.#fault(thrown, `a record is not taken for ${topic} partition ${partition}`))
    }
  }

  #refuse(fault: BrokerFault): void {
    this.#refusedRecord ??= fault
  }

  #idle(): void {
    if (this.#running !== undefined || this.#state === 'beginning') return
    const onIdle = this.#onIdle
    this.#onIdle = undefined
    onIdle?.()
  }

  #client(): ProducerClient {
    invariant(this.#producer !== undefined, 'a writer is opened before it writes')
    return this.#producer
  }

  #fault(thrown: unknown, doing: string): BrokerFault {
    return brokerFault(this.#refusals.reasonFor(thrown), doing, this.#place)
  }
}

/** The client takes buffers only; the bytes are not copied here, as it copies them itself. */
function asBuffer(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

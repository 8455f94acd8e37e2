/**
 * The plain way with the bare client: read, add up per account, write refills and one record of balances a poll, in one transaction.
 *
 *   consume(n) -> balances -> beginTransaction -> refills, one record of what changed -> sendOffsetsToTransaction -> commit
 *
 * What it leaves out: balances outlive nothing (a restart would have to read its own records again), no deduplication, gaps,
 * staleness, policies, optimizer, limits, reservations, decisions; nobody takes over. It settles its own refills at once.
 * Started by `plain-transform.ts`, never imported. Depends on the client and the generated decoder.
 */

import { topicOf } from '../../pipeline/runtime/distributed/topics.js'
import {
  type ConsumerClient,
  loadKafka,
  type Message,
  type ProducerClient,
} from '../../pipeline/runtime/kafka/client.js'
import { connected, disconnected } from '../../pipeline/runtime/kafka/connected.js'
import { readerProperties, writerProperties } from '../../pipeline/runtime/kafka/properties.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { decodeRecord } from '../../schemas/avro/registry.js'
import { WIRE_HEADER_BYTES } from '../../schemas/avro/wire-format.js'
import { OPENINGS, PAYROLL_BAND_MINOR } from './groups.js'

export interface PlainOrder {
  readonly kafka: KafkaSettings
  readonly outputTopic: string
}

export interface PlainReport {
  readonly records: number
  readonly transactions: number
  readonly atMs: number
  readonly cpuMs: number
}

const RECORDS_AT_ONCE = 1_000
const WAIT_MS = 1
const REQUEST_TIMEOUT_MS = 10_000
const REPORT_INTERVAL_MS = 25

interface PartialReads {
  setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void
}

type Done = (error: unknown) => void

function settled(request: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => request((error) => (error ? reject(error) : resolve())))
}

class Transform {
  records = 0
  transactions = 0
  readonly #order: PlainOrder
  readonly #consumer: ConsumerClient
  readonly #producer: ProducerClient
  readonly #balances = new Map<string, number>()
  readonly #changed = new Set<string>()

  constructor(order: PlainOrder, consumer: ConsumerClient, producer: ProducerClient) {
    this.#order = order
    this.#consumer = consumer
    this.#producer = producer
  }

  async run(isEnded: () => boolean): Promise<void> {
    while (!isEnded()) {
      const messages = await this.#take()
      if (messages.length > 0) await this.#process(messages)
    }
  }

  #take(): Promise<Message[]> {
    return new Promise((resolve, reject) =>
      this.#consumer.consume(RECORDS_AT_ONCE, (error, messages) =>
        error ? reject(error) : resolve(messages),
      ),
    )
  }

  async #process(messages: readonly Message[]): Promise<void> {
    const producer = this.#producer
    await settled((done) => producer.beginTransaction(done))
    const next = new Map<number, number>()
    for (const { value, partition, offset } of messages) {
      next.set(partition, offset + 1)
      this.#apply(value as Buffer, partition)
    }
    const changed = [...this.#changed].map((account) => `${account}=${this.#balances.get(account)}`)
    this.#changed.clear()
    const { kafka, outputTopic } = this.#order
    producer.produce(outputTopic, messages[0].partition, Buffer.from(`balances,${changed.join(';')}`))
    const topic = topicOf(kafka.topicPrefix, 'cash-movement')
    const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset }))
    await settled((done) =>
      producer.sendOffsetsToTransaction(offsets, this.#consumer, REQUEST_TIMEOUT_MS, done),
    )
    await settled((done) => producer.commitTransaction(REQUEST_TIMEOUT_MS, done))
    this.records += messages.length
    this.transactions++
  }

  #apply(value: Buffer, partition: number): void {
    const { groupId, accountId, amountMinor } = decodeRecord(
      'cash-movement',
      value.subarray(WIRE_HEADER_BYTES),
    )
    const balance = this.#add(groupId, accountId, amountMinor)
    if (accountId !== 'PAYROLL' || balance >= PAYROLL_BAND_MINOR) return
    const refill = OPENINGS.PAYROLL - balance
    this.#add(groupId, 'PAYROLL', refill)
    this.#add(groupId, 'OPERATING', -refill)
    this.#producer.produce(this.#order.outputTopic, partition, Buffer.from(`${groupId},${refill}`))
  }

  #add(groupId: string, accountId: string, amountMinor: number): number {
    const account = `${groupId}/${accountId}`
    const balance = (this.#balances.get(account) ?? OPENINGS.PAYROLL) + amountMinor
    this.#balances.set(account, balance)
    this.#changed.add(account)
    return balance
  }
}

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '{}') as PlainOrder
  const { kafka } = order
  let ended = false
  process.on('message', (message) => {
    if (message === 'stop') ended = true
  })
  process.on('disconnect', () => process.exit(1))
  const { KafkaConsumer, Producer } = await loadKafka()
  const consumer = new KafkaConsumer({
    ...readerProperties(kafka),
    'enable.partition.eof': false,
    'auto.offset.reset': 'earliest',
  } as never) as ConsumerClient
  consumer.setDefaultConsumeTimeout(WAIT_MS)
  // Left out of the package's types; otherwise a call waits for the whole number or the whole time.
  ;(consumer as unknown as PartialReads).setDefaultIsTimeoutOnlyForFirstMessage(true)
  await connected(consumer, kafka)
  const producer = new Producer(writerProperties(kafka, 0) as never)
  await connected(producer, kafka)
  await settled((done) => producer.initTransactions(REQUEST_TIMEOUT_MS, done))
  consumer.subscribe([topicOf(kafka.topicPrefix, 'cash-movement')])
  const transform = new Transform(order, consumer, producer)
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage()
    const { records, transactions } = transform
    const atMs = performance.timeOrigin + performance.now()
    process.send?.({ records, transactions, atMs, cpuMs: (user + system) / 1000 } satisfies PlainReport)
  }, REPORT_INTERVAL_MS)
  await transform.run(() => ended)
  clearInterval(timer)
  await disconnected(producer)
  await disconnected(consumer)
  process.disconnect()
}

await main()

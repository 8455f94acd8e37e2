/**
 * Sends a live feed to Weir's topics at a rate, with the times of now, until its time is up or it is told to end.
 *
 * Reference data is acknowledged, and has had time to be read, before the first balance is sent: streams are topics of their own, and
 * nothing orders one against another. Depends on the feed, the sender and a source of schema ids.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { JOURNAL_STREAM, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { partitionsOf, recordKey } from '../../pipeline/runtime/kafka/files/record-key.js'
import type { Sender } from '../../pipeline/runtime/kafka/files/sender.js'
import type { SchemaSource } from '../../pipeline/runtime/registry/schema-source.js'
import { frameRecord } from '../../schemas/avro/wire-format.js'
import type { InputStream } from '../../schemas/generated/schemas.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type { FeedRun } from './ground-truth.js'
import { type FeedRecord, LiveFeed, type LiveFeedOptions } from './live-feed.js'

export interface FeedRunOptions extends Omit<LiveFeedOptions, 'partitions'> {
  readonly topicPrefix: string
  readonly sender: Sender
  readonly schemas: SchemaSource
  /** Movements a second, over all groups. */
  readonly ratePerSecond: number
  readonly seconds: number
  readonly signal: AbortSignal
  /** Called once a second. */
  readonly onProgress: (feed: LiveFeed) => void
}

/** Time for a running instance to read reference data before balances, and balances before movements, come. */
const HEAD_START_MS = 2_000
const QUOTE_EVERY_MS = 1_000
const TICK_MS = 5
const PROGRESS_EVERY_MS = 1_000

export async function runFeed(options: FeedRunOptions): Promise<{ feed: LiveFeed; run: FeedRun }> {
  const partitions = await options.sender.partitionsOf(topicOf(options.topicPrefix, JOURNAL_STREAM))
  const feed = new LiveFeed({ ...options, partitions })
  const sending = new Sending(options, partitions)
  const startedAtMicros = nowMicros()
  for (const batch of [feed.reference, feed.openings]) {
    for (const record of batch.call(feed, nowMicros())) await sending.send(record)
    await options.sender.flush()
    await pause(HEAD_START_MS, undefined, { signal: options.signal }).catch(() => undefined)
  }
  await sendMovements(options, feed, sending)
  await sending.sendDelayed(Number.POSITIVE_INFINITY)
  await options.sender.flush()
  return {
    feed,
    run: { startedAtMicros, endedAtMicros: nowMicros(), partitions, messages: sending.messages },
  }
}

async function sendMovements(options: FeedRunOptions, feed: LiveFeed, sending: Sending): Promise<void> {
  const { ratePerSecond, seconds, signal, onProgress } = options
  const beganMs = performance.now()
  let quoteAtMs = 0
  let progressAtMs = PROGRESS_EVERY_MS
  for (;;) {
    const passedMs = performance.now() - beganMs
    if (signal.aborted || passedMs >= seconds * 1_000) return
    if (passedMs >= quoteAtMs) {
      quoteAtMs += QUOTE_EVERY_MS
      await sending.send(feed.quote(nowMicros()))
    }
    while (feed.movements < (passedMs * ratePerSecond) / 1_000)
      for (const record of feed.movement(nowMicros())) await sending.sendOrDelay(record)
    await sending.sendDelayed(performance.now())
    if (passedMs >= progressAtMs) {
      progressAtMs += PROGRESS_EVERY_MS
      onProgress(feed)
    }
    await pause(TICK_MS)
  }
}

class Sending {
  readonly messages = new Map<string, number>()
  readonly #options: FeedRunOptions
  readonly #partitions: number
  readonly #schemaIds = new Map<InputStream, number>()
  #delayed: { readonly dueMs: number; readonly record: FeedRecord }[] = []

  constructor(options: FeedRunOptions, partitions: number) {
    this.#options = options
    this.#partitions = partitions
  }

  async sendOrDelay(record: FeedRecord): Promise<void> {
    if (record.delayMs === 0) await this.send(record)
    else this.#delayed.push({ dueMs: performance.now() + record.delayMs, record })
  }

  async sendDelayed(untilMs: number): Promise<void> {
    if (!this.#delayed.some(({ dueMs }) => dueMs <= untilMs)) return
    const due = this.#delayed.filter(({ dueMs }) => dueMs <= untilMs)
    this.#delayed = this.#delayed.filter(({ dueMs }) => dueMs > untilMs)
    for (const { record } of due) await this.send(record)
  }

  async send({ stream, groupId, bytes, recordId }: FeedRecord): Promise<void> {
    const { sender, topicPrefix } = this.#options
    const schemaId = this.#schemaIds.get(stream) ?? (await this.#schemaIdOf(stream))
    const topic = topicOf(topicPrefix, stream)
    const key = recordKey(groupId, recordId)
    const value = frameRecord(schemaId, bytes)
    for (const partition of partitionsOf(groupId, this.#partitions)) {
      if (!sender.hasRoom) await sender.room()
      sender.send({ topic, partition, key, value, place: topic })
    }
    const sent = this.messages.get(stream) ?? 0
    this.messages.set(stream, sent + partitionsOf(groupId, this.#partitions).length)
  }

  async #schemaIdOf(stream: InputStream): Promise<number> {
    const id = await this.#options.schemas.idFor(stream, SCHEMA_JSON[stream])
    this.#schemaIds.set(stream, id)
    return id
  }
}

function nowMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000)
}

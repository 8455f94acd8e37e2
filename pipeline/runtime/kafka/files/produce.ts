/**
 * Sends the records of Avro files to the topics of their streams, in the order in which they arrived.
 *
 * Everything that can be refused is refused before the first record is sent: topics, partitions, schemas. What cannot be read is
 * told and passed over. Depends on the merged files, the sender, and a source of schema ids.
 */
import { setTimeout as pause, setImmediate } from 'node:timers/promises'
import { frameRecord } from '../../../../schemas/avro/wire-format.js'
import type { InputStream } from '../../../../schemas/generated/schemas.js'
import { WeirError } from '../../../errors.js'
import { JOURNAL_STREAM, topicOf } from '../../distributed/topics.js'
import type { SchemaSource } from '../../registry/schema-source.js'
import type { FileCursor } from '../../sources/file-cursor.js'
import type { InputFile, InputFolder } from '../../sources/input-folder.js'
import { MergedFiles } from '../../sources/merged-files.js'
import type { KafkaSettings } from '../settings.js'
import { partitionsOf } from './record-key.js'
import { createRecordWriter, type RecordWriter } from './record-writer.js'
import type { Sender } from './sender.js'
import { shiftBetween } from './time-shift.js'

export interface ProduceOptions {
  readonly settings: KafkaSettings
  readonly sender: Sender
  readonly schemas: SchemaSource
  readonly input: InputFolder
  readonly ownSchema: boolean
  readonly shiftToNow: boolean
  /** Most records a second. */
  readonly ratePerSecond: number | undefined
  /** Sends each record as long after the first as it arrived after it. */
  readonly followTime: boolean
  /** Ends the sending; what was sent is still waited for. */
  readonly signal: AbortSignal
  readonly onUnreadable: (place: string, reason: string) => void
  /** Called now and then; `fraction` of the input's bytes. */
  readonly onProgress: (fraction: number, counts: ProduceCounts) => void
}

export interface StreamCounts {
  readonly topic: string
  /** Records read and sent. */
  records: number
  /** Messages sent: one a record, or one a partition for a record of every group. */
  messages: number
  unreadable: number
}

export interface ProduceCounts {
  readonly streams: ReadonlyMap<InputStream, StreamCounts>
  readonly records: number
  readonly messages: number
  readonly unreadable: number
}

interface Route {
  readonly writer: RecordWriter
  readonly schemaId: number
  readonly partitions: number
  readonly counts: StreamCounts
}

/** Records between two turns of the event loop, in which acknowledgements come in. */
const RECORDS_A_TURN = 256
/** A wait that is shorter is left out; many add up, so the schedule is kept on average. */
const LEAST_WAIT_MS = 2
/** A wait is cut into pieces, so that an interruption is seen. */
const LONGEST_WAIT_MS = 200

export async function produceFiles(options: ProduceOptions): Promise<ProduceCounts> {
  const run = new Production(options)
  const files = new MergedFiles(options.input, new Map())
  try {
    await run.prepare()
    await run.send(files)
    return run.counts
  } finally {
    files.close()
  }
}

class Production {
  readonly #options: ProduceOptions
  readonly #routes = new Map<InputFile, Route>()
  readonly #streams = new Map<InputStream, StreamCounts>()

  constructor(options: ProduceOptions) {
    this.#options = options
  }

  get counts(): ProduceCounts {
    const all = [...this.#streams.values()]
    const sum = (of: (counts: StreamCounts) => number): number =>
      all.reduce((total, each) => total + of(each), 0)
    return {
      streams: this.#streams,
      records: sum(({ records }) => records),
      messages: sum(({ messages }) => messages),
      unreadable: sum(({ unreadable }) => unreadable),
    }
  }

  async prepare(): Promise<void> {
    const { settings, sender, schemas, input, ownSchema, shiftToNow } = this.#options
    const shift = shiftToNow ? shiftBetween(input.startMicros, Date.now() * 1_000) : undefined
    const partitions = await partitionsOfTopics(
      settings,
      sender,
      new Set(input.files.map(({ stream }) => stream)),
    )
    const ids = new Map<string, number>()
    for (const file of input.files) {
      const writer = createRecordWriter(file.stream, file.writerSchema, { ownSchema, shift })
      const key = `${file.stream}\n${writer.schemaJson}`
      const schemaId = ids.get(key) ?? (await schemas.idFor(file.stream, writer.schemaJson))
      ids.set(key, schemaId)
      this.#routes.set(file, { writer, schemaId, partitions, counts: this.#countsOf(file.stream) })
    }
  }

  async send(files: MergedFiles): Promise<void> {
    const { sender, signal, onProgress } = this.#options
    const schedule = new Schedule(this.#options)
    let sinceTurn = 0
    let sent = 0
    for (let cursor = files.current; cursor !== undefined && !signal.aborted; cursor = files.current) {
      await schedule.wait(sent, cursor.arrivedAtMicros)
      if (signal.aborted) break
      if (!sender.hasRoom) await sender.room()
      this.#sendCurrent(cursor)
      sent += 1
      files.advance()
      sinceTurn += 1
      if (sinceTurn < RECORDS_A_TURN) continue
      sinceTurn = 0
      onProgress(files.readBytes / Math.max(1, files.totalBytes), this.counts)
      await setImmediate()
    }
    await sender.flush()
  }

  #sendCurrent(cursor: FileCursor): void {
    const route = this.#routes.get(cursor.file)
    if (route === undefined) return
    const { counts, writer, schemaId, partitions } = route
    const place = `${cursor.file.fullPath}: record ${cursor.position}`
    if (cursor.isFault) {
      const { detail } = JSON.parse(Buffer.from(cursor.bytes).toString('utf8')) as { detail: string }
      this.#tellUnreadable(counts, place, detail)
      return
    }
    const prepared = writer.prepare(cursor.groupId, cursor.bytes.subarray(cursor.start, cursor.end))
    if (typeof prepared === 'string') {
      this.#tellUnreadable(counts, place, prepared)
      return
    }
    const value = frameRecord(schemaId, prepared.record)
    for (const partition of partitionsOf(cursor.groupId, partitions)) {
      this.#options.sender.send({ topic: counts.topic, partition, key: prepared.key, value, place })
      counts.messages += 1
    }
    counts.records += 1
  }

  #tellUnreadable(counts: StreamCounts, place: string, reason: string): void {
    counts.unreadable += 1
    this.#options.onUnreadable(place, reason)
  }

  #countsOf(stream: InputStream): StreamCounts {
    let counts = this.#streams.get(stream)
    if (counts === undefined) {
      const topic = topicOf(this.#options.settings.topicPrefix, stream)
      counts = { topic, records: 0, messages: 0, unreadable: 0 }
      this.#streams.set(stream, counts)
    }
    return counts
  }
}

/**
 * The one number of partitions that all the topics have, the journal's too where it is there: with two numbers a group would
 * be read by one owner from one topic and by another from the next.
 */
async function partitionsOfTopics(
  settings: KafkaSettings,
  sender: Sender,
  streams: ReadonlySet<InputStream>,
): Promise<number> {
  const journal = topicOf(settings.topicPrefix, JOURNAL_STREAM)
  let expected: { readonly topic: string; readonly partitions: number } | undefined
  for (const topic of [journal, ...[...streams].map((stream) => topicOf(settings.topicPrefix, stream))]) {
    const partitions = await sender.partitionsOf(topic)
    expected ??= { topic, partitions }
    if (partitions === expected.partitions) continue
    throw new WeirError(
      'WEIR_KAFKA',
      `it has ${partitions} partitions, ${expected.topic} has ${expected.partitions}: a group would be in two places`,
      { place: topic, remedy: 'weir topics check shows how the topics should be; nothing was sent' },
    )
  }
  return expected?.partitions ?? 0
}

/** When the next record may be sent. */
class Schedule {
  readonly #perSecond: number | undefined
  readonly #followTime: boolean
  readonly #signal: AbortSignal
  #startedAtMs = -1
  #firstMicros = 0

  constructor({ ratePerSecond, followTime, signal }: ProduceOptions) {
    this.#perSecond = ratePerSecond
    this.#followTime = followTime
    this.#signal = signal
  }

  async wait(sent: number, arrivedAtMicros: number): Promise<void> {
    if (this.#perSecond === undefined && !this.#followTime) return
    if (this.#startedAtMs < 0) {
      this.#startedAtMs = performance.now()
      this.#firstMicros = arrivedAtMicros
    }
    const byRate = this.#perSecond === undefined ? 0 : (sent * 1_000) / this.#perSecond
    const byTime = this.#followTime ? (arrivedAtMicros - this.#firstMicros) / 1_000 : 0
    const dueAtMs = this.#startedAtMs + Math.max(byRate, byTime)
    for (;;) {
      const left = dueAtMs - performance.now()
      if (left < LEAST_WAIT_MS || this.#signal.aborted) return
      await pause(Math.min(left, LONGEST_WAIT_MS))
    }
  }
}

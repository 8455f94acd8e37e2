/**
 * A partition of the journal topic as the projector reads it: by sequence, and from the offset that the ledger kept.
 *
 * Entries are checked against the chain from the place where reading begins: an entry that does not follow what was
 * projected is one of another journal. Memory is what the topic's reader holds of the partition, which is bounded.
 * Depends on the journal's entries and a reader of the topic; knows no Kafka.
 */
import { createHash } from 'node:crypto'
import { WeirError } from '../../../pipeline/errors.js'
import {
  JournalChain,
  type JournalTopicEntry,
} from '../../../pipeline/runtime/distributed/journal-entries.js'
import type { BrokerFault, JournalReader, LogRecord } from '../../../pipeline/runtime/distributed/ports.js'
import { type SegmentSchema, segmentSchema } from '../../../pipeline/runtime/journal/record-types.js'
import { asBuffer } from '../../../schemas/avro/registry.js'
import { readSchemaId } from '../../../schemas/avro/wire-format.js'
import {
  identityOf,
  JOURNAL_BEGIN,
  type JournalEntryReader,
  type JournalPlace,
  type ProjectedJournal,
} from '../../journal/journal-port.js'
import { retryUntil } from '../projector/retry.js'
import type { Bell } from './bell.js'

/** Committed records of the journal topic: a takeover's mark has no value. */
export interface JournalTopicReader extends Pick<JournalReader, 'start' | 'stop' | 'poll' | 'faultOf'> {
  readonly topic: string
  /** Offsets up to the end, as the broker told it last, that were not polled yet; undefined until it was asked. */
  lagOf(partition: number): number | undefined
}

export interface JournalTopicPorts {
  readonly reader: JournalTopicReader
  /** Undefined for an id that the registry does not know; throws while it cannot be asked. */
  schemaOf(id: number): Promise<string | undefined>
  /** Rung when records or faults may have come. */
  readonly bell: Bell
  readonly log: { warn(fields: object, message: string): void }
  /** Ends waiting. */
  readonly signal: AbortSignal
}

/** Few enough that other partitions are not held up while these are decoded. */
const RECORDS_AT_ONCE = 500
/** The bell may be missed; and so often it is looked whether the signal ended the wait. */
const LOOK_INTERVAL_MS = 500

export class JournalPartition implements ProjectedJournal {
  readonly partition: number
  readonly name: string
  readonly #ports: JournalTopicPorts
  readonly #chain = new JournalChain()
  readonly #schemas = new Map<number, SegmentSchema>()
  /** Where the next record is looked for; undefined while nothing is read. */
  #offset: number | undefined
  #told: BrokerFault | undefined

  constructor(partition: number, ports: JournalTopicPorts) {
    this.partition = partition
    this.name = `topic ${ports.reader.topic}`
    this.#ports = ports
  }

  /**
   * Made of topic, partition and first entry, which holds when and by which instance it was written: a topic that was removed and
   * made anew is another journal. Two partitions may begin alike, so the partition is in it. Waits for the first entry.
   */
  async identify(): Promise<string> {
    for await (const batch of this.read(JOURNAL_BEGIN, 1)) {
      const entry = batch[0] as TopicEntry
      if (!('weir.JournalStart' in entry.decode())) throw this.#beheaded('is not its start')
      const hash = createHash('sha256').update(`${this.#ports.reader.topic}\u0000${this.partition}\u0000`)
      return identityOf(hash.update(entry.bytes).digest())
    }
    throw this.#beheaded('did not come')
  }

  /** Offsets that are not read yet, marks of transactions included; undefined while not known. */
  get lag(): number | undefined {
    return this.#offset === undefined ? undefined : this.#ports.reader.lagOf(this.partition)
  }

  /** Whether the partition holds an entry; one that is empty is waited for, unless only what is there now is wanted. */
  async hasBegun(asItIs: boolean): Promise<boolean> {
    this.goTo(JOURNAL_BEGIN)
    while (!this.#ports.signal.aborted) {
      if ((await this.next(LOOK_INTERVAL_MS, 1)).length > 0) return true
      if (asItIs && this.lag === 0) return false
    }
    return false
  }

  /** Entries from `from` up to `until`; waits for those that are not there yet, and ends early when the signal is aborted. */
  async *read(from: JournalPlace, until: number): AsyncGenerator<readonly JournalEntryReader[], void, void> {
    this.goTo(from)
    while (this.#chain.nextSequence < until && !this.#ports.signal.aborted) {
      const entries = await this.next(LOOK_INTERVAL_MS, until - this.#chain.nextSequence)
      if (entries.length > 0) yield entries
    }
  }

  /** Reads on from a place, unless that is where the reader stands. */
  goTo({ sequence, offset, checksum }: JournalPlace): void {
    const chain = this.#chain
    if (
      this.#offset !== undefined &&
      chain.nextSequence === sequence &&
      chain.checksum === checksum &&
      sequence > 0
    )
      return
    this.#ports.reader.start(this.partition, offset)
    this.#offset = offset
    chain.set(sequence, checksum)
  }

  /** The entries that come next, none when none came in the time. Throws `WEIR_JOURNAL` for one that does not follow. */
  async next(mostMs: number, most = RECORDS_AT_ONCE): Promise<readonly JournalEntryReader[]> {
    const { reader, bell, signal } = this.#ports
    const untilMs = performance.now() + mostMs
    for (;;) {
      const records = reader.poll(this.partition, Math.min(most, RECORDS_AT_ONCE))
      const entries = await this.#entriesOf(records)
      if (entries.length > 0) return entries
      this.#heed(reader.faultOf(this.partition))
      const leftMs = untilMs - performance.now()
      if (signal.aborted || leftMs <= 0) return []
      if (records.length === 0) await bell.wait(Math.min(leftMs, LOOK_INTERVAL_MS), signal)
    }
  }

  stop(): void {
    this.#ports.reader.stop(this.partition)
    this.#offset = undefined
  }

  /** A fault that passes is told once; the reader goes on by itself. */
  #heed(fault: BrokerFault | undefined): void {
    if (fault !== undefined && fault.kind !== 'retriable') throw fault.error
    if (fault !== undefined && this.#told === undefined) {
      const { partition } = this
      this.#ports.log.warn(
        { partition, reason: fault.error.toLine() },
        'the journal cannot be read; it is tried again',
      )
    }
    this.#told = fault
  }

  async #entriesOf(records: readonly LogRecord[]): Promise<readonly JournalEntryReader[]> {
    const entries: JournalEntryReader[] = []
    for (const record of records) {
      if (record.value !== null) entries.push(await this.#entryOf(record.offset, record.value))
      this.#offset = record.offset + 1
    }
    return entries
  }

  async #entryOf(offset: number, bytes: Uint8Array): Promise<TopicEntry> {
    const place = `${this.#ports.reader.topic} [${this.partition}] at offset ${offset}`
    const id = readSchemaId(bytes)
    if (id < 0) throw foreign(place, 'a record is not in the wire format')
    const schema = this.#schemas.get(id) ?? (await this.#learnSchema(id, place))
    return new TopicEntry(this.#chain.accept(asBuffer(bytes), schema, place), offset)
  }

  async #learnSchema(id: number, place: string): Promise<SegmentSchema> {
    const { signal, log, schemaOf } = this.#ports
    const text = await retryUntil(
      signal,
      () => schemaOf(id),
      (error) => log.warn({ reason: error.toLine(), place }, 'the schema of the journal is asked for again'),
    )
    if (text === undefined) throw foreign(place, `schema ${id} is not known`)
    const schema = segmentSchema(text)
    this.#schemas.set(id, schema)
    return schema
  }

  #beheaded(what: string): WeirError {
    return new WeirError('WEIR_JOURNAL', `the first entry of the journal ${what}`, {
      place: `${this.#ports.reader.topic} [${this.partition}]`,
      remedy: 'the journal topic keeps everything (retention.ms -1): see weir topics check',
    })
  }
}

class TopicEntry implements JournalEntryReader {
  readonly sequence: number
  readonly inTopic: NonNullable<JournalEntryReader['inTopic']>
  readonly #entry: JournalTopicEntry

  constructor(entry: JournalTopicEntry, offset: number) {
    const { sequence, previousChecksum, checksum } = entry
    this.sequence = sequence
    this.inTopic = { offset, previousChecksum, checksum }
    this.#entry = entry
  }

  /** The record's own bytes. */
  get bytes(): Buffer {
    return this.#entry.record
  }

  decode() {
    return this.#entry.decode()
  }
}

function foreign(place: string, what: string): WeirError {
  return new WeirError('WEIR_JOURNAL', what, {
    place,
    remedy:
      'this is not the journal of Weir as it was left: check kafka.topicPrefix, kafka.registry and who may write to the topic',
  })
}

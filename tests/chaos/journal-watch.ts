/**
 * Watches the committed journal as it grows: who owns a partition since when, when the first cycle came after a takeover, and which
 * instructions are open. Times are those at which a committed reader sees things, so they include the way to it.
 *
 * Depends on the runtime's journal reader.
 */
import { toHex } from '../../pipeline/identity.js'
import { JournalChain } from '../../pipeline/runtime/distributed/journal-entries.js'
import type { LogRecord } from '../../pipeline/runtime/distributed/ports.js'
import { journalSchema, segmentSchema } from '../../pipeline/runtime/journal/record-types.js'
import { KafkaJournalReader } from '../../pipeline/runtime/kafka/journal-reader.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'

export interface Takeover {
  readonly partition: number
  readonly instance: string
  /** When the mark was seen. */
  readonly markedAtMs: number
  /** When the first cycle after it was seen; undefined as long as none was. */
  firstCycleAtMs: number | undefined
}

const POLL_EVERY_MS = 5
const RECORDS_A_POLL = 1_000
const ENDS = new Set(['SETTLED', 'REJECTED', 'CANCELLED', 'EXPIRED'])

export class JournalWatch {
  readonly takeovers: Takeover[] = []
  /** Instructions that were sent and have no end. */
  readonly outstanding = new Set<string>()
  /** Instructions that wait for people. */
  readonly awaiting = new Set<string>()
  entries = 0
  cycles = 0
  lastEntryAtMs = performance.now()
  readonly #reader: KafkaJournalReader
  readonly #chains: JournalChain[]
  readonly #schema = segmentSchema(journalSchema)
  readonly #latest: (Takeover | undefined)[]
  readonly #timer: NodeJS.Timeout
  /** Why the journal is broken; nothing is read after it. */
  broken: unknown

  constructor(settings: KafkaSettings, partitions: number) {
    this.#reader = new KafkaJournalReader(settings, { ring: () => this.#poll() })
    this.#chains = Array.from({ length: partitions }, () => new JournalChain())
    this.#latest = Array.from({ length: partitions }, () => undefined)
    for (let partition = 0; partition < partitions; partition++) this.#reader.start(partition, -1)
    this.#timer = setInterval(() => this.#poll(), POLL_EVERY_MS)
  }

  /** Instance that marked the partition last. */
  ownerOf(partition: number): string | undefined {
    return this.#latest[partition]?.instance
  }

  /** The first takeover of the partition by another instance than `by` that was marked after `sinceMs`. */
  takeoverSince(partition: number, sinceMs: number, by: string): Takeover | undefined {
    return this.takeovers.find(
      (one) => one.partition === partition && one.markedAtMs > sinceMs && one.instance !== by,
    )
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#reader.close()
  }

  #poll(): void {
    if (this.broken !== undefined) return
    try {
      for (const partition of this.#chains.keys())
        for (const record of this.#reader.poll(partition, RECORDS_A_POLL)) this.#take(partition, record)
    } catch (error) {
      this.broken = error
    }
  }

  #take(partition: number, { key, value, offset }: LogRecord): void {
    const now = performance.now()
    this.lastEntryAtMs = now
    if (value === null) {
      const [, instance = '?'] = Buffer.from(key ?? [])
        .toString('utf8')
        .split(' ')
      const takeover = { partition, instance, markedAtMs: now, firstCycleAtMs: undefined }
      this.takeovers.push(takeover)
      this.#latest[partition] = takeover
      return
    }
    this.entries++
    const entry = this.#chains[partition].accept(
      Buffer.from(value),
      this.#schema,
      `journal/${partition}@${offset}`,
    )
    const body = entry.decode()
    const latest = this.#latest[partition]
    if ('weir.Cycle' in body) {
      this.cycles++
      if (latest !== undefined) latest.firstCycleAtMs ??= now
    }
    if (!('weir.CycleResult' in body)) return
    for (const { instructionId, state } of body['weir.CycleResult'].instructionEvents) {
      const id = toHex(instructionId)
      if (state === 'SENT') this.outstanding.add(id)
      else if (ENDS.has(state)) this.outstanding.delete(id)
      if (state === 'AWAITING_APPROVAL') this.awaiting.add(id)
      else this.awaiting.delete(id)
    }
  }
}

/**
 * Projects one partition of the journal topic for as long as it is told to: reads, takes, and does not let entries wait for long.
 *
 * While ClickHouse is away nothing is read, so memory stays that of one range and of the reader's bounded queue.
 * Depends on the projector and the partition's reader.
 */
import { Projector, type ProjectorOptions } from '../projector/projector.js'
import type { JournalPartition, JournalTopicPorts } from './journal-partition.js'

export interface PartitionProjectionOptions
  extends Pick<ProjectorOptions, 'connection' | 'rangeEntriesMax' | 'rangeRowsMax' | 'reached'> {
  readonly journal: JournalPartition
  readonly ports: JournalTopicPorts
  /** How long an entry may wait for others to fill its range. */
  readonly lingerMs: number
  /** Ends when everything is projected that the partition held when the broker was last asked. */
  readonly untilEnd: boolean
}

export interface PartitionProgress {
  readonly partition: number
  readonly state: 'waiting' | 'opening' | 'projecting' | 'ended' | 'failed'
  /** Entries that ClickHouse holds; null while not known. */
  readonly projected: number | null
  /** Entries that were read and are not projected yet. */
  readonly waiting: number
  /** Records of the topic that were not read yet, marks of transactions included; null while not known. */
  readonly lag: number | null
}

export class PartitionProjection {
  readonly #options: PartitionProjectionOptions
  #projector: Projector | undefined
  #state: PartitionProgress['state'] = 'waiting'
  #projected: number | null = null

  constructor(options: PartitionProjectionOptions) {
    this.#options = options
  }

  get progress(): PartitionProgress {
    const { journal } = this.#options
    return {
      partition: journal.partition,
      state: this.#state,
      projected: this.#projector?.next ?? this.#projected,
      waiting: this.#projector?.waiting ?? 0,
      lag: journal.lag ?? null,
    }
  }

  /** Throws what stops the partition: `WEIR_FENCED` when another projector took it over. */
  async run(): Promise<void> {
    const { journal, ports, untilEnd } = this.#options
    try {
      if (!(await journal.hasBegun(untilEnd))) {
        this.#state = 'ended'
        return
      }
      this.#state = 'opening'
      this.#projector = await Projector.open({ ...this.#options, ...ports })
      this.#state = 'projecting'
      await this.#follow(this.#projector)
      this.#state = 'ended'
    } catch (error) {
      this.#state = ports.signal.aborted ? 'ended' : 'failed'
      if (!ports.signal.aborted) throw error
    } finally {
      this.#projected = this.#projector?.next ?? null
      const projector = this.#projector
      this.#projector = undefined
      journal.stop()
      await projector?.close()
    }
  }

  async #follow(projector: Projector): Promise<void> {
    const { journal, ports, lingerMs, untilEnd } = this.#options
    journal.goTo(projector.place)
    let flushAtMs = Number.POSITIVE_INFINITY
    while (!ports.signal.aborted) {
      const { next } = projector
      const leftMs = Math.max(0, Math.min(lingerMs, flushAtMs - performance.now()))
      for (const entry of await journal.next(leftMs)) await projector.take(entry)
      const isLast = untilEnd && journal.lag === 0
      if (isLast || performance.now() >= flushAtMs) await projector.flush()
      if (isLast && projector.waiting === 0) return
      // What waits now has waited since the range before it was full.
      if (projector.next !== next || projector.waiting === 0) flushAtMs = Number.POSITIVE_INFINITY
      if (projector.waiting > 0 && flushAtMs === Number.POSITIVE_INFINITY)
        flushAtMs = performance.now() + lingerMs
    }
  }
}

/**
 * Projects all partitions of the journal topic side by side, in one process.
 *
 * The bound on a range's memory is shared by the partitions. What stops one partition stops all, with its error: whoever
 * operates the process sees it end, and the next start goes on where this one was. Depends on the partition's projection.
 */

import { type ProjectorStep, RANGE_ENTRIES_MAX, RANGE_ROWS_MAX } from '../projector/projector.js'
import type { Connection } from '../target.js'
import { JournalPartition, type JournalTopicPorts } from './journal-partition.js'
import { type PartitionProgress, PartitionProjection } from './partition-projection.js'

/** How old an entry may become before it is projected, when few come. */
const LINGER_MS = 1_000
/** Each range makes a part in up to fifteen tables, and a server merges some hundred parts a second at best. */
const LINGER_MS_A_PARTITION = 250
/** Below this a range costs more requests than its rows are worth. */
const RANGE_ROWS_LEAST = 10_000

export interface JournalProjectionOptions {
  readonly partitions: number
  readonly ports: Omit<JournalTopicPorts, 'signal'>
  readonly connection: Connection
  /** Stops the projection; `run` then resolves. */
  readonly signal: AbortSignal
  readonly untilEnd: boolean
  readonly lingerMs?: number
  readonly rangeEntriesMax?: number
  readonly reached?: (step: ProjectorStep, partition: number) => Promise<void>
}

export class JournalProjection {
  readonly #stop = new AbortController()
  readonly #partitions: readonly PartitionProjection[]

  constructor(options: JournalProjectionOptions) {
    const { partitions, connection, untilEnd, rangeEntriesMax = RANGE_ENTRIES_MAX, reached } = options
    const ports: JournalTopicPorts = { ...options.ports, signal: this.#stop.signal }
    const rangeRowsMax = Math.max(RANGE_ROWS_LEAST, Math.floor(RANGE_ROWS_MAX / partitions))
    const lingerMs = options.lingerMs ?? Math.max(LINGER_MS, LINGER_MS_A_PARTITION * partitions)
    const common = { ports, connection, untilEnd, rangeEntriesMax, rangeRowsMax, lingerMs }
    this.#partitions = Array.from({ length: partitions }, (_, partition) => {
      const journal = new JournalPartition(partition, ports)
      const told = reached === undefined ? {} : { reached: (step: ProjectorStep) => reached(step, partition) }
      return new PartitionProjection({ ...common, journal, ...told })
    })
    const abort = (): void => this.#stop.abort()
    if (options.signal.aborted) abort()
    options.signal.addEventListener('abort', abort)
  }

  get progress(): readonly PartitionProgress[] {
    return this.#partitions.map(({ progress }) => progress)
  }

  /** Resolves when the signal is aborted, or at the end when that is wanted. Throws what stopped the first partition that failed. */
  async run(): Promise<void> {
    let failure: { readonly error: unknown } | undefined
    const runs = this.#partitions.map((partition) =>
      partition.run().catch((error: unknown) => {
        failure ??= { error }
        this.#stop.abort()
      }),
    )
    await Promise.all(runs)
    if (failure !== undefined) throw failure.error
  }
}

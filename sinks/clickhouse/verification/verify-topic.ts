/**
 * Whether ClickHouse equals the journal topic, over all its partitions, and how many entries it is behind.
 * Depends on the verification of a partition and the topic's reader.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { JournalPartition, type JournalTopicPorts } from '../journal-topic/journal-partition.js'
import { type PartitionVerdict, verifyPartition } from './verify.js'

export interface TopicPartitionVerdict extends PartitionVerdict {
  /** Entries of the journal that ClickHouse does not hold yet. */
  readonly behind: number
}

export interface TopicVerdict {
  /** What ClickHouse holds is what the journal says. */
  readonly equal: boolean
  /** And it holds all that the journal has. */
  readonly complete: boolean
  readonly partitions: readonly TopicPartitionVerdict[]
}

/** While somebody writes, the end of the journal is never reached for good: what came in this time is counted. */
const COUNT_BOUND_MS = 10_000
const LOOK_MS = 200

export async function verifyTopic(
  client: ClickHouseClient,
  count: number,
  ports: JournalTopicPorts,
): Promise<TopicVerdict> {
  const partitions: TopicPartitionVerdict[] = []
  for (let partition = 0; partition < count && !ports.signal.aborted; partition++) {
    const journal = new JournalPartition(partition, ports)
    try {
      if (!(await journal.hasBegun(true))) {
        partitions.push({ partition, equal: true, entries: 0, tables: [], behind: 0 })
        continue
      }
      const verdict = await verifyPartition(client, journal)
      partitions.push({ ...verdict, behind: await countRest(journal, ports) })
    } finally {
      journal.stop()
    }
  }
  const equal = partitions.every((verdict) => verdict.equal)
  return { equal, complete: equal && partitions.every(({ behind }) => behind === 0), partitions }
}

async function countRest(journal: JournalPartition, { signal }: JournalTopicPorts): Promise<number> {
  const untilMs = performance.now() + COUNT_BOUND_MS
  let entries = 0
  while (!signal.aborted && performance.now() < untilMs) {
    const found = (await journal.next(LOOK_MS)).length
    entries += found
    if (found === 0 && journal.lag === 0) break
  }
  return entries
}

/**
 * Three partitions of a journal topic in memory, and what projects and verifies them. Not used by product code.
 */
import { Bell } from '../journal-topic/bell.js'
import { JournalPartition } from '../journal-topic/journal-partition.js'
import { JournalProjection, type JournalProjectionOptions } from '../journal-topic/journal-projection.js'
import { type ClickHouseTarget, type Connection, connect } from '../target.js'
import { type PartitionVerdict, verifyPartition } from '../verification/verify.js'
import { MemoryTopic } from './memory-topic.js'
import { makeSyntheticDay, type SyntheticDay } from './synthetic-day.js'

export const PARTITIONS = 3
const RANGE_ENTRIES = 40
/** The same groups in each, as the group of what cannot be routed is: numbers of cycles, sources and entries all meet. */
export function syntheticDays(): SyntheticDay[] {
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    makeSyntheticDay({ seed: 20 + partition, groups: 2, cycles: 19, movements: 4 }),
  )
}

export function topicOf(written: readonly SyntheticDay[]): MemoryTopic {
  const topic = new MemoryTopic(written.length)
  written.forEach((day, partition) => {
    topic.write(partition, day)
  })
  return topic
}

export function projection(
  topic: MemoryTopic,
  connection: Connection,
  more: Partial<JournalProjectionOptions> = {},
): JournalProjection {
  const ports = topic.ports(new Bell())
  const { signal } = new AbortController()
  return new JournalProjection({
    partitions: PARTITIONS,
    ports,
    connection,
    signal,
    untilEnd: true,
    rangeEntriesMax: RANGE_ENTRIES,
    ...more,
  })
}

export async function verdicts(
  topic: MemoryTopic,
  target: ClickHouseTarget,
  partitions = PARTITIONS,
): Promise<PartitionVerdict[]> {
  const client = connect(target.writer())
  const ports = { ...topic.ports(new Bell()), signal: new AbortController().signal }
  const found: PartitionVerdict[] = []
  try {
    for (let partition = 0; partition < partitions; partition++)
      found.push(await verifyPartition(client, new JournalPartition(partition, ports)))
  } finally {
    await client.close()
  }
  return found
}

/** Nobody governs or commands the groups of the synthetic days. */
export const UNUSED_TABLES: ReadonlySet<string> = new Set(['commands', 'approvals', 'rosters'])

export async function command(target: ClickHouseTarget, query: string): Promise<void> {
  const client = connect(target.writer())
  try {
    await client.command({ query, clickhouse_settings: { mutations_sync: '1', wait_end_of_query: 1 } })
  } finally {
    await client.close()
  }
}

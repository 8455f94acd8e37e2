/**
 * A partition of the journal topic as the notifier follows it: for ever, or up to the end that it has now. Depends on the topic's reader.
 */
import { JournalPartition, type JournalTopicPorts } from '../clickhouse/journal-topic/journal-partition.js'
import type { JournalEntryReader, JournalPlace } from '../journal/journal-port.js'
import type { FollowedJournal } from './notifier.js'

const LOOK_INTERVAL_MS = 500

export function topicJournal(
  partition: number,
  ports: JournalTopicPorts,
  untilEnd: boolean,
): FollowedJournal {
  const journal = new JournalPartition(partition, ports)
  async function* read(from: JournalPlace): AsyncGenerator<readonly JournalEntryReader[], void, void> {
    journal.goTo(from)
    try {
      while (!ports.signal.aborted) {
        const entries = await journal.next(LOOK_INTERVAL_MS)
        if (entries.length > 0) yield entries
        if (untilEnd && journal.lag === 0) return
      }
    } finally {
      journal.stop()
    }
  }
  return {
    partition,
    identify: () => journal.identify(),
    hasBegun: () => journal.hasBegun(untilEnd),
    read,
  }
}

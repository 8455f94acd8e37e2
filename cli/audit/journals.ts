/**
 * The journals that audit logs are made from: that of a run in its data directory, or the partitions of a journal topic.
 * Depends on commander, the configuration, the journal and Kafka's flags.
 */
import { join } from 'node:path'
import type { Command } from 'commander'
import { lockDataDirectory } from '../../pipeline/runtime/data-directory.js'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import { JournalPartition } from '../../sinks/clickhouse/journal-topic/journal-partition.js'
import { presentEntries } from '../../sinks/clickhouse/journal-topic/present-entries.js'
import { fileJournal, type ProjectedJournal } from '../../sinks/journal/journal-port.js'
import { loadConfiguration } from '../configuration.js'
import { DEMO_DATA_DIR } from '../flags.js'
import { interruptible } from '../interruption.js'
import { withJournalTopic } from '../journal-topic.js'
import { addKafkaFlags, type KafkaFlags, kafkaTarget } from '../kafka-flags.js'
import { createLog } from '../log.js'

export interface JournalFlags extends KafkaFlags {
  readonly dataDir?: string
}

const TOPIC_DATA_DIR = '.weir/data'

export const JOURNAL_HELP = `
With --kafka, or a kafka section in the file, the journal is the topic and has a log for each partition; logs are below the
data directory, which is ${TOPIC_DATA_DIR} then. Otherwise it is the journal of the run there, ${DEMO_DATA_DIR} unless given.`

export function addJournalFlags(command: Command): Command {
  return addKafkaFlags(
    command.option('--data-dir <dir>', 'data directory of the run; audit logs are below it'),
  )
}

export function isTopic(flags: JournalFlags): boolean {
  return flags.kafka !== undefined || loadConfiguration(flags.config).kafka !== undefined
}

export function dataDirOf(flags: JournalFlags): string {
  const fallback = isTopic(flags) ? TOPIC_DATA_DIR : DEMO_DATA_DIR
  return flags.dataDir ?? loadConfiguration(flags.config).dataDir ?? fallback
}

/**
 * Each journal as far as it goes now, one after the other; partitions of a topic in which nothing is yet are left out. A run's
 * own is nobody's meanwhile, so that its tail is whole.
 * @throws WeirError WEIR_LOCKED while a run goes on in the data directory; as Kafka does
 */
export async function eachJournal<T>(
  flags: JournalFlags,
  use: (journal: ProjectedJournal) => Promise<T>,
): Promise<T[]> {
  if (isTopic(flags)) return eachPartition(flags, use)
  const dataDir = dataDirOf(flags)
  const lock = await lockDataDirectory(dataDir)
  try {
    const folder = join(dataDir, 'journal')
    return [await use(fileJournal((from, until) => readJournal(folder, from.sequence, until)))]
  } finally {
    await lock.release()
  }
}

async function eachPartition<T>(
  flags: JournalFlags,
  use: (journal: ProjectedJournal) => Promise<T>,
): Promise<T[]> {
  const log = createLog(undefined, loadConfiguration(flags.config).logLevel).child({ part: 'audit' })
  return interruptible((signal) =>
    withJournalTopic(kafkaTarget(flags), log, signal, async (count, ports) => {
      const found: T[] = []
      for (let partition = 0; partition < count && !signal.aborted; partition++) {
        const journal = new JournalPartition(partition, ports)
        try {
          if (await journal.hasBegun(true)) found.push(await use(presentEntries(journal, signal)))
        } finally {
          journal.stop()
        }
      }
      return found
    }),
  )
}

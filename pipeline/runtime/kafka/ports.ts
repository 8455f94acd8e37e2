/**
 * The broker's part of an instance's ports, on a real Kafka.
 * Depends on the adapters beside it.
 */
import type { InstancePorts } from '../distributed/ports.js'
import { KafkaJournalReader } from './journal-reader.js'
import { KafkaMembership } from './membership.js'
import type { Ringable } from './operation.js'
import type { KafkaSettings } from './settings.js'
import { KafkaSourceReader } from './source-reader.js'
import { KafkaWriter } from './writer.js'

export interface KafkaPorts extends Pick<InstancePorts, 'membership' | 'journal' | 'sources' | 'writer'> {
  /** Lets go of the readers' clients. The group is left, and writers are closed, by whoever stops the instance. */
  close(): Promise<void>
}

export function kafkaPorts(settings: KafkaSettings, bell: Ringable): KafkaPorts {
  const journal = new KafkaJournalReader(settings, bell)
  const sources = new KafkaSourceReader(settings, bell)
  return {
    membership: new KafkaMembership(settings, bell),
    journal,
    sources,
    writer: (partition) => new KafkaWriter(settings, partition, bell),
    async close() {
      await Promise.all([journal.close(), sources.close()])
    },
  }
}

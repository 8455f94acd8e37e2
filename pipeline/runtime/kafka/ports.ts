/**
 * The broker's part of an instance's ports, on a real Kafka.
 * Depends on the adapters beside it.
 */

import type { Ringable } from '../distributed/pending-operation.js'
import type { InstancePorts } from '../distributed/ports.js'
import { AlternatingWriter } from './alternating-writer.js'
import { loadKafka, newClient } from './client.js'
import { KafkaJournalReader } from './journal-reader.js'
import { KafkaMembership } from './membership.js'
import { membershipProperties, readerProperties, writerProperties } from './properties.js'
import type { KafkaSettings } from './settings.js'
import { KafkaSourceReader } from './source-reader.js'

export interface KafkaPorts extends Pick<InstancePorts, 'membership' | 'journal' | 'sources' | 'writer'> {
  /** Lets go of the readers' clients. The group is left, and writers are closed, by whoever stops the instance. */
  close(): Promise<void>
}

/**
 * Makes one client of each kind, without a connection, so that a start tells of what is wrong with the settings at once.
 * Throws `WEIR_MISSING_PART` without the client, `WEIR_CONFIG` that names the property it does not take.
 */
export async function checkKafkaSettings(settings: KafkaSettings): Promise<void> {
  const { KafkaConsumer, Producer } = await loadKafka()
  newClient((made) => new Producer(made), writerProperties(settings, 0), settings)
  newClient((made) => new KafkaConsumer(made), readerProperties(settings), settings)
  newClient((made) => new KafkaConsumer(made), membershipProperties(settings), settings)
}

export function kafkaPorts(settings: KafkaSettings, bell: Ringable): KafkaPorts {
  const journal = new KafkaJournalReader(settings, bell)
  const sources = new KafkaSourceReader(settings, bell)
  return {
    membership: new KafkaMembership(settings, bell),
    journal,
    sources,
    writer: (partition) => new AlternatingWriter(settings, partition, bell),
    async close() {
      await Promise.all([journal.close(), sources.close()])
    },
  }
}

/** A leader that was another meanwhile: the client's knowledge of its epoch is old, and nothing tells it so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import { type KafkaCluster, startKafka } from '../../../tests/support/kafka/cluster.js'
import { eventually, RecordedBell, settingsFor, write } from '../../../tests/support/kafka/ports-fixture.js'
import { topicOf } from '../distributed/topics.js'
import { type KafkaAdmin, openAdmin } from './admin.js'
import { KafkaJournalReader } from './journal-reader.js'

const options = await needsKafka()

const REPLICATION = 3
/** Ample for what two cores under load may need to bring a replica back. */
const LOOKS = 600
const LOOK_EVERY_MS = 100
/** A broker that hangs is put out after 4 s (deploy/kafka/properties.mjs); until it goes on nothing is asked, since the client may ask it. */
const HANGS_FOR_MS = 8_000

/** Leader of the partition once every replica is in sync; a broker that hung answers at first what it knew before. */
async function settledLeader(admin: KafkaAdmin, topic: string, previous?: number): Promise<number> {
  for (let look = 0; look < LOOKS; look += 1) {
    const [{ partitions }] = await admin.describeTopics([topic])
    // A broker that was not told yet knows no such topic.
    const [{ leader, inSync } = { leader: -1, inSync: [] }] = partitions
    if (leader > 0 && leader !== previous && inSync.length === REPLICATION) return leader
    await pause(LOOK_EVERY_MS)
  }
  throw new Error(`no other leader with all replicas in sync after ${LOOKS} looks`)
}

async function moveLeader(kafka: KafkaCluster, admin: KafkaAdmin, topic: string): Promise<number> {
  const previous = await settledLeader(admin, topic)
  await kafka.pause(previous - 1)
  await pause(HANGS_FOR_MS)
  await kafka.resume(previous - 1)
  return settledLeader(admin, topic, previous)
}

test(
  'a partition whose leader was another meanwhile is read by a client that did not read then',
  options,
  async () => {
    const kafka = await startKafka({ brokers: 3 })
    const settings = settingsFor(kafka.bootstrap)
    const admin = await openAdmin(settings)
    const reader = new KafkaJournalReader(settings, new RecordedBell())
    try {
      const topic = topicOf(settings.topicPrefix, 'cycle')
      await admin.createTopics([{ name: topic, partitions: 1, replication: REPLICATION, configs: {} }])
      const first = await settledLeader(admin, topic)
      await write(settings, [{ topic, partition: 0, value: Buffer.from('record') }])
      const seen = () => (reader.poll(0, 10).length === 1 ? true : undefined)
      reader.start(0, -1)
      await eventually('the record', seen)
      reader.stop(0)

      let leader: number
      do leader = await moveLeader(kafka, admin, topic)
      while (leader !== first)

      reader.start(0, -1)
      await eventually('the record again', seen)
      assert.equal(reader.faultOf(0), undefined)
    } finally {
      await Promise.all([reader.close(), admin.close()])
      await kafka.stop()
    }
  },
)

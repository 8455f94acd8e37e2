/** The configuration's digest: of every setting that bears on decisions and of no other, defaults included. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { toHex } from '../identity.js'
import type { Venue } from '../ports.js'
import { defaultSettings, type KafkaSettings } from './kafka/settings.js'
import {
  type FolderOptions,
  folderConfiguration,
  type InstanceSettings,
  instanceConfiguration,
} from './run-configuration.js'

const venue = (venueId: string, minimumLatencyMicros = 1_000): Venue => ({
  venueId,
  minimumLatencyMicros,
  send: () => assert.fail(),
  query: () => assert.fail(),
})
const folder: FolderOptions = {
  version: '1.2.3',
  venues: [venue('bank'), venue('desk')],
  identity: { bankSeed: 7 },
}
const instance: InstanceSettings = {
  version: '1.2.3',
  kafka: defaultSettings(['broker:9092']),
  hasRegistry: false,
}
const kafkaWith = (changes: Partial<KafkaSettings>): InstanceSettings => ({
  ...instance,
  kafka: { ...defaultSettings(['broker:9092']), ...changes },
})
const ofFolder = (changes: Partial<FolderOptions> = {}) =>
  toHex(folderConfiguration({ ...folder, ...changes }).digest)
const ofInstance = (settings: InstanceSettings) => toHex(instanceConfiguration(settings).digest)

test('the digest is SHA-256 of the canonical settings, which are these', () => {
  const { canonical, digest } = folderConfiguration(folder)
  assert.equal(toHex(digest), createHash('sha256').update(canonical).digest('hex'))
  assert.deepEqual(JSON.parse(canonical), {
    runtime: 'folder',
    version: '1.2.3',
    cycleMillis: 5_000,
    heartbeatMillis: 300_000,
    drainMillis: 900_000,
    venues: [
      { venueId: 'bank', minimumLatencyMicros: 1_000 },
      { venueId: 'desk', minimumLatencyMicros: 1_000 },
    ],
    settings: { bankSeed: 7 },
  })
  assert.deepEqual(JSON.parse(instanceConfiguration(instance).canonical), {
    runtime: 'kafka',
    version: '1.2.3',
    heartbeatMillis: 5_000,
    topicPrefix: 'weir.',
    commit: { maxWaitMillis: 50, maxRecords: 10_000 },
    schemaIds: 'built-in',
  })
})

test('a default that is left out and one that is written are one configuration; so are venues in another order', () => {
  assert.equal(ofFolder({ cycleMillis: 5_000, heartbeatMillis: 300_000, drainMillis: 900_000 }), ofFolder())
  assert.equal(ofFolder({ venues: [...folder.venues].reverse() }), ofFolder())
  assert.equal(ofInstance({ ...instance, heartbeatMillis: 5_000 }), ofInstance(instance))
  const commit = { maxWaitMillis: 50, maxRecords: 10_000 }
  assert.equal(ofInstance(kafkaWith({ topicPrefix: 'weir.', commit })), ofInstance(instance))
})

test('each setting that bears on decisions makes another configuration', () => {
  const commit = { maxWaitMillis: 50, maxRecords: 10_000 }
  const digests = [
    ofFolder(),
    ofFolder({ version: '1.2.4' }),
    ofFolder({ cycleMillis: 1_000 }),
    ofFolder({ heartbeatMillis: 60_000 }),
    ofFolder({ drainMillis: 0 }),
    ofFolder({ venues: [venue('bank')] }),
    ofFolder({ venues: [venue('bank'), venue('desk', 2_000)] }),
    ofFolder({ identity: { bankSeed: 8 } }),
    ofInstance(instance),
    ofInstance({ ...instance, version: '1.2.4' }),
    ofInstance({ ...instance, hasRegistry: true }),
    ofInstance({ ...instance, heartbeatMillis: 60_000 }),
    ofInstance(kafkaWith({ topicPrefix: 'other.' })),
    ofInstance(kafkaWith({ commit: { ...commit, maxWaitMillis: 0 } })),
    ofInstance(kafkaWith({ commit: { ...commit, maxRecords: 100 } })),
  ]
  assert.equal(new Set(digests).size, digests.length)
})

test('what instances of one group may differ in makes no other configuration, and no secret is asked for', () => {
  const secret = (): string => assert.fail('it was read')
  const others: Partial<KafkaSettings> = {
    bootstrapServers: ['another:9093'],
    group: 'other',
    instance: 'two',
    sessionTimeoutMillis: 10_000,
    partitions: 3,
    replication: 1,
    standby: true,
    tls: { caFile: '/ca', keyPassword: secret },
    sasl: { mechanism: 'PLAIN', user: 'weir', password: secret },
    properties: { 'client.rack': 'b' },
    producerProperties: { 'linger.ms': 1 },
    consumerProperties: { 'fetch.wait.max.ms': 10 },
  }
  assert.equal(ofInstance(kafkaWith(others)), ofInstance(instance))
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import { type KafkaCluster, type KafkaSecurity, startKafka } from '../../../tests/support/kafka/cluster.js'
import {
  done,
  eventually,
  failed,
  makeTopics,
  opened,
  persistently,
  RecordedBell,
  settingsFor,
} from '../../../tests/support/kafka/ports-fixture.js'
import { WeirError } from '../../errors.js'
import { topicOf } from '../distributed/topics.js'
import { openAdmin } from './admin.js'
import { KafkaJournalReader } from './journal-reader.js'
import { KafkaMembership } from './membership.js'
import type { KafkaSettings } from './settings.js'
import { KafkaWriter } from './writer.js'

const options = await needsKafka()
const bell = new RecordedBell()
let kafka: KafkaCluster
let security: KafkaSecurity

before(async () => {
  if (options.skip !== false) return
  kafka = await startKafka({ secure: true })
  assert.ok(kafka.security)
  security = kafka.security
})
after(() => (options.skip === false ? kafka.stop() : undefined))

function bySasl(user: 'weir' | 'guest', password?: string): KafkaSettings {
  const { name, password: right } = security[user]
  return settingsFor(kafka.bootstrap, {
    tls: { caFile: security.caPath },
    sasl: { mechanism: 'SCRAM-SHA-512', user: name, password: () => password ?? right },
  })
}

async function roundTrip(settings: KafkaSettings): Promise<void> {
  await makeTopics(settings, 1, ['cycle', 'cash-movement'])
  const writer = new KafkaWriter(settings, 0, bell)
  const reader = new KafkaJournalReader(settings, bell)
  const membership = new KafkaMembership(settings, bell)
  await opened(writer)
  reader.start(0, -1)
  membership.join()
  const topic = topicOf(settings.topicPrefix, 'cycle')
  writer.produce({ topic, partition: 0, key: null, value: Buffer.from('x') })
  const { state, fault } = await persistently(() => writer.commit())
  assert.equal(state, 'done', fault?.error.toLine())
  await eventually('the record', () => (reader.poll(0, 1).length === 1 ? true : undefined))
  await eventually('the partition', () => (membership.poll().length > 0 ? true : undefined))
  writer.close()
  await Promise.all([reader.close(), done(membership.leave())])
}

test('everything works by SCRAM over TLS, and by a certificate of the client', options, async () => {
  await roundTrip(bySasl('weir'))
  const { certificatePath, keyPath } = security.weir
  const tls = { caFile: security.caPath, certificateFile: certificatePath, keyFile: keyPath }
  await roundTrip(settingsFor(security.mtlsBootstrap, { tls }))
})

test(
  'wrong credentials, no rights and an authority that is not trusted are refusals, without a secret',
  options,
  async () => {
    const wrong = await failed(new KafkaWriter(bySasl('weir', 'hunter2'), 0, bell).open(), 'refused')
    assert.match(wrong, /kafka\.sasl/)
    assert.ok(!wrong.includes('hunter2'))
    const rights = await failed(new KafkaWriter(bySasl('guest'), 0, bell).open(), 'refused')
    assert.match(rights, /grant the access right/)
    const folder = mkdtempSync(join(tmpdir(), 'weir-tls-'))
    try {
      const caFile = join(folder, 'ca.pem')
      writeFileSync(caFile, '')
      const untrusted = { ...bySasl('weir'), tls: {} }
      assert.match(await failed(new KafkaWriter(untrusted, 0, bell).open(), 'refused'), /kafka\.tls/)
    } finally {
      rmSync(folder, { recursive: true })
    }
    const membership = new KafkaMembership(bySasl('guest'), bell)
    membership.join()
    assert.equal((await eventually('a fault', () => membership.fault)).kind, 'refused')
    await done(membership.leave())
    const admin = await openAdmin(bySasl('weir', 'hunter2'))
    await assert.rejects(admin.describeTopics(['x']), (error) => {
      assert.ok(error instanceof WeirError)
      assert.equal(error.code, 'WEIR_KAFKA')
      assert.match(error.toLine(), /kafka\.sasl/)
      return true
    })
    await admin.close()
  },
)

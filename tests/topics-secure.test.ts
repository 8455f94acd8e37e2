/** Topics on a cluster with TLS, SCRAM and access rules: by password and by certificate, and refused to those who may not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WeirError } from '../pipeline/errors.js'
import { defaultSettings, type KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import { TopicAdmin } from '../pipeline/runtime/kafka/topics/admin.js'
import { topicLayouts } from '../pipeline/runtime/kafka/topics/layout.js'
import { needsKafka } from './support/kafka/availability.js'
import { startKafka, uniqueName } from './support/kafka/cluster.js'

test('topics are made and changed over TLS with SCRAM and by certificate', await needsKafka(), async (t) => {
  const cluster = await startKafka({ secure: true })
  t.after(() => cluster.stop())
  const { security } = cluster
  assert.ok(security)
  const secured = (user: { name: string; password: string }): KafkaSettings => ({
    ...defaultSettings(cluster.bootstrap.split(',')),
    tls: { caFile: security.caPath },
    sasl: { mechanism: 'SCRAM-SHA-512', user: user.name, password: () => user.password },
  })

  const [layout] = topicLayouts({ prefix: `${uniqueName('secure')}.`, partitions: 2, replication: 1 })
  assert.ok(layout)
  const admin = await TopicAdmin.open(secured(security.admin))
  await admin.create(layout)
  await admin.change(layout.topic, new Map([['retention.ms', '77777']]))
  const found = await admin.describe([layout.topic])
  assert.equal(found.get(layout.topic)?.settings.get('retention.ms'), '77777')
  await admin.close()

  const { certificatePath, keyPath } = security.admin
  const byCertificate = await TopicAdmin.open({
    ...defaultSettings(security.mtlsBootstrap.split(',')),
    tls: { caFile: security.caPath, certificateFile: certificatePath, keyFile: keyPath },
  })
  assert.equal(
    (await byCertificate.describe([layout.topic])).get(layout.topic)?.settings.get('retention.ms'),
    '77777',
  )
  await byCertificate.close()

  const guest = await TopicAdmin.open(secured(security.guest))
  await assert.rejects(guest.change(layout.topic, new Map([['retention.ms', '1']])), (error: WeirError) => {
    assert.equal(error.code, 'WEIR_KAFKA')
    assert.match(error.toLine(), /settings are not changed.*grant this user/)
    return true
  })
  await guest.close()

  await assert.rejects(
    TopicAdmin.open(secured({ name: 'admin', password: 'gu3ss-me' })),
    (error: WeirError) => {
      assert.ok(error instanceof WeirError)
      assert.ok(!error.toLine().includes('gu3ss-me'))
      return error.code === 'WEIR_KAFKA'
    },
  )
})

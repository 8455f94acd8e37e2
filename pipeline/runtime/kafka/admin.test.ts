import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import { settingsFor } from '../../../tests/support/kafka/ports-fixture.js'
import { sharedKafka } from '../../../tests/support/kafka/shared.js'
import { WeirError } from '../../errors.js'
import { openAdmin } from './admin.js'

const options = await needsKafka()

test(
  'topics are made once, described with their partitions, and told from those that are not there',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    const admin = await openAdmin(settings)
    try {
      const name = `${settings.topicPrefix}cycle`
      const topic = { name, partitions: 3, replication: 1, configs: { 'cleanup.policy': 'compact' } }
      assert.deepEqual(await admin.createTopics([topic]), [{ name, outcome: 'created' }])
      assert.deepEqual(await admin.createTopics([topic]), [{ name, outcome: 'exists' }])
      const [found, missing] = await admin.describeTopics([name, `${name}-not`])
      assert.deepEqual([found.exists, found.partitions.length], [true, 3])
      assert.ok(found.topicId.length > 10)
      assert.deepEqual(
        found.partitions.map(({ replicas, inSync }) => [replicas.length, inSync.length]),
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      )
      assert.deepEqual([missing.exists, missing.partitions], [false, []])
      assert.deepEqual(await admin.groupMembers(settings.group), [])
    } finally {
      await admin.close()
    }
  },
)

test('what the cluster cannot do, and a cluster that is not there, are told', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  const admin = await openAdmin(settings)
  const topic = { name: `${settings.topicPrefix}x`, partitions: 1, replication: 1, configs: {} }
  const refused = (error: unknown) => error instanceof WeirError && error.code === 'WEIR_KAFKA'
  await assert.rejects(admin.createTopics([{ ...topic, replication: 99 }]), refused)
  await assert.rejects(admin.createTopics([{ ...topic, configs: { 'no.such.setting': '1' } }]), refused)
  await admin.close()
  const nowhere = await openAdmin(settingsFor('127.0.0.1:9'))
  await assert.rejects(nowhere.describeTopics(['x']), refused)
  await nowhere.close()
})

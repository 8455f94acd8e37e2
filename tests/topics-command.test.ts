/** `weir topics` against a real Kafka and a real registry: what is missing is made, what differs is told and left. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultSettings } from '../pipeline/runtime/kafka/settings.js'
import { TopicAdmin } from '../pipeline/runtime/kafka/topics/admin.js'
import { topicLayouts } from '../pipeline/runtime/kafka/topics/layout.js'
import { RegistryClient } from '../pipeline/runtime/registry/client.js'
import { TOPIC_STREAMS } from '../pipeline/runtime/registry/stream-schemas.js'
import { weir } from './cli/weir-process.js'
import { needsKafka } from './support/kafka/availability.js'
import { uniqueName } from './support/kafka/cluster.js'
import { sharedKafka } from './support/kafka/shared.js'
import { settingsFor } from './support/registry-server.js'

interface Report {
  readonly asWanted: boolean
  readonly done?: readonly { readonly kind: string }[]
  readonly topics: readonly {
    readonly topic: string
    readonly state: string
    readonly differences: readonly { readonly key: string; readonly wanted: string; readonly found: string }[]
  }[]
  readonly subjects: readonly {
    readonly subject: string
    readonly state: string
    readonly schemaId: number | null
  }[]
}

const kafka = await needsKafka()

test('topics and schemas are planned, made, checked and mended', kafka, async () => {
  const { bootstrap, registryUrl } = await sharedKafka()
  const prefix = `${uniqueName('command')}.`
  const flags = ['--kafka', bootstrap, '--topic-prefix', prefix, '--registry-url', registryUrl, '--json']
  const layout = ['--partitions', '2', '--replication', '1']
  const run = async (...args: string[]): Promise<{ code: number | null; report: Report }> => {
    const { code, stdout, stderr } = await weir(['topics', ...args, ...flags, ...layout])
    assert.ok(stdout.startsWith('{'), `${args.join(' ')}: ${stderr}`)
    return { code, report: JSON.parse(stdout) as Report }
  }

  const planned = await run('plan')
  assert.equal(planned.code, 0)
  assert.ok(planned.report.topics.every(({ state }) => state === 'missing'))
  assert.equal((await run('check')).code, 3)

  // Without --register the schemas are left out, and that is told.
  const topicsOnly = await run('apply')
  assert.equal(topicsOnly.code, 3)
  assert.ok(topicsOnly.report.topics.every(({ state }) => state === 'as-wanted'))
  assert.ok(topicsOnly.report.subjects.every(({ state }) => state === 'missing'))

  const applied = await run('apply', '--register')
  assert.equal(applied.code, 0)
  assert.equal(applied.report.topics.length, TOPIC_STREAMS.length)
  assert.ok(applied.report.subjects.every(({ schemaId }) => schemaId !== null))
  assert.equal((await run('check')).code, 0)
  const again = await run('apply', '--register')
  assert.deepEqual([again.code, again.report.done], [0, []])

  // Somebody changes the journal's retention, and the level of a subject.
  const settings = { ...defaultSettings(bootstrap.split(',')), topicPrefix: prefix }
  const admin = await TopicAdmin.open(settings)
  await admin.change(`${prefix}cycle`, new Map([['retention.ms', '86400000']]))
  const registry = new RegistryClient(settingsFor(registryUrl))
  await registry.setLevel(`${prefix}quote-value`, 'FULL')

  const differing = await run('check')
  assert.equal(differing.code, 3)
  const journal = differing.report.topics.find(({ topic }) => topic === `${prefix}cycle`)
  assert.deepEqual(
    journal?.differences.map(({ key, wanted, found }) => [key, wanted, found]),
    [['retention.ms', '-1', '86400000']],
  )
  assert.deepEqual(
    differing.report.subjects
      .filter(({ state }) => state !== 'as-wanted')
      .map(({ subject, state }) => [subject, state]),
    [[`${prefix}quote-value`, 'level-differs']],
  )
  const left = await run('apply', '--register')
  assert.deepEqual([left.code, left.report.done], [3, []])
  const mended = await run('apply', '--alter')
  assert.equal(mended.code, 0)
  assert.deepEqual(
    mended.report.done?.map(({ kind }) => kind),
    ['setting-changed', 'level-set'],
  )
  // A change of one setting leaves the others.
  const found = (await admin.describe([`${prefix}cycle`])).get(`${prefix}cycle`)
  assert.equal(found?.settings.get('max.message.bytes'), '8388608')

  await admin.close()
  registry.close()
})

test('a topic with other partitions is told, and never changed', kafka, async () => {
  const { bootstrap } = await sharedKafka()
  const prefix = `${uniqueName('partitions')}.`
  const admin = await TopicAdmin.open(defaultSettings(bootstrap.split(',')))
  const [quote] = topicLayouts({ prefix, partitions: 2, replication: 1 }).filter(
    ({ stream }) => stream === 'quote',
  )
  assert.ok(quote)
  await admin.create(quote)
  const layout = ['--partitions', '4', '--replication', '1']
  const flags = ['--kafka', bootstrap, '--topic-prefix', prefix, ...layout]
  const { code, stdout } = await weir(['topics', 'apply', '--alter', ...flags])
  assert.equal(code, 3)
  assert.match(stdout, new RegExp(`${prefix}quote +never changed +partitions +4 +2`))
  assert.match(stdout, /cannot be changed without moving groups/)
  assert.equal((await admin.describe([`${prefix}quote`])).get(`${prefix}quote`)?.partitions, 2)
  await admin.close()
})

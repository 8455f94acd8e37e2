/**
 * What can be wrong around a running instance on a real Kafka: each is an error that says what to do, or a dead letter, and what was accepted
 * before is kept. What the commands on topics refuse is in `kafka-bad-input.test.ts`.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { freePorts } from '../deploy/kafka/ports.mjs'
import { partitionOf } from '../pipeline/runtime/distributed/topics.js'
import { loadKafka } from '../pipeline/runtime/kafka/client.js'
import type { PartitionStatus } from '../pipeline/runtime/kafka/instance-status.js'
import { defaultSettings, type KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import { TopicAdmin } from '../pipeline/runtime/kafka/topics/admin.js'
import { RegistryClient } from '../pipeline/runtime/registry/client.js'
import { subjectOf } from '../pipeline/runtime/registry/stream-schemas.js'
import { encodeRecord } from '../schemas/avro/registry.js'
import { frameRecord } from '../schemas/avro/wire-format.js'
import { SCHEMA_JSON } from '../schemas/generated/schemas.js'
import { TcpProxy } from './chaos/tcp-proxy.js'
import { weir } from './cli/weir-process.js'
import { command } from './support/a-command.js'
import { needsKafka } from './support/kafka/availability.js'
import { type KafkaCluster, startKafka } from './support/kafka/cluster.js'
import { write } from './support/kafka/ports-fixture.js'
import { Running } from './support/kafka/principals.js'
import { settingsFor } from './support/registry-server.js'

/** The machine of the tests may be busy; nothing is measured here. */
const BOUND_MS = 120_000
const PARTITIONS = 2
const PREFIX = 'weir.'
const LARGE_BYTES = 50 * 2 ** 20
const ROOM_BYTES = 64 * 2 ** 20

describe('an instance when something is wrong', await needsKafka(), () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-instance-'))
  const running: Running[] = []
  let cluster: KafkaCluster
  let registry: TcpProxy
  let registryUrl: string
  let settings: KafkaSettings
  let one: Running

  const configuration = (name: string, lines: readonly string[] = []): string => {
    mkdirSync(join(folder, name), { recursive: true })
    const path = join(folder, name, 'weir.yaml')
    const kafka = ['kafka:', `  bootstrapServers: ${cluster.bootstrap}`, '  sessionTimeoutMillis: 3000']
    const shape = [`  partitions: ${PARTITIONS}`, '  replication: 1', `  instance: ${name}`]
    const own = [`  registry: { url: '${registryUrl}', register: true }`, ...lines.map((line) => `  ${line}`)]
    const top = ['dataDir: data', 'workers: 1', 'heartbeatMillis: 500', 'snapshotEveryEntries: 100']
    writeFileSync(path, [...top, ...kafka, ...shape, ...own, ''].join('\n'))
    return path
  }
  const start = (config: string, ...more: string[]): Running => {
    const made = new Running([
      '--log-level',
      'info',
      'run',
      '--config',
      config,
      '--status-port',
      '0',
      ...more,
    ])
    running.push(made)
    return made
  }
  const refused = async (config: string, code: number, pattern: RegExp): Promise<void> => {
    const outcome = await weir(['run', '--config', config, '--status-port', '0'])
    assert.equal(outcome.code, code, outcome.stderr)
    assert.match(outcome.stderr, pattern)
    assert.ok(!outcome.stderr.includes('    at '), outcome.stderr)
  }
  const partition = (statuses: readonly PartitionStatus[], number: number): PartitionStatus =>
    statuses[number] as PartitionStatus
  const commandFor = (groupId: string, id: number): Buffer =>
    encodeRecord('command', {
      ...command,
      commandId: Buffer.alloc(16, id),
      groupId,
      sourceSequence: id,
      eventTime: Date.now() * 1_000,
    } as never)

  before(async () => {
    cluster = await startKafka({ registry: true })
    const direct = new URL(cluster.registryUrl ?? '')
    const [port] = await freePorts(1)
    registry = await TcpProxy.listen(port as number, Number(direct.port))
    registryUrl = `http://127.0.0.1:${port}${direct.pathname}`
    settings = {
      ...defaultSettings(cluster.bootstrap.split(',')),
      topicPrefix: PREFIX,
      partitions: PARTITIONS,
      replication: 1,
    }
  })
  after(async () => {
    await Promise.all(running.map((each) => each.end('SIGKILL')))
    await registry?.close()
    await cluster?.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  test('topics are missing, or one has too few partitions: it does not start', async () => {
    await refused(
      configuration('missing', ['topicPrefix: nowhere.']),
      1,
      /topic prefix nowhere\.: topics are missing: nowhere\.cycle, .*\(make them with: weir topics apply/,
    )
    const applied = await weir(['topics', 'apply', '--config', configuration('one'), '--register'])
    assert.equal(applied.code, 0, applied.stderr)
    const config = configuration('few', ['topicPrefix: few.'])
    assert.equal((await weir(['topics', 'apply', '--config', config, '--register'])).code, 0)
    await remake('few.rail', 1)
    await refused(config, 1, /topic few\.rail: it has 1 partitions where the journal has 2 \(/)
  })

  test('the registry is down: it does not start', async () => {
    registry.cut()
    await refused(configuration('one'), 1, /the schema registry: .*\(check kafka\.registry\.url/)
    registry.heal()
  })

  test('a second instance of the same name is refused, and the first one goes on', async () => {
    one = start(configuration('one'))
    await one.reaches('live', ({ lifeCycle, owned }) => lifeCycle === 'live' && owned.length === 2, BOUND_MS)
    const config = configuration('one')
    const outcome = await weir([
      ...['run', '--config', config, '--status-port', '0', '--data-dir', join(folder, 'other')],
    ])
    assert.equal(outcome.code, 1, outcome.stderr)
    assert.match(
      outcome.stderr,
      /instance one on .*: an instance of this name is a member of group weir already \(/,
    )
    const status = await one.status()
    assert.equal(status?.lifeCycle, 'live')
    assert.deepEqual(
      status?.partitions.map(({ takeovers }) => takeovers),
      [1, 1],
    )
  })

  test('a message without frame and one of 50 MB are dead letters with their coordinates; the next one is applied', async () => {
    const group = 'north'
    const number = partitionOf(group, PARTITIONS)
    const topic = `${PREFIX}command`
    const admin = await TopicAdmin.open(settings)
    await admin.change(topic, new Map([['max.message.bytes', String(ROOM_BYTES)]]))
    await admin.close()
    const id = await schemaIdOf('command')
    const values = [
      Buffer.from('{"groupId":"north"}'),
      Buffer.alloc(LARGE_BYTES, 1),
      frameRecord(id, commandFor(group, 1)),
    ]
    for (const value of values)
      await write(settings, [{ topic, partition: number, value }], { 'message.max.bytes': ROOM_BYTES })
    const found = await one.reaches(
      'taken',
      ({ partitions }) => (partition(partitions, number).records ?? 0) >= 3,
      BOUND_MS,
    )
    assert.equal(partition(found.partitions, number).stage, 'live')
    await one.reaches(
      'dead letters',
      ({ partitions }) => (partition(partitions, number).deadLetters ?? 0) >= 2,
      BOUND_MS,
    )
    const letters = await deadLetters()
    const [unframed, large] = letters
    assert.equal(unframed?.reason, 'not-framed')
    assert.match(unframed?.detail ?? '', new RegExp(`weir\\.command/${number}, offset 0`))
    assert.equal(large?.reason, 'too-large')
    assert.match(large?.detail ?? '', new RegExp(`weir\\.command/${number}, offset 1: ${LARGE_BYTES} bytes`))
  })

  test('while the registry is away records of an unknown schema wait, and then go on', async () => {
    const number = partitionOf('north', PARTITIONS)
    const schema = JSON.parse(SCHEMA_JSON.command) as { fields: object[] }
    schema.fields.push({ name: 'branch', type: 'string', default: '' })
    const client = new RegistryClient(settingsFor(cluster.registryUrl ?? ''))
    const id = await client.register(subjectOf(PREFIX, 'command'), JSON.stringify(schema))
    client.close()
    const before = (await one.status())?.partitions[number]?.records ?? 0
    registry.cut()
    const value = frameRecord(id, Buffer.concat([commandFor('north', 2), Buffer.of(0)]))
    await write(settings, [{ topic: `${PREFIX}command`, partition: number, value }])
    await one.prints(/records wait for the schema registry: .*docs\/runbook\/poisoned-topic\.md/, BOUND_MS)
    const waiting = await one.status()
    assert.ok((waiting?.partitions[number]?.waitingForSchemas ?? 0) > 0)
    assert.equal(waiting?.partitions[number]?.records, before)
    registry.heal()
    await one.reaches(
      'gone on',
      ({ partitions }) => {
        const { records = 0, waitingForSchemas } = partition(partitions, number)
        return records > before && waitingForSchemas === 0
      },
      BOUND_MS,
    )
  })

  test('a foreign record in the journal stops its partition with the place, and the others go on', async () => {
    const journal = `${PREFIX}cycle`
    const feed = ['sandbox', 'feed', '--config', configuration('one'), '--groups', '4', '--rate', '20']
    assert.equal((await weir([...feed, '--seconds', '5'])).code, 0)
    const snapshots = join(folder, 'one', 'data', 'snapshots')
    const written = (): number =>
      Array.from({ length: PARTITIONS }, (_, number) => join(snapshots, `partition-${number}`)).filter(
        (path) => existsSync(path) && readdirSync(path).some((name) => name.endsWith('.snapshot')),
      ).length
    const isCovered = ({
      entriesSinceSnapshot,
      nextSequence,
      secondsSinceCommit,
    }: PartitionStatus): boolean =>
      entriesSinceSnapshot < nextSequence && secondsSinceCommit !== undefined && secondsSinceCommit < BOUND_MS
    await one.reaches(
      'snapshots',
      ({ partitions }) => written() === PARTITIONS && partitions.every(isCovered),
      BOUND_MS,
    )
    assert.equal(await one.end(), 0, one.output)
    await write(settings, [{ topic: journal, partition: 1, value: Buffer.from('not ours') }])
    one = start(configuration('one'))
    const found = await one.reaches(
      'stopped',
      ({ partitions }) =>
        partition(partitions, 1).failure !== undefined && partition(partitions, 0).stage === 'live',
      BOUND_MS,
    )
    assert.match(
      partition(found.partitions, 1).failure ?? '',
      /weir\.cycle\/1, offset [0-9]+: a record is not in the wire format \(.*docs\/runbook\/poisoned-topic\.md/,
    )
    assert.match(one.output, /"code":"WEIR_JOURNAL"/)
    assert.equal(await one.end(), 0, one.output)
  })

  test('a journal topic that was made anew is another journal: old snapshots are refused, and it begins anew', async () => {
    await remake(`${PREFIX}cycle`, PARTITIONS)
    one = start(configuration('one'))
    const live = await one.reaches(
      'live',
      ({ lifeCycle, owned }) => lifeCycle === 'live' && owned.length === 2,
      BOUND_MS,
    )
    assert.match(one.output, /a snapshot of another journal is not used/)
    assert.ok(live.partitions.every(({ nextSequence }) => nextSequence < 1_000))
    const number = partitionOf('north', PARTITIONS)
    await one.reaches(
      'read from the beginning',
      ({ partitions }) => (partition(partitions, number).records ?? 0) >= 4,
      BOUND_MS,
    )
  })

  async function remake(topic: string, partitions: number): Promise<void> {
    const { AdminClient } = await loadKafka()
    const client = AdminClient.create({ 'bootstrap.servers': cluster.bootstrap })
    await new Promise<void>((resolve, reject) =>
      client.deleteTopic(topic, 10_000, (error) => (error ? reject(error) : resolve())),
    )
    client.disconnect()
    const untilMs = performance.now() + BOUND_MS
    const admin = await TopicAdmin.open(settings)
    while ((await admin.describe([topic])).size > 0 && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 100))
    const layout = { topic, stream: 'cycle', partitions, replication: 1, settings: {} }
    await admin.create(layout as never)
    await admin.close()
  }

  async function schemaIdOf(stream: 'command'): Promise<number> {
    const client = new RegistryClient(settingsFor(cluster.registryUrl ?? ''))
    const id = await client.register(subjectOf(PREFIX, stream), SCHEMA_JSON[stream])
    client.close()
    return id
  }

  async function deadLetters(): Promise<{ readonly reason: string; readonly detail: string }[]> {
    const args = [
      'consume',
      '--config',
      configuration('one'),
      '--stream',
      'dead-letter',
      '--until-end',
      '--json',
    ]
    const { code, stdout, stderr } = await weir(args)
    assert.equal(code, 0, stderr)
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { record: { reason: string; detail: string } }).record)
  }
})

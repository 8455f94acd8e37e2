/**
 * The journal topic of a real Kafka into a real ClickHouse by the command `weir project`: killed, taken over and without its
 * engine in between, ClickHouse equals the journal in the end.
 */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { after, before, test } from 'node:test'
import { JOURNAL_STREAM } from '../pipeline/runtime/distributed/topics.js'
import type { KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import { EmbeddedServer } from '../sinks/clickhouse/embedded/server.js'
import { connect, embeddedTarget } from '../sinks/clickhouse/target.js'
import { engineMissing, silentLog, temporaryDirectory } from '../sinks/clickhouse/testing/engine.js'
import { makeSyntheticDay } from '../sinks/clickhouse/testing/synthetic-day.js'
import { UNUSED_TABLES } from '../sinks/clickhouse/testing/three-partitions.js'
import type { TopicVerdict } from '../sinks/clickhouse/verification/verify-topic.js'
import { type Outcome, type WeirOptions, weir } from './cli/weir-process.js'
import { needsKafka } from './support/kafka/availability.js'
import { JournalWriter } from './support/kafka/journal-writer.js'
import { makeTopics, settingsFor } from './support/kafka/ports-fixture.js'
import { sharedKafka } from './support/kafka/shared.js'

const PARTITIONS = 3
/** The command starts in a second; a machine that builds something at the same time takes far longer. */
const CLAIM_BOUND_MS = 150_000
const kafkaMissing = (await needsKafka()).skip
const skip = engineMissing() || kafkaMissing
if (kafkaMissing !== false) process.stderr.write(`NO KAFKA, NOTHING PROVEN: ${kafkaMissing}\n`)

const days = Array.from({ length: PARTITIONS }, (_, partition) =>
  makeSyntheticDay({ seed: 60 + partition, groups: 3, cycles: 120, movements: 6 }),
)
const directory = temporaryDirectory()
let server: EmbeddedServer
let settings: KafkaSettings
let writers: JournalWriter[]

before(async () => {
  if (skip !== false) return
  const { bootstrap } = await sharedKafka()
  settings = settingsFor(bootstrap)
  await makeTopics(settings, PARTITIONS, [JOURNAL_STREAM])
  server = await EmbeddedServer.start({ directory: directory.path, log: silentLog })
  writers = days.map((day, partition) => new JournalWriter(settings, partition, day.entries))
  for (const writer of writers) await writer.open()
})

after(async () => {
  for (const writer of writers ?? []) writer.close()
  await server?.stop()
  directory.remove()
})

function project(flags: readonly string[], options: WeirOptions = {}): Promise<Outcome> {
  const { writer } = server.logins
  const env = { WEIR_CLICKHOUSE_USER: writer.username, WEIR_CLICKHOUSE_PASSWORD: writer.password }
  const kafka = ['--kafka', settings.bootstrapServers.join(','), '--topic-prefix', settings.topicPrefix]
  return weir(['project', ...kafka, '--clickhouse-url', server.url, ...flags], { env, ...options })
}

async function write(share: number): Promise<void> {
  await Promise.all(
    writers.map((writer, partition) =>
      writer.writeUntil(Math.floor(days[partition]!.entries.length * share)),
    ),
  )
}

/** Waits until each partition was claimed so many times. */
async function untilClaimed(times: number): Promise<void> {
  const client = connect(embeddedTarget(server).writer())
  const query = 'SELECT count() AS claims FROM projection_claims'
  const untilMs = performance.now() + CLAIM_BOUND_MS
  for (;;) {
    assert.ok(performance.now() < untilMs, 'the partitions are claimed')
    await new Promise((resolve) => setTimeout(resolve, 100))
    const found = await client.query({ query, format: 'JSONEachRow' }).catch(() => undefined)
    const [row] = (await found?.json<{ claims: string }>()) ?? []
    if (Number(row?.claims ?? 0) >= times * PARTITIONS) break
  }
  await client.close()
}

test('ClickHouse equals the journal topic after kills, a takeover and an engine that died', {
  skip,
}, async () => {
  await write(0.3)
  // The first two are told to go on for ever; the second takes over from the first, and is killed.
  const first = project([])
  await untilClaimed(1)
  await write(0.5)
  let child: ChildProcess | undefined
  const second = project([], {
    onStart: (started) => {
      child = started
    },
  })
  await untilClaimed(2)
  await write(0.7)
  const taken = await first
  assert.equal(taken.code, 1, taken.stderr)
  assert.match(taken.stderr, /taken the partition of the journal over/)
  await write(0.8)
  process.kill(server.enginePid, 'SIGKILL')
  child?.kill('SIGKILL')
  assert.equal((await second).code, null)
  const third = project(['--until-end', '--json'])
  await write(1)
  const followed = await third
  assert.equal(followed.code, 0, followed.stderr)
  const last = await project(['--until-end', '--json'])
  assert.equal(last.code, 0, last.stderr)
  const status = JSON.parse(last.stdout.trim().split('\n').at(-1)!) as {
    lag: number
    partitions: { state: string; projected: number }[]
  }
  assert.deepEqual(
    status.partitions.map(({ state, projected }) => [state, projected]),
    days.map(({ entries }) => ['ended', entries.length]),
  )
  const verified = await project(['--verify', '--json'])
  assert.equal(verified.code, 0, verified.stdout + verified.stderr)
  const verdict = JSON.parse(verified.stdout) as TopicVerdict
  assert.equal(verdict.complete, true)
  assert.deepEqual(
    verdict.partitions.map(({ entries, behind }) => [entries, behind]),
    days.map(({ entries }) => [entries.length, 0]),
  )
  const filled = verdict.partitions
    .flatMap(({ tables }) => tables)
    .filter(({ table }) => !UNUSED_TABLES.has(table))
  assert.deepEqual(
    filled.filter(({ expected }) => expected === 0),
    [],
  )
})

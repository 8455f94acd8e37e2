/**
 * Back-pressure end to end on a real broker: agents that cannot keep up fill the instance to its bound and not beyond, the sources are
 * paused, the lag grows at the broker, the alerts of the operator's rules hold; and afterwards every record is applied, once.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { parse } from 'yaml'
import { FLOW_LIMITS } from '../pipeline/runtime/distributed/limits.js'
import type { TopicStream } from '../pipeline/runtime/distributed/topics.js'
import { InstanceMetrics } from '../pipeline/runtime/kafka/instance-metrics.js'
import { type InstanceStatus, statusOf } from '../pipeline/runtime/kafka/instance-status.js'
import { runInstance } from '../pipeline/runtime/kafka/run-instance.js'
import { fixedIdOf, TOPIC_STREAMS } from '../pipeline/runtime/registry/stream-schemas.js'
import { encodeRecord } from '../schemas/avro/registry.js'
import { frameRecord } from '../schemas/avro/wire-format.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { read } from './house/repository.js'
import { command } from './support/a-command.js'
import { needsKafka } from './support/kafka/availability.js'
import { type PlainRecord, write } from './support/kafka/ports-fixture.js'
import { type TestTopics, testTopics } from './support/kafka/topics.js'

const GROUP = 'NORD'
/** With some 330 bytes each well above what the instance may hold, and above the alert's bound by as much as it may. */
const RECORDS = 120_000
const REASON_BYTES = 256
/** The machine of the tests may be busy; nothing is measured here. */
const PATIENCE_MS = 120_000
/** One step takes records up to its own bound beyond the limit that pauses. */
const WAITING_BYTES_MOST = FLOW_LIMITS.waitingBytes + 4 * 2 ** 20
/** The client's read-ahead, the queue of a reading, waiting inputs, rings, and what the runtime of JavaScript does not give back at once. */
const GROWTH_BYTES_MOST = 256 * 2 ** 20

const framed = (stream: TopicStream & Parameters<typeof encodeRecord>[0], fields: object) =>
  frameRecord(fixedIdOf(stream), encodeRecord(stream, fields as never))

function policyRecord(topics: TestTopics): PlainRecord {
  const fields = { groupId: GROUP, sourceId: 'desk', sourceSequence: 0, eventTime: 0 }
  const policy = { ...fields, policyId: 'any', version: 1, document: 'the stand-in agent does not read it' }
  return {
    topic: topics.topic('policy'),
    partition: 0,
    key: Buffer.from(GROUP),
    value: framed('policy', policy),
  }
}

function* flood(topics: TestTopics): Generator<PlainRecord> {
  const topic = topics.topic('command')
  for (let sourceSequence = 0; sourceSequence < RECORDS; sourceSequence++) {
    const commandId = Buffer.alloc(16)
    commandId.writeUInt32BE(sourceSequence)
    const fields = { ...command, commandId, sourceSequence, reason: 'x'.repeat(REASON_BYTES) }
    yield { topic, partition: 0, value: framed('command', fields) }
  }
}

/** The bound that an alert's rule puts on a metric: the text itself decides, so that test and rules cannot drift apart. */
function boundOf(alert: string, metric: string): number {
  const { groups } = parse(read('deploy/prometheus/weir-rules.yaml')) as {
    groups: { rules: { alert: string; expr: string }[] }[]
  }
  const rule = groups.flatMap(({ rules }) => rules).find((one) => one.alert === alert)
  const [, bound] = new RegExp(`${metric}[^<>=]*(?:>|==) (\\d+)`).exec(rule?.expr ?? '') ?? []
  assert.ok(bound !== undefined, `${alert}: ${rule?.expr}`)
  return Number(bound)
}

function gauge(text: string, metric: string): number {
  const [, value] = new RegExp(`^${metric}\\{[^}]*\\} (\\S+)$`, 'm').exec(text) ?? []
  return Number(value ?? Number.NaN)
}

test('agents that cannot keep up pause the sources, and nothing is lost', await needsKafka(), async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-back-pressure-'))
  const brake = join(folder, 'brake')
  process.env.WEIR_TEST_BRAKE = brake
  const topics = await testTopics('back-pressure', TOPIC_STREAMS, 1)
  await write(topics.settings, [policyRecord(topics)])
  const end = new AbortController()
  let look: () => InstanceStatus = () => assert.fail('not started')
  let tellStarted = (): void => {}
  const started = new Promise<void>((resolve) => {
    tellStarted = resolve
  })
  const running = runInstance({
    kafka: topics.settings,
    registry: undefined,
    dataDir: join(folder, 'data'),
    workers: 1,
    agentModule: new URL('../pipeline/runtime/testing/slow-agent.js', import.meta.url),
    optimizer: await compileOptimizer(),
    version: 'test',
    logger: pino({ level: 'silent' }),
    signal: end.signal,
    onStarted: async (instance, lagOf) => {
      const startedAt = new Date(0)
      look = () => statusOf({ instance, instanceId: 'test', startedAt, lagOf })
      tellStarted()
      return { stop: async () => {} }
    },
  })
  const metrics = new InstanceMetrics('test')
  const until = async (what: string, holds: (text: string) => boolean): Promise<string> => {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const text = await metrics.text(look())
      if (holds(text)) return text
      if (performance.now() > deadline)
        assert.fail(`not in time: ${what}\n${text.replaceAll(/^#.*\n/gm, '')}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  try {
    await Promise.race([started, running])
    // Its policy makes the group known, and is read once more for its agent.
    const idle = await until('the group is there', (text) => gauge(text, 'weir_records_total') === 2)
    const before = process.memoryUsage().rss
    writeFileSync(brake, '')
    await write(topics.settings, [...flood(topics)])
    const bound = boundOf('WeirLagAboveBound', 'weir_source_lag_records')
    const paused = boundOf('WeirPaused', 'weir_partition_paused')
    assert.ok(bound < RECORDS, 'the flood is above the bound of the alert')
    await until(
      'paused, with a lag above the bound of the alert',
      (text) =>
        gauge(text, 'weir_partition_paused') === paused && gauge(text, 'weir_source_lag_records') > bound,
    )
    for (let times = 0; times < 20; times++) {
      const text = await metrics.text(look())
      assert.ok(gauge(text, 'weir_waiting_bytes') <= WAITING_BYTES_MOST, text)
      assert.ok(process.memoryUsage().rss - before < GROWTH_BYTES_MOST, 'memory is bounded')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    rmSync(brake)
    const text = await until(
      'all is taken',
      (now) => gauge(now, 'weir_source_lag_records') === 0 && gauge(now, 'weir_waiting_bytes') === 0,
    )
    assert.equal(gauge(text, 'weir_partition_paused'), 0)
    assert.equal(gauge(text, 'weir_dead_letters_total'), 0)
    assert.equal(gauge(text, 'weir_records_total') - gauge(idle, 'weir_records_total'), RECORDS)
  } finally {
    end.abort()
    await running
    rmSync(folder, { recursive: true, force: true })
  }
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { KafkaJS } from '@confluentinc/kafka-javascript'
import { isAlive, type ProcessId } from '../deploy/kafka/processes.mjs'
import { readState } from '../deploy/kafka/state.mjs'
import { brokersSeenBy } from '../deploy/kafka/wire.mjs'
import { needsKafka } from './support/kafka/availability.js'
import { clientOf, connected, consumeOne } from './support/kafka/client.js'
import { type KafkaCluster, startKafka, uniqueName } from './support/kafka/cluster.js'
import { sharedKafka } from './support/kafka/shared.js'

const options = await needsKafka()
const BOUND_MS = 60_000

function addressOf(entry: string): { host: string; port: number } {
  const [host = '', port] = entry.split(':')
  return { host, port: Number(port) }
}

describe('a cluster of one broker', options, () => {
  let cluster: KafkaCluster
  before(async () => {
    cluster = await startKafka({ registry: true })
  })
  after(() => cluster?.stop())

  test('a record and a schema come back, the record also after kill -9 of the broker', async (t) => {
    const topic = uniqueName('records')
    const client = await clientOf({ 'bootstrap.servers': cluster.bootstrap })
    const admin = await connected(t, client.admin())
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    const producer = await connected(t, client.producer())
    await producer.send({ topic, messages: [{ key: 'europe', value: 'before' }] })
    assert.equal(await consumeOne(client, topic, uniqueName('reader')), 'before')

    await cluster.kill(0)
    await assert.rejects(brokersSeenBy(addressOf(cluster.bootstrap)))
    await cluster.restart(0)
    assert.equal(await consumeOne(client, topic, uniqueName('reader')), 'before')

    const schema = JSON.stringify({
      type: 'record',
      name: 'Probe',
      fields: [{ name: 'amount', type: 'long' }],
    })
    const registered = await fetch(`${cluster.registryUrl}/subjects/${topic}-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    })
    const { id } = (await registered.json()) as { id: number }
    const stored = (await (await fetch(`${cluster.registryUrl}/schemas/ids/${id}`)).json()) as {
      schema: string
    }
    assert.deepEqual(JSON.parse(stored.schema), JSON.parse(schema))
  })
})

/** A broker that was not told of a new topic yet says that there is none. */
async function describedTopic(admin: KafkaJS.Admin, topic: string) {
  const deadline = performance.now() + BOUND_MS
  for (;;) {
    try {
      const [described] = await admin.fetchTopicMetadata({ topics: [topic] })
      return described
    } catch (error) {
      const { type } = error as { readonly type?: string }
      if (type !== 'ERR_UNKNOWN_TOPIC_OR_PART' || performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

describe('a cluster of three brokers', options, () => {
  let cluster: KafkaCluster
  before(async () => {
    cluster = await startKafka({ brokers: 3 })
  })
  after(() => cluster?.stop())

  test('of three brokers two go on when one is killed, and it comes back; a paused one answers nothing', async (t) => {
    const [first = '', second = ''] = cluster.bootstrap.split(',')
    const topic = uniqueName('copies')
    const client = await clientOf({ 'bootstrap.servers': cluster.bootstrap })
    const admin = await connected(t, client.admin())
    await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 3 }] })
    const described = await describedTopic(admin, topic)
    assert.deepEqual(
      described?.partitions.map(({ replicas }) => replicas.length),
      [3, 3, 3],
    )
    await cluster.kill(0)
    const producer = await connected(t, client.producer({ kafkaJS: { acks: -1 } }))
    // One record a partition: those that the dead broker led have other leaders by now, or the send waits for them.
    const messages = [0, 1, 2].map((partition) => ({ partition, value: `to ${partition}` }))
    const sent = await producer.send({ topic, messages })
    assert.deepEqual(sent.map(({ partition }) => partition).sort(), [0, 1, 2])
    await cluster.restart(0)
    assert.ok((await brokersSeenBy(addressOf(first))).includes(1))

    await cluster.pause(1)
    await assert.rejects(brokersSeenBy(addressOf(second)), /does not answer/)
    await cluster.resume(1)
    assert.ok((await brokersSeenBy(addressOf(second))).includes(2))
  })
})

test(
  'a cluster ends with the process that started it, also by kill -9, and its folder with it',
  options,
  async () => {
    const module = new URL('./support/kafka/cluster.js', import.meta.url)
    const code = `const { startKafka } = await import(${JSON.stringify(module.href)})
    const { bootstrap } = await startKafka()
    process.stdout.write(bootstrap)
    setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = (await once(child.stdout, 'data')) as [Buffer]
    const { port } = addressOf(printed.toString().trim())
    const { broker, directory } = brokerListeningAt(port, child.pid ?? 0)
    assert.ok(isAlive(broker))
    child.kill('SIGKILL')
    const deadline = performance.now() + BOUND_MS
    while (isAlive(broker) || existsSync(directory)) {
      assert.ok(performance.now() < deadline, `process ${broker.pid} or ${directory} is still there`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await assert.rejects(brokersSeenBy({ host: '127.0.0.1', port }))
  },
)

/** Found by the arguments of the watchdog, a child of the process: they name the cluster's folder. */
function brokerListeningAt(port: number, parent: number): { broker: ProcessId; directory: string } {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')
  const watchdog = children
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'))
    .find((words) => words[1]?.endsWith('watchdog.mjs'))
  const directory = watchdog?.[2] ?? ''
  const broker = readState(directory)?.brokers.find((candidate) => candidate.port === port)?.process
  assert.ok(broker !== undefined, `no broker at port ${port} in ${dirname(directory)}`)
  return { broker, directory }
}

test('the shared Kafka answers, and refuses topics that nobody created', options, async (t) => {
  const { bootstrap, registryUrl } = await sharedKafka()
  assert.ok((await fetch(`${registryUrl}/subjects`)).ok)
  const client = await clientOf({ 'bootstrap.servers': bootstrap })
  // By default the client waits half a minute for a topic to appear.
  const producer = await connected(t, client.producer({ 'topic.metadata.propagation.max.ms': 100 }))
  await assert.rejects(
    producer.send({ topic: uniqueName('missing'), messages: [{ value: 'lost' }] }),
    /Unknown topic or partition/,
  )
})

import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { needsKafka } from './support/kafka/availability.js'
import { clientOf, connected, consumeOne, kafkaClientModule } from './support/kafka/client.js'
import { type KafkaCluster, type KafkaSecurity, startKafka, uniqueName } from './support/kafka/cluster.js'

const ERR_TOPIC_AUTHORIZATION_FAILED = 29

describe('a secure cluster', await needsKafka(), () => {
  let cluster: KafkaCluster
  let security: KafkaSecurity
  before(async () => {
    cluster = await startKafka({ secure: true })
    assert.ok(cluster.security !== undefined)
    security = cluster.security
  })
  after(() => cluster?.stop())

  const login = (mechanism: string, name: string, password: string) => ({
    'bootstrap.servers': cluster.bootstrap,
    'security.protocol': 'sasl_ssl' as const,
    'ssl.ca.location': security.caPath,
    'sasl.mechanisms': mechanism,
    'sasl.username': name,
    'sasl.password': password,
  })

  async function roundTrip(t: TestContext, settings: Parameters<typeof clientOf>[0]): Promise<void> {
    const client = await clientOf(settings)
    const topic = uniqueName('secure')
    const admin = await connected(t, client.admin())
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    const producer = await connected(t, client.producer({ 'enable.idempotence': true }))
    await producer.send({ topic, messages: [{ value: topic }] })
    assert.equal(await consumeOne(client, topic, uniqueName('reader')), topic)
  }

  for (const mechanism of ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']) {
    test(`a user that may comes in by ${mechanism}`, (t) =>
      roundTrip(t, login(mechanism, security.weir.name, security.weir.password)))
  }

  test('a user that may comes in by OAUTHBEARER', (t) => {
    const { 'sasl.username': _name, 'sasl.password': _password, ...settings } = login('OAUTHBEARER', '', '')
    return roundTrip(t, {
      ...settings,
      'enable.sasl.oauthbearer.unsecure.jwt': true,
      'sasl.oauthbearer.config': 'principal=weir',
    })
  })

  test('a user that may comes in by certificate', (t) =>
    roundTrip(t, {
      'bootstrap.servers': security.mtlsBootstrap,
      'security.protocol': 'ssl',
      'ssl.ca.location': security.caPath,
      'ssl.certificate.location': security.weir.certificatePath,
      'ssl.key.location': security.weir.keyPath,
    }))

  test('a wrong password is refused as such', async () => {
    const { RdKafka } = await kafkaClientModule()
    const settings = login('SCRAM-SHA-512', security.weir.name, `${security.weir.password}x`)
    const producer = new RdKafka.Producer(settings)
    // While it connects the client tells the reason in its log only; its error is about the transport.
    const log: string[] = []
    producer.on('event.log', (line) => log.push((line as { message: string }).message))
    const code = await new Promise((done) => {
      producer.connect({ timeout: 5000 }, (error) => done(error?.code))
    })
    assert.equal(code, RdKafka.CODES.ERRORS.ERR__TRANSPORT)
    assert.match(
      log.join('\n'),
      /Authentication failed .* invalid credentials with SASL mechanism SCRAM-SHA-512/,
    )
  })

  test('a user without rules comes in and may do nothing, until a rule allows it', async (t) => {
    const topic = uniqueName('private')
    const weir = await clientOf(login('SCRAM-SHA-512', security.weir.name, security.weir.password))
    const owner = await connected(t, weir.admin())
    await owner.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    const guest = await clientOf(login('SCRAM-SHA-512', security.guest.name, security.guest.password))
    const producer = await connected(t, guest.producer())
    const message = { topic, messages: [{ value: 'intruder' }] }
    await assert.rejects(producer.send(message), { code: ERR_TOPIC_AUTHORIZATION_FAILED })
    await cluster.grant([
      { principal: 'guest', resource: 'topic', name: topic, pattern: 'literal', operation: 'write' },
    ])
    // A new client: the first one remembers the refusal of the topic for a while.
    await (await connected(t, guest.producer())).send(message)
  })
})

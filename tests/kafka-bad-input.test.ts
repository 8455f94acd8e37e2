/** What can be wrong around topics and the registry: told with its place and the way out, before anything is sent. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Sender } from '../pipeline/runtime/kafka/files/sender.js'
import { TopicAdmin } from '../pipeline/runtime/kafka/topics/admin.js'
import { topicLayouts } from '../pipeline/runtime/kafka/topics/layout.js'
import { RegistryClient } from '../pipeline/runtime/registry/client.js'
import { subjectOf } from '../pipeline/runtime/registry/stream-schemas.js'
import { frameRecord } from '../schemas/avro/wire-format.js'
import { SCHEMA_JSON } from '../schemas/generated/schemas.js'
import { type Outcome, weir, withFolder } from './cli/weir-process.js'
import { command } from './support/a-command.js'
import { writeAvro } from './support/avro-files.js'
import { needsKafka } from './support/kafka/availability.js'
import { testTopics } from './support/kafka/topics.js'
import { json, startRegistryServer } from './support/registry-server.js'

const kafka = await needsKafka()

/** Writes a file of one command, with fields left out or added. */
async function withCommand<T>(
  use: (file: string) => Promise<T>,
  change: (schema: Schema) => void = () => undefined,
) {
  return withFolder(async (folder) => {
    const file = join(folder, 'c.avro')
    const schema = JSON.parse(SCHEMA_JSON.command) as Schema
    change(schema)
    writeAvro(file, JSON.stringify(schema), [{ ...command, branch: 'B' }])
    return use(file)
  })
}

interface Schema {
  fields: { name: string; type: unknown; default?: unknown }[]
}

/** A failure told in one line on standard error, that nothing was sent before. */
function assertRefused(
  { code, stderr, stdout, left }: Outcome,
  expectedCode: number,
  ...patterns: RegExp[]
): void {
  assert.equal(code, expectedCode, stderr)
  // With --json the same failure is a document on standard output.
  assert.match(stdout, /^($|\{"error":)/)
  for (const pattern of patterns) assert.match(stderr, pattern)
  assert.ok(!stderr.includes('    at '), stderr)
  assert.deepEqual(left, [])
}

describe('topics and the registry, when something is wrong', kafka, () => {
  let topics: Awaited<ReturnType<typeof testTopics>>
  let sender: Sender

  before(async () => {
    if (kafka.skip !== false) return
    topics = await testTopics('bad', ['command', 'quote'], 2)
    sender = await Sender.open(topics.settings)
  })
  after(async () => {
    await sender?.close()
  })

  const produce = (file: string, ...flags: string[]): Promise<Outcome> =>
    weir(['produce', ...topics.flags, '--stream', 'command', '--input', file, ...flags])

  it('the registry is down', async () => {
    await withCommand(async (file) => {
      const outcome = await produce(file, '--registry-url', 'http://127.0.0.1:1')
      assertRefused(
        outcome,
        1,
        /127\.0\.0\.1:1\/subjects\/.*: the schema registry: it cannot be reached \(ECONNREFUSED\), 4 attempts \(check kafka\.registry\.url/,
      )
    })
  })

  it('the registry answers with a page, or with something else', async () => {
    const server = await startRegistryServer((request, response) => {
      if (request.url?.includes('/odd/')) json(response, 200, { id: 'one' })
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please sign in</html>')
    })
    await withCommand(async (file) => {
      assertRefused(await produce(file, '--registry-url', server.url), 1, /not JSON but text\/html/)
      assertRefused(
        await produce(file, '--registry-url', `${server.url}/odd`),
        1,
        /not that of a schema registry: id is no schema id/,
      )
    })
    await server.close()
  })

  it('the credentials of the registry are wrong', async () => {
    const server = await startRegistryServer((_, response) => json(response, 401, { error_code: 401 }))
    await withFolder(async (folder) => {
      const { writeFileSync } = await import('node:fs')
      const configuration = join(folder, 'weir.yaml')
      writeFileSync(join(folder, 'password'), 'gu3ss-me\n')
      writeFileSync(
        configuration,
        `kafka:\n  bootstrapServers: [${topics.settings.bootstrapServers.join(', ')}]\n  topicPrefix: ${topics.prefix}\n` +
          `  registry: { url: '${server.url}', user: weir, passwordFile: password }\n`,
      )
      const outcome = await weir([
        'consume',
        '--config',
        configuration,
        '--stream',
        'command',
        '--json',
        '--until-end',
      ])
      assert.equal(outcome.code, 0, 'no message, so no schema is asked for')
      const check = await weir(['topics', 'check', '--config', configuration])
      assertRefused(check, 1, /status 401 \(check kafka\.registry\.user and the password/)
      assert.ok(!check.stderr.includes('gu3ss-me'))
    })
    await server.close()
  })

  it('the schema is not compatible: nothing is sent', async () => {
    const client = new RegistryClient(topics.registry)
    const subject = subjectOf(topics.prefix, 'command')
    await client.register(subject, SCHEMA_JSON.command)
    await client.setLevel(subject, 'BACKWARD')
    client.close()
    const addField = (schema: Schema): void => {
      schema.fields.push({ name: 'branch', type: 'string' })
    }
    await withCommand(async (file) => {
      const outcome = await produce(file, ...topics.registryFlags, '--register')
      assertRefused(
        outcome,
        1,
        /not compatible with the latest of .*command-value: .*branch.* \(change the schema/,
      )
    }, addField)
    const read = await weir(['consume', ...topics.flags, '--stream', 'command', '--until-end', '--json'])
    assert.deepEqual([read.stdout, read.stderr], ['', '0 records\n'])
  })

  it('the schema is not registered, and may not be', async () => {
    const withDefault = (schema: Schema): void => {
      schema.fields.push({ name: 'branch', type: 'string', default: '' })
    }
    await withCommand(async (file) => {
      const outcome = await produce(file, ...topics.registryFlags)
      assertRefused(outcome, 1, /does not have the schema under .*command-value \(register it/)
      assertRefused(
        await produce(file),
        2,
        /not Weir's own schema, and no registry is configured .*--own-schema/,
      )
      assert.equal((await produce(file, '--own-schema')).code, 0)
    }, withDefault)
  })

  it('the topic is not there', async () => {
    await withCommand(async (file) => {
      const flags = ['--kafka', topics.settings.bootstrapServers.join(','), '--topic-prefix', 'nowhere.']
      const outcome = await weir(['produce', ...flags, '--stream', 'command', '--input', file])
      assertRefused(outcome, 1, /^weir: nowhere\.cycle: there is no such topic \(weir topics apply/)
    })
    assertRefused(
      await weir(['consume', ...topics.flags, '--stream', 'alert', '--until-end', '--json']),
      1,
      /alert: there is no such topic/,
    )
  })

  it('a topic has fewer partitions than the journal', async () => {
    const admin = await TopicAdmin.open(topics.settings)
    const [rail] = topicLayouts({ prefix: topics.prefix, partitions: 1, replication: 1 }).filter(
      ({ stream }) => stream === 'rail',
    )
    assert.ok(rail)
    await admin.create(rail)
    await admin.close()
    await withFolder(async (folder) => {
      const file = join(folder, 'r.avro')
      writeAvro(file, SCHEMA_JSON.rail, [])
      const outcome = await weir(['produce', ...topics.flags, '--stream', 'rail', '--input', file])
      assertRefused(
        outcome,
        1,
        /rail: it has 1 partitions, .*cycle has 2: a group would be in two places \(weir topics check/,
      )
    })
  })

  it('a message has no frame, an unknown schema, or no record', async () => {
    const topic = topics.topic('quote')
    const values = [
      Buffer.from('{"groupId":"NORD"}'),
      frameRecord(2_000_000_000, Buffer.alloc(3)),
      Buffer.of(0, 0),
    ]
    for (const value of values)
      sender.send({ topic, partition: 0, key: Buffer.from('NORD'), value, place: 'test' })
    await sender.flush()
    const { code, stdout, stderr } = await weir([
      'consume',
      ...topics.flags,
      ...topics.registryFlags,
      '--stream',
      'quote',
      '--until-end',
      '--json',
    ])
    assert.equal(code, 3)
    assert.equal(stdout, '')
    assert.match(
      stderr,
      /quote \[0\] at offset 0: the message starts with byte 123 and not with 0 and a schema id/,
    )
    assert.match(stderr, /quote \[0\] at offset 1: schema id 2000000000 is not known/)
    assert.match(stderr, /quote \[0\] at offset 2: a message of 2 bytes is shorter than the frame/)
    assert.match(stderr, /0 records, 3 that cannot be read/)
  })

  it('the offset, the partition or the broker is not there', async () => {
    const consume = (...flags: string[]): Promise<Outcome> =>
      weir(['consume', ...topics.flags, '--stream', 'quote', '--json', ...flags])
    assertRefused(await consume('--from', '900'), 2, /has offsets 0 to [0-9]+, not 900/)
    assertRefused(await consume('--partition', '7'), 2, /has no partition 7, only 0 to 1/)
    assertRefused(
      await weir(['topics', 'check', '--kafka', '127.0.0.1:1']),
      1,
      /127\.0\.0\.1:1: the broker cannot be asked: ECONNREFUSED \(check kafka\.bootstrapServers/,
    )
  })
})

describe('flags of the commands on topics', () => {
  const refused = async (pattern: RegExp, ...args: string[]): Promise<void> =>
    assertRefused(await weir(args), 2, pattern)

  it('are refused by name', async () => {
    await refused(/--kafka: no Kafka is given/, 'topics', 'plan')
    await refused(/--kafka: 'broker' is not an address/, 'topics', 'plan', '--kafka', 'broker')
    await refused(
      /--stream: there is no input stream 'cycle'/,
      'produce',
      '--kafka',
      'b:1',
      '--stream',
      'cycle',
      '--input',
      'x',
    )
    await refused(/--rate: 'fast' is not a rate/, 'produce', '--rate', 'fast')
    await refused(
      /--output: nothing says where the records go/,
      'consume',
      '--kafka',
      'b:1',
      '--stream',
      'quote',
    )
    await refused(/--register: there is no registry/, 'topics', 'apply', '--kafka', 'b:1', '--register')
    await refused(/--from: 'now' is no place/, 'consume', '--from', 'now')
  })

  it('never show a password given in an address', async () => {
    const { code, stderr } = await weir([
      'topics',
      'plan',
      '--kafka',
      'b:1',
      '--registry-url',
      'http://u:hidden@r:1',
    ])
    assert.equal(code, 2)
    assert.match(stderr, /holds a user or a password/)
    assert.ok(!stderr.includes('hidden'))
  })
})

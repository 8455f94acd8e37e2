/**
 * Weir's topics and an independent client: Confluent's for Python with its own serializers, against the same registry.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { partitionOf } from '../pipeline/runtime/distributed/topics.js'
import { type ConsumedRecord, consumeTopic } from '../pipeline/runtime/kafka/files/consume.js'
import { RegistryClient } from '../pipeline/runtime/registry/client.js'
import { RegistrySchemaLookup } from '../pipeline/runtime/registry/lookup.js'
import { openSchemaSource } from '../pipeline/runtime/registry/schema-source.js'
import { ensureStreamSchemas } from '../pipeline/runtime/registry/subjects.js'
import { createDecoder } from '../schemas/avro/decoder.js'
import { fingerprintOfSchema } from '../schemas/avro/registry.js'
import { frameRecord, readSchemaId, WIRE_HEADER_BYTES } from '../schemas/avro/wire-format.js'
import { CashMovementLane } from '../schemas/generated/codecs.js'
import { SCHEMA_FINGERPRINT, SCHEMA_JSON } from '../schemas/generated/schemas.js'
import { weir, withFolder } from './cli/weir-process.js'
import { writeAvro } from './support/avro-files.js'
import { needsKafka } from './support/kafka/availability.js'
import { confluentClient, needsConfluentClient } from './support/kafka/confluent-client.js'
import { type TestTopics, testTopics } from './support/kafka/topics.js'

const kafka = await needsKafka()
const needed = kafka.skip === false ? needsConfluentClient() : kafka

const DAY = 20_515
const TIME = DAY * 86_400_000_000 + 7 * 3_600_000_000

function movement(groupId: string, index: number) {
  return {
    movementId: { hex: randomUUID().replaceAll('-', '') },
    groupId,
    sourceId: 'bank',
    sourceSequence: index,
    eventTime: TIME + index * 1_000_000,
    accountId: 'POOL',
    currency: 'EUR',
    amountMinor: -1_234_56 - index,
    valueDate: DAY,
    kind: 'CUSTOMER_PAYMENT',
    expectedFlowId: { hex: '00'.repeat(16) },
    counterpartyId: 'ACME',
  }
}

const groups = Array.from({ length: 40 }, (_, index) => `GRUPPE-ÄÖ-${index}`)

async function consumed(topics: TestTopics): Promise<ConsumedRecord[]> {
  const records: ConsumedRecord[] = []
  const schemas = openSchemaSource(topics.registry, topics.prefix)
  await consumeTopic({
    settings: topics.settings,
    schemas,
    stream: 'cash-movement',
    from: 'beginning',
    partition: undefined,
    most: Number.POSITIVE_INFINITY,
    untilEnd: true,
    signal: new AbortController().signal,
    onRecord: (record) => records.push(record),
    onUnreadable: (place, reason) => assert.fail(`${place.offset}: ${reason}`),
  })
  schemas.close()
  return records
}

test('what the other client writes, Weir reads; each group where Weir looks for it', needed, async () => {
  const topics = await testTopics('foreign', ['cash-movement'], 5)
  // A schema of somebody else: another namespace, a field more, a narrower type, fields in another order.
  const own = JSON.parse(SCHEMA_JSON['cash-movement']) as { fields: { name: string; type: unknown }[] }
  const fields = own.fields.map((field) =>
    field.name === 'sourceSequence' ? { ...field, type: 'int' } : field,
  )
  const schema = {
    ...own,
    namespace: 'com.example.bank',
    fields: [...fields.reverse(), { name: 'branch', type: 'string' }],
  }
  // The fixed type is named where it is defined, in the order of the fields.
  const text = JSON.stringify(schema)
  const sent = groups.map((groupId, index) => ({ ...movement(groupId, index), branch: `B${index}` }))
  const messages = sent.map((record) => ({ key: record.groupId, record }))
  const delivered = await confluentClient(
    [
      'produce',
      topics.settings.bootstrapServers.join(','),
      topics.registry.url,
      topics.topic('cash-movement'),
    ],
    JSON.stringify({ schema: JSON.parse(reordered(text)), messages }),
  )
  assert.equal(delivered.length, sent.length)
  for (const { key, partition } of delivered) assert.equal(partition, partitionOf(key, 5), key)

  const records = await consumed(topics)
  assert.equal(records.length, sent.length)
  for (const { record } of records) {
    const { groupId, amountMinor, eventTime, movementId, kind } = record as Record<string, unknown>
    const original = sent.find((candidate) => candidate.groupId === groupId)
    assert.deepEqual(
      { amountMinor, eventTime, kind, movementId: Buffer.from(movementId as Uint8Array).toString('hex') },
      {
        amountMinor: original?.amountMinor,
        eventTime: original?.eventTime,
        kind: original?.kind,
        movementId: original?.movementId.hex,
      },
    )
  }
  const [first] = records
  assert.equal(first?.fingerprint, Buffer.from(fingerprintOfSchema(reordered(text))).toString('hex'))
  assert.notEqual(first?.fingerprint, SCHEMA_FINGERPRINT['cash-movement'])
})

/** With the fields turned round, the id's type must be defined where it now comes first. */
function reordered(text: string): string {
  const schema = JSON.parse(text) as { fields: { name: string; type: unknown }[] }
  const uuid = schema.fields.find(({ name }) => name === 'movementId')?.type
  const swapped = schema.fields.map((field) => {
    if (field.name === 'expectedFlowId') return { ...field, type: uuid }
    return field.name === 'movementId' ? { ...field, type: 'weir.Uuid' } : field
  })
  return JSON.stringify({ ...schema, fields: swapped })
}

test('what Weir writes, the other client reads with the schema of the registry', needed, async () => {
  await withFolder(async (folder) => {
    const topics = await testTopics('own', ['cash-movement'], 5)
    const file = join(folder, 'm.avro')
    const records = groups.map((groupId, index) => withBytes(movement(groupId, index)))
    writeAvro(file, SCHEMA_JSON['cash-movement'], records)
    const flags = [...topics.flags, ...topics.registryFlags]
    const { code, stderr } = await weir([
      'produce',
      ...flags,
      '--register',
      '--stream',
      'cash-movement',
      '--input',
      file,
    ])
    assert.equal(code, 0, stderr)
    const read = await confluentClient([
      'consume',
      topics.settings.bootstrapServers.join(','),
      topics.registry.url,
      topics.topic('cash-movement'),
      String(records.length),
    ])
    assert.equal(read.length, records.length)
    for (const { key, partition, record } of read) {
      assert.equal(partition, partitionOf(key, 5))
      const original = records.find(({ groupId }) => groupId === record?.groupId)
      assert.deepEqual(
        [record?.amountMinor, record?.eventTime, record?.valueDate, record?.movementId],
        [original?.amountMinor, original?.eventTime, original?.valueDate, hexOf(original?.movementId)],
      )
    }
  })
})

test('the machines look up the schema that a foreign message names, and decode it', needed, async () => {
  const topics = await testTopics('lookup', ['cash-movement'], 1)
  await confluentClient(
    [
      'produce',
      topics.settings.bootstrapServers.join(','),
      topics.registry.url,
      topics.topic('cash-movement'),
    ],
    JSON.stringify({
      schema: JSON.parse(SCHEMA_JSON['cash-movement']),
      messages: [{ key: 'NORD', record: movement('NORD', 7) }],
    }),
  )
  const [message] = await consumed(topics)
  assert.ok(message)
  const client = new RegistryClient(topics.registry)
  const ids = await ensureStreamSchemas(client, topics.registry, topics.prefix, [
    'cash-movement',
    'cycle',
    'instruction',
    'instruction-query',
  ])
  await new Promise<void>((resolve) => {
    const lookup = new RegistrySchemaLookup(client, ids, () => {
      const { state, value = '' } = lookup.schemaOf(message.schemaId)
      assert.equal(state, 'done')
      const decoder = createDecoder('cash-movement', value)
      const slot = new Float64Array(decoder.lanes)
      const framed = frameRecord(message.schemaId, message.encoded)
      assert.equal(readSchemaId(framed), message.schemaId)
      const end = decoder.decode(framed, WIRE_HEADER_BYTES, framed.length, slot, 0)
      assert.equal(end, framed.length)
      assert.equal(slot[CashMovementLane.amountMinor], -1_234_56 - 7)
      resolve()
    })
    lookup.schemaOf(message.schemaId)
    assert.equal(lookup.idOfStream('instruction-query'), lookup.idOfStream('instruction'))
  })
  client.close()
})

function withBytes(record: ReturnType<typeof movement>) {
  const bytes = ({ hex }: { readonly hex: string }): Buffer => Buffer.from(hex, 'hex')
  return { ...record, movementId: bytes(record.movementId), expectedFlowId: bytes(record.expectedFlowId) }
}

function hexOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}

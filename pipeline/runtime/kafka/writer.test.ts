import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import {
  done,
  eventually,
  failed,
  makeTopics,
  opened,
  RecordedBell,
  settingsFor,
  settled,
} from '../../../tests/support/kafka/ports-fixture.js'
import { sharedKafka } from '../../../tests/support/kafka/shared.js'
import type { LogRecord, Operation, OutgoingRecord } from '../distributed/ports.js'
import { topicOf } from '../distributed/topics.js'
import { KafkaJournalReader } from './journal-reader.js'
import type { KafkaSettings } from './settings.js'
import { KafkaWriter } from './writer.js'

const options = await needsKafka()
const bell = new RecordedBell()

function record(settings: KafkaSettings, partition: number, value: string) {
  return {
    topic: topicOf(settings.topicPrefix, 'cycle'),
    partition,
    key: Buffer.from('group'),
    value: Buffer.from(value),
  }
}

async function read(reader: KafkaJournalReader, partition: number, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  await eventually(`${count} records`, () => {
    records.push(...reader.poll(partition, 1000))
    return records.length >= count ? true : undefined
  })
  return records
}

const valuesOf = (records: readonly LogRecord[]) =>
  records.map(({ value }) => Buffer.from(value ?? []).toString())

test('records of a transaction appear together, and those of an aborted one never do', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 2, ['cycle', 'alert'])
  const writer = new KafkaWriter(settings, 1, bell)
  const reader = new KafkaJournalReader(settings, bell)
  reader.start(1, -1)
  const rings = bell.rings
  await opened(writer)
  assert.ok(bell.rings > rings, 'no bell')
  for (const value of ['a', 'b']) writer.produce(record(settings, 1, value))
  writer.produce({ ...record(settings, 1, 'x'), topic: topicOf(settings.topicPrefix, 'alert') })
  await done(writer.commit())
  assert.deepEqual(valuesOf(await read(reader, 1, 2)), ['a', 'b'])

  writer.produce(record(settings, 1, 'never'))
  await done(writer.abort())
  // Nothing was written, so nothing is to be done.
  await done(writer.commit())
  await done(writer.abort())
  writer.produce({ ...record(settings, 1, ''), key: null, value: null })
  await done(writer.commit())
  const [tombstone] = await read(reader, 1, 1)
  assert.deepEqual([tombstone.key, tombstone.value], [null, null])
  writer.close()
  await reader.close()
})

test('an open transaction is not seen until it commits, over two partitions at once', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 2, ['cycle'])
  const writer = new KafkaWriter(settings, 0, bell)
  const reader = new KafkaJournalReader(settings, bell)
  for (const partition of [0, 1]) reader.start(partition, -1)
  await opened(writer)
  for (const partition of [0, 1]) writer.produce(record(settings, partition, `to ${partition}`))
  // Long enough for a reader of uncommitted records to have them.
  await new Promise((resolve) => setTimeout(resolve, 300))
  for (const partition of [0, 1]) assert.deepEqual(reader.poll(partition, 10), [])
  await done(writer.commit())
  for (const partition of [0, 1])
    assert.deepEqual(valuesOf(await read(reader, partition, 1)), [`to ${partition}`])
  writer.close()
  await reader.close()
})

test(
  'whoever opens an id last owns it: the earlier owner is fenced, and what it had not committed is gone',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    await makeTopics(settings, 1, ['cycle'])
    const [first, second] = [new KafkaWriter(settings, 0, bell), new KafkaWriter(settings, 0, bell)]
    await opened(first)
    first.produce(record(settings, 0, 'of the first'))
    await done(first.commit())
    first.produce(record(settings, 0, 'not committed'))
    await opened(second)
    const line = await failed(first.commit(), 'fenced')
    assert.match(line, new RegExp(`${settings.topicPrefix}cycle-0.*not committed`))
    await failed(first.commit(), 'fenced')
    second.produce(record(settings, 0, 'of the second'))
    await done(second.commit())
    const reader = new KafkaJournalReader(settings, bell)
    reader.start(0, -1)
    assert.deepEqual(valuesOf(await read(reader, 0, 2)), ['of the first', 'of the second'])
    for (const writer of [first, second]) writer.close()
    await reader.close()
  },
)

test(
  'records that the broker does not take are refused, and the writer goes on after an abort',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    await makeTopics(settings, 1, ['cycle'], { 'max.message.bytes': '2000' })
    const writer = new KafkaWriter(settings, 0, bell)
    await opened(writer)
    writer.produce({ ...record(settings, 0, ''), value: Buffer.from(randomText(5000)) })
    assert.match(await failed(writer.commit(), 'refused'), /max\.message\.bytes/)
    await done(writer.abort())
    // The client misses the sequence number of the refused record once, and asks for another abort.
    const again = await settled(committed(writer, record(settings, 0, 'fits')))
    if (again.state === 'failed') {
      assert.equal(again.fault?.kind, 'abortable')
      await done(writer.abort())
      await done(committed(writer, record(settings, 0, 'fits')))
    }
    writer.produce(record(settings, 7, 'no such partition'))
    assert.match(await failed(writer.commit(), 'refused'), /weir topics/)
    await done(writer.abort())
    await done(committed(writer, record(settings, 0, 'fits')))
    writer.close()
  },
)

function committed(writer: KafkaWriter, written: OutgoingRecord): Operation<void> {
  writer.produce(written)
  return writer.commit()
}

/** That does not compress. */
function randomText(length: number): string {
  let state = 1
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647
    return String.fromCharCode(33 + (state % 90))
  }).join('')
}

test('a full queue of the client holds records back, and none is lost', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap, {
    producerProperties: { 'queue.buffering.max.messages': 50 },
  })
  await makeTopics(settings, 1, ['cycle'])
  const writer = new KafkaWriter(settings, 0, bell)
  await opened(writer)
  const values = Array.from({ length: 2000 }, (_, at) => `value ${at}`)
  for (const value of values) writer.produce(record(settings, 0, value))
  await done(writer.commit())
  const reader = new KafkaJournalReader(settings, bell)
  reader.start(0, -1)
  assert.deepEqual(valuesOf(await read(reader, 0, values.length)), values)
  writer.close()
  await reader.close()
})

test(
  'a broker that is not there is a fault that passes, and the writer can be opened again',
  options,
  async () => {
    const writer = new KafkaWriter(settingsFor('127.0.0.1:9'), 0, bell)
    assert.match(await failed(writer.open(), 'retriable'), /cannot be reached/)
    writer.close()
  },
)

test('a writer that is closed amid a request lets go of its client after it', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 1, ['cycle'])
  for (let round = 0; round < 5; round += 1) {
    const writer = new KafkaWriter(settings, 0, bell)
    const opening = writer.open()
    if (round % 2 === 0) await done(opening)
    if (round === 2) {
      writer.produce(record(settings, 0, 'x'))
      const committing = writer.commit()
      writer.close()
      await done(committing)
    }
    writer.close()
    await done(opening)
  }
})

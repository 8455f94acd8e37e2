import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import {
  eventually,
  makeTopics,
  RecordedBell,
  removeBefore,
  settingsFor,
  write,
} from '../../../tests/support/kafka/ports-fixture.js'
import { sharedKafka } from '../../../tests/support/kafka/shared.js'
import type { LogRecord } from '../distributed/ports.js'
import { SOURCE_STREAMS, topicOf } from '../distributed/topics.js'
import { loadKafka } from './client.js'
import { KafkaJournalReader } from './journal-reader.js'
import { MOST_WAITING_RECORDS } from './reading.js'
import type { KafkaSettings } from './settings.js'
import { KafkaSourceReader } from './source-reader.js'

const options = await needsKafka()
const bell = new RecordedBell()
const journalOf = (settings: KafkaSettings) => topicOf(settings.topicPrefix, 'cycle')

function numbered(topic: string, partition: number, count: number, bytes = 10) {
  return Array.from({ length: count }, (_, at) => ({
    topic,
    partition,
    value: Buffer.from(String(at).padStart(bytes)),
  }))
}

async function offsetsOf(
  poll: () => readonly LogRecord[],
  until: (offsets: readonly number[]) => boolean,
): Promise<number[]> {
  const offsets: number[] = []
  await eventually('the records', () => {
    for (const { offset } of poll()) offsets.push(offset)
    return until(offsets) ? true : undefined
  })
  return offsets
}

const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)

test(
  'a partition is read from where it is told, each record once and in order, however often it starts anew',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    await makeTopics(settings, 2, ['cycle'])
    const topic = journalOf(settings)
    await write(settings, [...numbered(topic, 0, 3000), ...numbered(topic, 1, 3000)])
    const reader = new KafkaJournalReader(settings, bell)
    reader.start(1, 2990)
    for (const from of [0, 1500, 2999, 7, -1]) {
      reader.start(0, from)
      const offsets = await offsetsOf(
        () => reader.poll(0, 700),
        (read) => read.at(-1) === 2999,
      )
      assert.deepEqual(offsets, upTo(Math.max(0, from), 3000))
    }
    // Started again before anything came of it: only the last start counts.
    for (const from of [0, 2000, 10]) reader.start(0, from)
    assert.deepEqual(
      await offsetsOf(
        () => reader.poll(0, 100),
        (read) => read.at(-1) === 2999,
      ),
      upTo(10, 3000),
    )
    assert.deepEqual(
      await offsetsOf(
        () => reader.poll(1, 100),
        (read) => read.at(-1) === 2999,
      ),
      upTo(2990, 3000),
    )
    // At the end of the partition, it waits for what comes.
    reader.start(0, 3000)
    reader.stop(1)
    await write(settings, [...numbered(topic, 0, 2), ...numbered(topic, 1, 2)])
    assert.deepEqual(
      await offsetsOf(
        () => reader.poll(0, 100),
        (read) => read.length === 2,
      ),
      [3000, 3001],
    )
    assert.deepEqual(reader.poll(1, 10), [])
    assert.equal(reader.faultOf(0), undefined)
    await reader.close()
  },
)

test('a partition that was paused when its reading was begun anew is read from there', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 1, ['cycle'])
  const count = 2 * MOST_WAITING_RECORDS
  await write(settings, numbered(journalOf(settings), 0, count))
  const reader = new KafkaJournalReader(settings, bell)
  for (const from of [-1, 10]) {
    reader.start(0, from)
    // Nobody polls: it fills up, and is paused at the broker.
    const rings = bell.rings
    await eventually('records', () => (bell.rings > rings ? true : undefined))
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  reader.start(0, count - 1000)
  assert.deepEqual(
    await offsetsOf(
      () => reader.poll(0, 1000),
      (read) => read.at(-1) === count - 1,
    ),
    upTo(count - 1000, count),
  )
  await reader.close()
})

test(
  'a partition that nobody polls is paused at its bound, the others go on, and nothing is lost',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    await makeTopics(settings, 2, ['cycle'])
    const topic = journalOf(settings)
    const count = 3 * MOST_WAITING_RECORDS
    await write(settings, [...numbered(topic, 0, count), ...numbered(topic, 1, count)])
    const reader = new KafkaJournalReader(settings, bell)
    for (const partition of [0, 1]) reader.start(partition, -1)
    assert.deepEqual(
      await offsetsOf(
        () => reader.poll(1, 1000),
        (read) => read.length >= count,
      ),
      upTo(0, count),
    )
    const waiting = reader.poll(0, Number.MAX_SAFE_INTEGER).length
    assert.ok(waiting < 2 * MOST_WAITING_RECORDS, `${waiting} records were waiting`)
    const rest = await offsetsOf(
      () => reader.poll(0, 1000),
      (read) => read.at(-1) === count - 1,
    )
    assert.deepEqual(rest, upTo(waiting, count))
    await reader.close()
  },
)

test('pauses and resumptions at any moment lose nothing', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 1)
  const topic = topicOf(settings.topicPrefix, 'cash-movement')
  const count = 30_000
  await write(settings, numbered(topic, 0, count))
  const sources = new KafkaSourceReader(settings, bell)
  sources.start(0, new Map())
  let turn = 0
  const offsets = await offsetsOf(
    () => {
      turn += 1
      if (turn % 3 === 0) sources.pause(0)
      if (turn % 3 === 1) sources.resume(0)
      return sources.poll(0, 500)
    },
    (read) => read.length >= count,
  )
  assert.deepEqual(offsets, upTo(0, count))
  // Held: it fills its queue here and not more, and goes on from there.
  sources.pause(0)
  const more = 2 * MOST_WAITING_RECORDS
  await write(settings, numbered(topic, 0, more))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const first = sources.poll(0, more).map(({ offset }) => offset)
  assert.ok(first.length > 0 && first.length < more, `${first.length} records`)
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.deepEqual(sources.poll(0, more), [])
  sources.resume(0)
  const rest = await offsetsOf(
    () => sources.poll(0, 1000),
    (read) => read.at(-1) === count + more - 1,
  )
  assert.deepEqual([...first, ...rest], upTo(count, count + more))
  await sources.close()
})

test('every source topic is read from its own offset, and the lag tells what is left', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 2)
  const topics = SOURCE_STREAMS.map((stream) => topicOf(settings.topicPrefix, stream))
  await write(
    settings,
    topics.flatMap((topic) => numbered(topic, 1, 5)),
  )
  const sources = new KafkaSourceReader(settings, bell)
  assert.equal(sources.lagOf(1), -1)
  sources.start(1, new Map([[topics[0], 3]]))
  const records = new Map<string, number[]>()
  await eventually('the lag is known', () => (sources.lagOf(1) === topics.length * 5 - 3 ? true : undefined))
  await eventually('all records', () => {
    for (const { topic, offset, timestampMs } of sources.poll(1, 7)) {
      records.set(topic, [...(records.get(topic) ?? []), offset])
      assert.ok(Math.abs(Date.now() - timestampMs) < 600_000)
    }
    return sources.lagOf(1) === 0 ? true : undefined
  })
  for (const topic of topics)
    assert.deepEqual(records.get(topic), upTo(topic === topics[0] ? 3 : 0, 5), topic)
  // Behind again: told without being polled.
  sources.pause(1)
  await write(settings, numbered(topics[2], 1, 4))
  await eventually('the lag grows', () => (sources.lagOf(1) === 4 ? true : undefined))
  await sources.close()
})

test(
  'an offset that is gone, or never was, and a topic that is not there, are refused with the reason',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    await makeTopics(settings, 2, ['cycle'])
    const topic = journalOf(settings)
    await write(settings, numbered(topic, 0, 100))
    await removeBefore(settings, topic, 0, 50)
    const reader = new KafkaJournalReader(settings, bell)
    const refusal = async (partition: number, offset: number) => {
      reader.start(partition, offset)
      const fault = await eventually('a fault', () => reader.faultOf(partition))
      assert.equal(fault.kind, 'refused')
      assert.deepEqual(reader.poll(partition, 10), [])
      return fault.error.toLine()
    }
    assert.match(await refusal(0, 49), /cycle partition 0: .*from offset 49, .*holds 50 to 100.*retention/)
    assert.match(await refusal(0, 101), /from offset 101.*another cluster/)
    assert.match(await refusal(1, 1), /holds 0 to 0/)
    assert.match(await refusal(5, -1), /weir topics/)
    reader.start(0, 50)
    assert.deepEqual(
      await offsetsOf(
        () => reader.poll(0, 100),
        (read) => read.at(-1) === 99,
      ),
      upTo(50, 100),
    )
    assert.equal(reader.faultOf(0), undefined)
    await reader.close()
  },
)

test('what retention removes while a partition is paused is told, not passed over', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 1)
  const topic = topicOf(settings.topicPrefix, 'cash-movement')
  const sources = new KafkaSourceReader(settings, bell)
  await write(settings, numbered(topic, 0, 10))
  sources.start(0, new Map())
  await offsetsOf(
    () => sources.poll(0, 100),
    (read) => read.length === 10,
  )
  sources.pause(0)
  const count = 3 * MOST_WAITING_RECORDS
  await write(settings, numbered(topic, 0, count))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await removeBefore(settings, topic, 0, count)
  sources.resume(0)
  const fault = await eventually('a fault', () => {
    sources.poll(0, count)
    return sources.faultOf(0)
  })
  assert.equal(fault.kind, 'refused')
  assert.match(fault.error.toLine(), new RegExp(`from offset [0-9]+, .*holds ${count} to ${count + 10}`))
  await sources.close()
})

test(
  'a record far above the bounds of a fetch is delivered, and so is what follows it',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    await makeTopics(settings, 1, ['cycle'], { 'max.message.bytes': String(60 * 1024 * 1024) })
    const topic = journalOf(settings)
    const huge = Buffer.alloc(50_000_000, 120)
    await write(settings, [{ topic, partition: 0, value: Buffer.from('first') }])
    await write(settings, [{ topic, partition: 0, value: huge }], {
      'message.max.bytes': 60 * 1024 * 1024,
    })
    await write(settings, numbered(topic, 0, 2))
    const reader = new KafkaJournalReader(settings, bell)
    reader.start(0, -1)
    const sizes: number[] = []
    await eventually('four records', () => {
      for (const { value } of reader.poll(0, 10)) sizes.push(value?.length ?? -1)
      return sizes.length === 4 ? true : undefined
    })
    assert.deepEqual(sizes, [5, huge.length, 10, 10])
    await reader.close()
  },
)

test(
  'surveys get their client while nothing of the consumer is under way on another thread',
  options,
  async () => {
    const { AdminClient, KafkaConsumer } = await loadKafka()
    const prototype = KafkaConsumer.prototype as unknown as { consume: Consume }
    const { consume } = prototype
    const factory = AdminClient as unknown as { createFrom: (client: unknown) => unknown }
    const { createFrom } = factory
    const underWay = new Map<unknown, number>()
    const seen: number[] = []
    prototype.consume = function (this: unknown, most, done) {
      consume.call(this, most, (error, messages) => {
        underWay.set(this, (underWay.get(this) ?? 0) - 1)
        done(error, messages)
      })
      underWay.set(this, (underWay.get(this) ?? 0) + 1)
    }
    factory.createFrom = (client) => {
      seen.push(underWay.get(client) ?? 0)
      return createFrom(client)
    }
    try {
      const settings = settingsFor((await sharedKafka()).bootstrap)
      await makeTopics(settings, 1, ['cycle'])
      await write(settings, numbered(journalOf(settings), 0, 1))
      for (let round = 0; round < 3; round++) {
        const reader = new KafkaJournalReader(settings, bell)
        reader.start(0, -1)
        await eventually('the record', () => (reader.poll(0, 1).length === 1 ? true : undefined))
        await reader.close()
      }
    } finally {
      prototype.consume = consume
      factory.createFrom = createFrom
    }
    assert.ok([...underWay.keys()].length >= 3)
    assert.deepEqual(seen, [0, 0, 0])
  },
)

type Consume = (
  this: unknown,
  most: number,
  done: (error: unknown, messages: readonly unknown[]) => void,
) => void

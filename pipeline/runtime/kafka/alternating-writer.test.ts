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
import type { OutgoingRecord } from '../distributed/ports.js'
import { topicOf } from '../distributed/topics.js'
import { AlternatingWriter } from './alternating-writer.js'
import { KafkaJournalReader } from './journal-reader.js'
import type { KafkaSettings } from './settings.js'
import { KafkaWriter } from './writer.js'

const options = await needsKafka()
const bell = new RecordedBell()

function record(settings: KafkaSettings, value: string): OutgoingRecord {
  const topic = topicOf(settings.topicPrefix, 'cycle')
  return { topic, partition: 0, key: Buffer.from('group'), value: Buffer.from(value) }
}

async function freshSettings(): Promise<KafkaSettings> {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 1, ['cycle'])
  return settings
}

async function valuesRead(settings: KafkaSettings, count: number): Promise<string[]> {
  const reader = new KafkaJournalReader(settings, bell)
  reader.start(0, -1)
  const values: string[] = []
  await eventually(`${count} records`, () => {
    for (const { value } of reader.poll(0, 1000)) values.push(Buffer.from(value ?? []).toString())
    return values.length >= count ? true : undefined
  })
  await reader.close()
  return values
}

test('transactions of both ids are read in the order in which they were committed', options, async () => {
  const settings = await freshSettings()
  const writer = new AlternatingWriter(settings, 0, bell)
  await opened(writer)
  const values = Array.from({ length: 60 }, (_, at) => `value ${at}`)
  for (const [at, value] of values.entries()) {
    writer.produce(record(settings, value))
    if (at % 3 === 2) await done(writer.commit())
  }
  assert.deepEqual(await valuesRead(settings, values.length), values)
  writer.close()
})

test('after an abort the same id goes on, and what was aborted is never read', options, async () => {
  const settings = await freshSettings()
  const writer = new AlternatingWriter(settings, 0, bell)
  await opened(writer)
  for (const value of ['a', 'b', 'c']) {
    writer.produce(record(settings, `not ${value}`))
    await done(writer.abort())
    writer.produce(record(settings, value))
    await done(writer.commit())
  }
  assert.deepEqual(await valuesRead(settings, 3), ['a', 'b', 'c'])
  writer.close()
})

for (const commits of [0, 1, 2])
  test(
    `whoever opens both ids last is the owner, after ${commits} commits of the one before`,
    options,
    async () => {
      const settings = await freshSettings()
      const [first, second] = [0, 1].map(() => new AlternatingWriter(settings, 0, bell))
      await opened(first)
      for (let at = 0; at < commits; at++) {
        first.produce(record(settings, `first ${at}`))
        await done(first.commit())
      }
      first.produce(record(settings, 'not committed'))
      await opened(second)
      await failed(first.commit(), 'fenced')
      second.produce(record(settings, 'second'))
      await done(second.commit())
      const expected = Array.from({ length: commits }, (_, at) => `first ${at}`)
      assert.deepEqual(await valuesRead(settings, commits + 1), [...expected, 'second'])
      for (const writer of [first, second]) writer.close()
    },
  )

test('one that has taken over the first id only shuts the owner out all the same', options, async () => {
  const settings = await freshSettings()
  const owner = new AlternatingWriter(settings, 0, bell)
  await opened(owner)
  const half = new KafkaWriter(settings, 0, bell)
  await opened(half)
  owner.produce(record(settings, 'by the first id'))
  await failed(owner.commit(), 'fenced')
  for (const writer of [owner, half]) writer.close()
})

test('of two that open at once at most one commits twice in a row', options, async () => {
  for (let round = 0; round < 5; round++) {
    const settings = await freshSettings()
    const rivals = [0, 1].map(() => new AlternatingWriter(settings, 0, bell))
    const openings = await Promise.all(rivals.map((rival) => settled(rival.open())))
    const lasting: number[] = []
    for (const [at, rival] of rivals.entries()) {
      if (openings[at]?.state !== 'done') continue
      let count = 0
      for (; count < 2; count++) {
        rival.produce(record(settings, `${at}`))
        const { state, fault } = await settled(rival.commit())
        if (state === 'done') continue
        assert.equal(fault?.kind, 'fenced', fault?.error.toLine())
        break
      }
      if (count === 2) lasting.push(at)
    }
    assert.ok(lasting.length <= 1, `round ${round}: both commit`)
    for (const rival of rivals) rival.close()
  }
})

test('closed while it opens, it opens nothing more', options, async () => {
  const settings = await freshSettings()
  const writer = new AlternatingWriter(settings, 0, bell)
  const opening = writer.open()
  writer.close()
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.notEqual(opening.state, 'done')
  const next = new AlternatingWriter(settings, 0, bell)
  await opened(next)
  next.produce(record(settings, 'next'))
  await done(next.commit())
  next.close()
})

test('without a broker it fails as one id does, and says where', options, async () => {
  const writer = new AlternatingWriter(settingsFor('127.0.0.1:9'), 0, bell)
  assert.match(await failed(writer.open(), 'retriable'), /cycle-0: .*cannot be reached/)
  writer.close()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import { startKafka } from '../../../tests/support/kafka/cluster.js'
import {
  eventually,
  makeTopics,
  opened,
  persistently,
  RecordedBell,
  settingsFor,
} from '../../../tests/support/kafka/ports-fixture.js'
import type { Operation } from '../distributed/ports.js'
import { topicOf } from '../distributed/topics.js'
import { KafkaJournalReader } from './journal-reader.js'
import { KafkaWriter } from './writer.js'

const options = await needsKafka()
const bell = new RecordedBell()

/** Writes a batch until it is committed, as an owner does: by the same request again, or by another transaction. */
async function commitBatch(writer: KafkaWriter, write: () => void): Promise<Operation<void>> {
  write()
  for (let attempt = 0; ; attempt += 1) {
    const committed = await persistently(() => writer.commit())
    if (committed.fault?.kind !== 'abortable' || attempt === 5) return committed
    const aborted = await persistently(() => writer.abort())
    // Not to be aborted: it may have been committed after all, so only the journal can tell.
    if (aborted.state === 'failed') return aborted
    write()
  }
}

test(
  'a broker that is killed amid transactions and comes back: every batch is there, once and whole',
  options,
  async () => {
    const kafka = await startKafka()
    try {
      const settings = settingsFor(kafka.bootstrap)
      await makeTopics(settings, 1, ['cycle'])
      const topic = topicOf(settings.topicPrefix, 'cycle')
      let writer = new KafkaWriter(settings, 0, bell)
      await opened(writer)
      const reader = new KafkaJournalReader(settings, bell)
      reader.start(0, -1)
      const batches = 30
      let restarted: Promise<void> | undefined
      for (let batch = 0; batch < batches; batch += 1) {
        const write = () => {
          for (let at = 0; at < 10; at += 1)
            writer.produce({ topic, partition: 0, key: null, value: Buffer.from(`${batch}/${at}`) })
        }
        if (batch === 10) restarted = kafka.kill(0).then(() => kafka.restart(0))
        let committed = await commitBatch(writer, write)
        if (committed.state === 'failed') {
          // Given up as an owner would: taken over anew, and what became of the batch is read from the journal.
          assert.match(committed.fault?.kind ?? '', /fenced|fatal/)
          writer.close()
          writer = new KafkaWriter(settings, 0, bell)
          await opened(writer)
          if (!(await isThere(settings, `${batch}/9`))) committed = await commitBatch(writer, write)
          else committed = { state: 'done' }
        }
        assert.equal(committed.state, 'done', committed.fault?.error.toLine())
      }
      await restarted
      const values: string[] = []
      await eventually('all records', () => {
        for (const { value } of reader.poll(0, 1000)) values.push(Buffer.from(value ?? []).toString())
        return values.length >= batches * 10 ? true : undefined
      })
      assert.deepEqual(
        values,
        Array.from({ length: batches * 10 }, (_, at) => `${Math.floor(at / 10)}/${at % 10}`),
      )
      writer.close()
      await reader.close()
    } finally {
      await kafka.stop()
    }
  },
)

/** Whether the value is the last of the journal; the writer was opened, so nothing is undecided. */
async function isThere(settings: ReturnType<typeof settingsFor>, value: string): Promise<boolean> {
  const reader = new KafkaJournalReader(settings, bell)
  reader.start(0, -1)
  let last = ''
  const until = performance.now() + 3000
  while (performance.now() < until && last !== value) {
    for (const record of reader.poll(0, 1000)) last = Buffer.from(record.value ?? []).toString()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await reader.close()
  return last === value
}

test('without a broker a reader is at fault and gets on when one comes', options, async () => {
  const kafka = await startKafka()
  try {
    const settings = settingsFor(kafka.bootstrap)
    await makeTopics(settings, 1, ['cycle'])
    const topic = topicOf(settings.topicPrefix, 'cycle')
    const early = new KafkaJournalReader(settings, bell)
    const running = new KafkaJournalReader(settings, bell)
    const writer = new KafkaWriter(settings, 0, bell)
    await opened(writer)
    writer.produce({ topic, partition: 0, key: null, value: Buffer.from('before') })
    assert.equal((await persistently(() => writer.commit())).state, 'done')
    running.start(0, -1)
    await eventually('the record', () => (running.poll(0, 10).length === 1 ? true : undefined))
    await kafka.kill(0)
    early.start(0, -1)
    for (const reader of [early, running]) {
      const fault = await eventually('a fault', () => reader.faultOf(0))
      assert.equal(fault.kind, 'retriable', fault.error.toLine())
    }
    await kafka.restart(0)
    assert.equal(
      (
        await commitBatch(writer, () =>
          writer.produce({ topic, partition: 0, key: null, value: Buffer.from('after') }),
        )
      ).state,
      'done',
    )
    let [seenEarly, seenRunning] = [0, 0]
    await eventually('the records', () => {
      seenEarly += early.poll(0, 10).length
      seenRunning += running.poll(0, 10).length
      return seenEarly === 2 && seenRunning === 1 ? true : undefined
    })
    for (const reader of [early, running])
      await eventually('no fault', () => (reader.faultOf(0) === undefined ? true : undefined))
    writer.close()
    await Promise.all([early.close(), running.close()])
  } finally {
    await kafka.stop()
  }
})

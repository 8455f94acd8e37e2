/** `weir notify` on the journal topic of a real Kafka: each alert arrives once, signed, across an end and a kill of the notifier. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { JOURNAL_STREAM } from '../pipeline/runtime/distributed/topics.js'
import type { KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import type { JournalEntryReader } from '../sinks/journal/journal-port.js'
import { weir, withFolder } from './cli/weir-process.js'
import { needsKafka } from './support/kafka/availability.js'
import { JournalWriter } from './support/kafka/journal-writer.js'
import { makeTopics, settingsFor } from './support/kafka/ports-fixture.js'
import { Running } from './support/kafka/principals.js'
import { sharedKafka } from './support/kafka/shared.js'
import { smallGroupJournal } from './support/small-group-journal.js'
import { receiveWebhooks } from './support/webhook-receiver.js'

const { skip } = await needsKafka()
if (skip !== false) process.stderr.write(`NO KAFKA, NOTHING PROVEN: ${skip}\n`)

/** The third partition stays empty: nobody may wait for it. */
const PARTITIONS = 3
const SEEDS = [1, 5]
/** The machine of the tests may be busy; nothing is measured here. */
const BOUND_MS = 120_000

let settings: KafkaSettings
let journals: readonly (readonly JournalEntryReader[])[]
let writers: readonly JournalWriter[] = []

before(async () => {
  if (skip !== false) return
  settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, PARTITIONS, [JOURNAL_STREAM])
  journals = await Promise.all(SEEDS.map((seed) => smallGroupJournal({ seed, steps: 30 })))
  writers = journals.map((entries, partition) => new JournalWriter(settings, partition, entries))
  for (const writer of writers) await writer.open()
})

after(() => {
  for (const writer of writers) writer.close()
})

const endOf = (entries: readonly JournalEntryReader[], share: number) => Math.floor(entries.length * share)

async function write(share: number): Promise<void> {
  await Promise.all(writers.map((writer, at) => writer.writeUntil(endOf(journals[at] ?? [], share))))
}

/** In the part of the journals that is written then. */
function alerts(share: number): number {
  return journals
    .flatMap((entries) => entries.slice(0, endOf(entries, share)))
    .map((entry) => entry.decode())
    .reduce((sum, body) => sum + ('weir.CycleResult' in body ? body['weir.CycleResult'].alerts.length : 0), 0)
}

test('each alert of the topic arrives once, signed, though the notifier ends and is killed', {
  skip,
}, async () => {
  const receiver = await receiveWebhooks()
  const { ids, url } = receiver
  const arrived = async (count: number): Promise<void> => {
    const untilMs = performance.now() + BOUND_MS
    while (ids.length < count && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([ids.length, new Set(ids).size], [count, count])
  }
  let running: Running | undefined
  try {
    await withFolder(async (cwd) => {
      const made = await weir(['identity', 'key', '--out', 'webhook.key'], { cwd })
      receiver.key = `whpk_${made.stdout.trim()}`
      const webhook = `webhook: {url: '${url}', signingKeyFile: webhook.key, allowPrivateAddresses: true}`
      const config = join(cwd, 'weir.yaml')
      const lines = [
        'notifications:',
        '  targets:',
        `    - {name: desk, severity: INFO, perMinute: 600, ${webhook}}`,
        'kafka:',
        `  bootstrapServers: ${settings.bootstrapServers.join(',')}`,
        `  topicPrefix: ${settings.topicPrefix}`,
        '',
      ]
      writeFileSync(config, lines.join('\n'))
      const notify = ['notify', '--config', config, '--data-dir', join(cwd, 'data'), '--json']

      await write(0.45)
      assert.ok(alerts(0.45) > 0 && alerts(0.45) < alerts(0.65) && alerts(0.65) < alerts(1))
      const first = await weir([...notify, '--until-end'], { cwd })
      assert.equal(first.code, 0, first.stderr)
      await arrived(alerts(0.45))

      // One that follows for ever is told to end, and one is killed after it has told everything.
      running = new Running(notify)
      await write(0.65)
      await arrived(alerts(0.65))
      assert.equal(await running.end('SIGINT'), 130, running.output)
      running = new Running(notify)
      await write(1)
      await arrived(alerts(1))
      await running.end('SIGKILL')

      const last = await weir([...notify, '--until-end'], { cwd })
      assert.equal(last.code, 0, last.stderr)
      await arrived(alerts(1))
    })
  } finally {
    await running?.end('SIGKILL')
    await receiver.close()
  }
})

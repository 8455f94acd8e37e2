/** The journal topic of a real Kafka into an audit log for each partition, gone on with, checked, and a decision of it proven from its bundle alone. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { JOURNAL_STREAM } from '../pipeline/runtime/distributed/topics.js'
import type { KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import { engineMissing } from '../sinks/clickhouse/testing/engine.js'
import { makeSyntheticDay } from '../sinks/clickhouse/testing/synthetic-day.js'
import type { JournalEntryReader } from '../sinks/journal/journal-port.js'
import { type Outcome, weir, withFolder } from './cli/weir-process.js'
import { needsKafka } from './support/kafka/availability.js'
import { JournalWriter } from './support/kafka/journal-writer.js'
import { makeTopics, settingsFor } from './support/kafka/ports-fixture.js'
import { sharedKafka } from './support/kafka/shared.js'
import { smallGroupJournal } from './support/small-group-journal.js'

const { skip } = await needsKafka()
if (skip !== false) process.stderr.write(`NO KAFKA, NOTHING PROVEN: ${skip}\n`)

/** The third partition stays empty. */
const PARTITIONS = 3
const DECISIONS = 0
let settings: KafkaSettings
let writers: JournalWriter[] = []
let journals: readonly JournalEntryReader[][]

before(async () => {
  if (skip !== false) return
  const { bootstrap } = await sharedKafka()
  settings = settingsFor(bootstrap)
  await makeTopics(settings, PARTITIONS, [JOURNAL_STREAM])
  const day = makeSyntheticDay({ seed: 8, groups: 2, cycles: 40, movements: 3 })
  journals = [await smallGroupJournal({ seed: 4, steps: 30 }), [...day.entries]]
  writers = journals.map((entries, partition) => new JournalWriter(settings, partition, entries))
  for (const writer of writers) await writer.open()
})

after(() => {
  for (const writer of writers) writer.close()
})

const write = (share: number) =>
  Promise.all(
    writers.map((writer, partition) =>
      writer.writeUntil(Math.floor((journals[partition]?.length ?? 0) * share)),
    ),
  )

function documentOf<Document>({ code, stdout, stderr }: Outcome): Document {
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as Document
}

interface Logs {
  readonly logs: readonly {
    readonly origin: string
    readonly partition: number
    readonly leaves: number
    readonly appended: number
    readonly behind: number
    readonly clickhouse?: {
      readonly equal: boolean
      readonly compared: number
      readonly behindEntries: number
    }
  }[]
}

function lastActed(): string {
  const acted = (journals[DECISIONS] ?? [])
    .flatMap((entry) => {
      const body = entry.decode()
      return 'weir.CycleResult' in body ? body['weir.CycleResult'].decisions : []
    })
    .findLast(({ instructions }) => instructions > 0)
  return Buffer.from(acted?.decisionId ?? assert.fail('nothing was decided')).toString('hex')
}

test('each partition has a log of its own, and a decision is proven by its bundle', { skip }, async () => {
  await withFolder(async (cwd) => {
    const at = { cwd }
    const topic = ['--kafka', settings.bootstrapServers.join(','), '--topic-prefix', settings.topicPrefix]
    const where = [...topic, '--data-dir', 'data', '--json']
    const key = await weir(['audit', 'key', 'weir.example/treasury', '--out', 'audit.key'], at)
    writeFileSync(join(cwd, 'audit.pub'), key.stdout)
    const append = async () =>
      documentOf<Logs>(await weir(['audit', 'append', '--key', 'audit.key', ...where], at)).logs

    await write(0.5)
    const first = await append()
    assert.deepEqual(
      first.map(({ origin }) => origin),
      ['weir.example/treasury/0', 'weir.example/treasury/1'],
    )
    await write(1)
    const second = await append()
    for (const [index, { leaves, appended }] of second.entries())
      assert.equal(leaves, (first[index]?.leaves ?? 0) + appended)
    assert.ok(second.every(({ appended }) => appended > 0))
    const reader = ['--keys', 'audit.pub', ...where]
    const checked = documentOf<Logs>(await weir(['audit', 'check', ...reader], at)).logs
    assert.deepEqual(
      checked.map(({ leaves, behind }) => [leaves, behind]),
      second.map(({ leaves }) => [leaves, 0]),
    )

    // Beside the rows of the embedded engine, which the projector has filled from the same topic.
    if (engineMissing() === false) {
      documentOf(await weir(['project', '--until-end', ...where], at))
      const rows = documentOf<Logs>(await weir(['audit', 'check', '--clickhouse', ...reader], at)).logs
      assert.deepEqual(
        rows.map(({ partition, clickhouse }) => [partition, clickhouse?.equal, clickhouse?.behindEntries]),
        [0, 1].map((partition) => [partition, true, 0]),
      )
      assert.ok(rows.every(({ clickhouse }) => (clickhouse?.compared ?? 0) > 0))
    }

    documentOf(await weir(['audit', 'export', lastActed(), '--out', 'bundle', ...reader], at))
    const verdict = documentOf<{ verified: boolean; points: { detail: string }[] }>(
      await weir(['audit', 'verify', 'bundle', '--keys', 'audit.pub', '--json'], at),
    )
    assert.equal(verdict.verified, true)
    assert.match(verdict.points[0]?.detail ?? '', /weir\.example\/treasury\/0/)
  })
})

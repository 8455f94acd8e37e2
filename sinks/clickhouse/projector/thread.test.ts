import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { Journal } from '../../../pipeline/runtime/journal/journal.js'
import { fileJournal } from '../../journal/journal-port.js'
import { migrate } from '../migrate.js'
import { engineMissing, silentLog, tableContents, withEngine } from '../testing/engine.js'
import { makeSyntheticDay } from '../testing/synthetic-day.js'
import { Projector } from './projector.js'
import { ProjectorThread } from './thread.js'

const skip = engineMissing()
const day = makeSyntheticDay({ seed: 3, groups: 2, cycles: 20, movements: 4 })

/** Writes the day as a journal; `onDurable` is told of each commit. */
async function writeJournal(directory: string, onDurable: (sequence: number) => void): Promise<void> {
  const journal = await Journal.open({ directory, onDurable })
  for (const { body } of day.entries) journal.append(body)
  await journal.close()
}

test('the thread projects what is durable, while it is written and after a restart', { skip }, async () => {
  await withEngine(async (target, dataDir) => {
    await migrate(target.writer())
    const journalDirectory = join(dataDir, 'journal')
    const options = { journalDirectory, connection: target.writer(), log: silentLog }
    const first = new ProjectorThread(options)
    await writeJournal(journalDirectory, (sequence) => first.durable(sequence + 1))
    await first.drain(day.entries.length, 60_000)
    assert.equal(first.projectedUntil, day.entries.length)
    await first.stop()
    const contents = await tableContents(target)
    assert.ok(Number(contents.inputs!.rows) > 100)
    const second = new ProjectorThread(options)
    await second.drain(day.entries.length, 60_000)
    await second.stop()
    assert.deepEqual(await tableContents(target), contents)
    await withEngine(async (other) => {
      await migrate(other.writer())
      const signal = new AbortController().signal
      const inline = await Projector.open({
        journal: fileJournal(day.read),
        connection: other.writer(),
        log: silentLog,
        signal,
      })
      await inline.projectUntil(day.entries.length)
      await inline.close()
      assert.deepEqual(await tableContents(other), contents)
    })
  })
})

test('a server that is away is a lag: told by drain, and the thread still stops', { skip }, async () => {
  await withEngine(async (target, dataDir) => {
    const journalDirectory = join(dataDir, 'journal')
    const connection = { ...target.writer(), url: 'http://127.0.0.1:9' }
    const thread = new ProjectorThread({ journalDirectory, connection, log: silentLog })
    await writeJournal(journalDirectory, (sequence) => thread.durable(sequence + 1))
    await assert.rejects(
      thread.drain(day.entries.length, 300),
      (error: unknown) =>
        error instanceof WeirError && /0 of \d+ journal entries.*nothing is lost/.test(error.toLine()),
    )
    assert.equal(thread.failure, undefined)
    await thread.stop()
  })
})

test('a database without tables ends the projection with one clear error', { skip }, async () => {
  await withEngine(async (target, dataDir) => {
    const journalDirectory = join(dataDir, 'journal')
    const thread = new ProjectorThread({ journalDirectory, connection: target.writer(), log: silentLog })
    await writeJournal(journalDirectory, (sequence) => thread.durable(sequence + 1))
    await assert.rejects(
      thread.drain(day.entries.length, 60_000),
      (error: unknown) => error instanceof WeirError && error.code === 'WEIR_CLICKHOUSE',
    )
    assert.equal(thread.failure?.code, 'WEIR_CLICKHOUSE')
    await thread.stop()
  })
})

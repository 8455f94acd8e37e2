import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeSyntheticDay } from '../../clickhouse/testing/synthetic-day.js'
import { fileJournal } from '../../journal/journal-port.js'
import { append, EMPTY_EDGE, rootOf } from '../log/edge.js'
import { appendLeaves, checkLeaves, type LeafLog } from './audit-projection.js'

const day = makeSyntheticDay({ seed: 5, groups: 3, cycles: 40, movements: 2 })
const journal = fileJournal(day.read)

/** A log whose `append` fails when told to: nothing of that batch is in. */
class ListLog implements LeafLog {
  readonly leaves: Uint8Array[] = []
  failAfter = Number.POSITIVE_INFINITY

  get size(): number {
    return this.leaves.length
  }

  get root(): Uint8Array {
    return rootOf(append(EMPTY_EDGE, this.leaves).edge)
  }

  async record(index: number): Promise<Uint8Array> {
    return this.leaves[index] ?? assert.fail(`no leaf ${index}`)
  }

  async append(leaves: readonly Uint8Array[]): Promise<void> {
    if (this.leaves.length + leaves.length > this.failAfter) throw new Error('stopped')
    this.leaves.push(...leaves)
  }
}

const whole = new ListLog()
const report = await appendLeaves(journal, whole)

test('a log gets every leaf once, and none when there is nothing new', async () => {
  assert.equal(report.appended, whole.size)
  assert.ok(whole.size > 100)
  assert.deepEqual(await appendLeaves(journal, whole), { ...report, appended: 0 })
  assert.deepEqual(await checkLeaves(journal, whole), { ...report, appended: 0 })
})

test('however often it is cut off, the log comes to the same leaves', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: day.entries.length }), { maxLength: 6 }),
      async (cuts) => {
        const log = new ListLog()
        for (const until of cuts.sort((a, b) => a - b)) await appendLeaves(journal, log, until)
        await appendLeaves(journal, log)
        assert.deepEqual(log.leaves, whole.leaves)
      },
    ),
    { numRuns: 20 },
  )
})

test('a batch that fails is written by the next start', async () => {
  const log = new ListLog()
  log.failAfter = 0
  await assert.rejects(appendLeaves(journal, log), /stopped/)
  log.failAfter = Number.POSITIVE_INFINITY
  await appendLeaves(journal, log)
  assert.deepEqual(log.leaves, whole.leaves)
})

test('a leaf that was changed is found, wherever it is', async () => {
  for (const index of [0, 17, whole.size - 1]) {
    const log = new ListLog()
    log.leaves.push(...whole.leaves)
    const bytes = Buffer.from(log.leaves[index] ?? [])
    bytes[10] = (bytes[10] ?? 0) ^ 1
    log.leaves[index] = bytes
    await assert.rejects(checkLeaves(journal, log), {
      code: 'WEIR_JOURNAL',
      place: `audit log of partition 0, leaf ${index}`,
    })
  }
})

test('a root that was signed over other leaves is found', async () => {
  const signed = { size: whole.size, root: Buffer.alloc(32), record: (index: number) => whole.record(index) }
  await assert.rejects(checkLeaves(journal, signed), { code: 'WEIR_JOURNAL', message: /signed/ })
})

test('a log of another journal, or one with more leaves than the journal, is not gone on with', async () => {
  const other = fileJournal(makeSyntheticDay({ seed: 6, groups: 3, cycles: 40, movements: 2 }).read)
  const foreign = new ListLog()
  await appendLeaves(other, foreign, 60)
  const size = foreign.size
  assert.ok(size > 0)
  await assert.rejects(appendLeaves(journal, foreign), { code: 'WEIR_JOURNAL' })
  assert.equal(foreign.size, size)
  const longer = new ListLog()
  longer.leaves.push(...whole.leaves, Buffer.from('{}'))
  for (const running of [appendLeaves(journal, longer), checkLeaves(journal, longer)])
    await assert.rejects(running, { code: 'WEIR_JOURNAL', message: /the journal gives/ })
})

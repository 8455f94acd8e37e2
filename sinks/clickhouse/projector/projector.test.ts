import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { FILE_JOURNAL, fileJournal, placeAfter, type ReadJournal } from '../../journal/journal-port.js'
import { migrate } from '../migrate.js'
import { type ClickHouseTarget, connect } from '../target.js'
import { engineMissing, type TableContents, tableContents, withEngine } from '../testing/engine.js'
import { makeSyntheticDay, type SyntheticDay } from '../testing/synthetic-day.js'
import { UNUSED_TABLES } from '../testing/three-partitions.js'
import { readServerTables } from './columns.js'
import { claimPartition } from './fence.js'
import { Inserter } from './inserter.js'
import { Projection } from './projection.js'
import { Projector, type ProjectorOptions, type ProjectorStep } from './projector.js'
import { RangeRows } from './range.js'
import { restoreProjection } from './restore.js'

const skip = engineMissing()
const log = { warn: () => undefined }
const day = makeSyntheticDay({ seed: 7, groups: 2, cycles: 30, movements: 6 })
const RANGE_ENTRIES = 60
/** What an undisturbed projection of `day` gives. */
let undisturbed: TableContents

class Stopped extends Error {}

function options(target: ClickHouseTarget, more: Partial<ProjectorOptions> = {}): ProjectorOptions {
  return {
    journal: fileJournal(day.read),
    connection: target.writer(),
    log,
    signal: new AbortController().signal,
    rangeEntriesMax: RANGE_ENTRIES,
    ...more,
  }
}

/** Projects what is left of the day. */
async function finish(target: ClickHouseTarget, of: SyntheticDay = day): Promise<void> {
  const projector = await Projector.open(options(target, { journal: fileJournal(of.read) }))
  try {
    await projector.projectUntil(of.entries.length)
  } finally {
    await projector.close()
  }
}

before(async () => {
  if (skip !== false) return
  await withEngine(async (target) => {
    await migrate(target.writer())
    await finish(target)
    undisturbed = await tableContents(target)
  })
})

test('every table is filled, and a second projector finds nothing to do', { skip }, async () => {
  for (const [table, { rows }] of Object.entries(undisturbed))
    assert.ok(Number(rows) > 0 || UNUSED_TABLES.has(table), table)
  await withEngine(async (target) => {
    await migrate(target.writer())
    await finish(target)
    const steps: string[] = []
    const reached = async (step: ProjectorStep): Promise<void> => {
      steps.push(step)
    }
    const again = await Projector.open(options(target, { reached }))
    assert.equal(again.next, day.entries.length)
    await again.projectUntil(day.entries.length)
    await again.close()
    assert.deepEqual(steps, [])
    assert.deepEqual(await tableContents(target), undisturbed)
  })
})

/** All steps that a projection of the day goes through. */
async function recordSteps(target: ClickHouseTarget): Promise<number> {
  let steps = 0
  const reached = async (): Promise<void> => {
    steps += 1
  }
  const projector = await Projector.open(options(target, { reached }))
  await projector.projectUntil(day.entries.length)
  await projector.close()
  return steps
}

test('stopped at each step in turn and started anew it gives the same tables', { skip }, async () => {
  let steps = 0
  await withEngine(async (target) => {
    await migrate(target.writer())
    steps = await recordSteps(target)
  })
  assert.ok(steps > 40)
  await withEngine(async (target) => {
    await migrate(target.writer())
    // Each start is stopped one step later than the one before, until a range is complete.
    for (let patience = 1; ; patience++) {
      assert.ok(patience < 5_000, 'the projection gets on')
      let left = 1 + (patience % 19)
      const reached = async (): Promise<void> => {
        if (--left === 0) throw new Stopped()
      }
      const projector = await Projector.open(options(target, { reached }))
      try {
        await projector.projectUntil(day.entries.length)
        break
      } catch (error) {
        if (!(error instanceof Stopped)) throw error
      } finally {
        await projector.close()
      }
    }
    assert.deepEqual(await tableContents(target), undisturbed)
  })
})

const KILL_AT: readonly ProjectorStep[] = [
  'encoded',
  'intended',
  'inserted inputs',
  'inserted decisions',
  'inserted',
  'done',
]

test('the engine killed at each kind of step: nothing is lost or doubled', { skip }, async () => {
  await withEngine(async (target, _dataDir, enginePid) => {
    await migrate(target.writer())
    const ahead = new Set(KILL_AT)
    const reached = async (step: ProjectorStep): Promise<void> => {
      if (ahead.delete(step)) process.kill(enginePid(), 'SIGKILL')
    }
    const projector = await Projector.open(options(target, { reached }))
    await projector.projectUntil(day.entries.length)
    await projector.close()
    assert.deepEqual([...ahead], [])
    assert.deepEqual(await tableContents(target), undisturbed)
  }, KILL_AT.length)
})

test('rows that the server took and lost are put back', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const reached = async (step: ProjectorStep): Promise<void> => {
      if (step === 'inserted') throw new Stopped()
    }
    const projector = await Projector.open(options(target, { reached }))
    await assert.rejects(projector.projectUntil(day.entries.length), Stopped)
    await projector.close()
    // The tokens are known to the server and the rows are gone: as after a kill between the two.
    const client = connect(target.writer())
    for (const table of ['inputs', 'cycles']) {
      await client.command({
        query: `ALTER TABLE ${table} DELETE WHERE sequence % 2 = 0`,
        clickhouse_settings: { mutations_sync: '1' },
      })
    }
    await client.close()
    await finish(target)
    assert.deepEqual(await tableContents(target), undisturbed)
  })
})

test('a repeated insert has no effect while the token is known', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const rows = new RangeRows(0)
    const projection = new Projection()
    for (const entry of day.entries) projection.add(rows, entry)
    const client = connect(target.writer())
    const inserter = new Inserter(client, await readServerTables(client))
    const claim = await claimPartition(client, 0, '00000000-0000-8000-8000-000000000000', FILE_JOURNAL)
    const key = { claim, first: 0, last: day.entries.length - 1 }
    for (const insert of rows.inserts()) {
      for (let times = 0; times < 3; times++) await inserter.insertTable(key, insert, 'all')
    }
    await client.close()
    assert.deepEqual(await tableContents(target), undisturbed)
  })
})

test('the memory restored from the tables is the memory of the fold, after every entry', {
  skip,
}, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    await finish(target)
    const client = connect(target.writer())
    const folded = new Projection()
    const ignored = { add: () => undefined }
    for (const entry of day.entries) {
      const { sequence } = entry
      folded.add(ignored, entry)
      if (sequence % 5 !== 0) continue
      const place = placeAfter(entry)
      const resume = folded.resumePlace(place)
      const restored = await restoreProjection(client, fileJournal(day.read), sequence + 1, resume)
      for (const groupId of ['G-1', 'G-2']) {
        assert.deepEqual(restored.projection.lineage(groupId).fresh, folded.lineage(groupId).fresh)
        assert.deepEqual(
          [...restored.projection.lineage(groupId).latest],
          [...folded.lineage(groupId).latest],
        )
      }
      assert.deepEqual(restored.place, place)
      assert.deepEqual(restored.projection.resumePlace(place), resume)
    }
    await client.close()
  })
})

test('a database that holds another journal is refused', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    await finish(target)
    const other = makeSyntheticDay({ seed: 8, groups: 1, cycles: 3, movements: 1 })
    await assert.rejects(
      finish(target, other),
      (error: unknown) =>
        error instanceof WeirError && /holds journal .*a database of its own/.test(error.toLine()),
    )
  })
})

test('a journal that ends before what was announced is told', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const short: ReadJournal = (from, until) => day.read(from, Math.min(until, 50))
    const projector = await Projector.open(options(target, { journal: fileJournal(short) }))
    await assert.rejects(
      projector.projectUntil(60),
      (error: unknown) => error instanceof WeirError && error.code === 'WEIR_JOURNAL',
    )
    await projector.close()
  })
})

test('a server that stays away ends with its error when the caller gives up', { skip }, async () => {
  const gone = { url: 'http://127.0.0.1:9', database: 'weir', login: { username: 'weir', password: 'x' } }
  const controller = new AbortController()
  const warned: string[] = []
  const opening = Projector.open({
    journal: fileJournal(day.read),
    connection: gone,
    signal: controller.signal,
    log: {
      warn: (_fields, message) => {
        warned.push(message)
        if (warned.length === 3) controller.abort()
      },
    },
  })
  await assert.rejects(
    opening,
    (error: unknown) =>
      error instanceof WeirError && error.code === 'WEIR_CLICKHOUSE' && error.retry === 'backoff',
  )
  assert.equal(warned.length, 3)
})

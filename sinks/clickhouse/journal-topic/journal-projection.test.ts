import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { migrate } from '../migrate.js'
import type { ProjectorStep } from '../projector/projector.js'
import { engineMissing, type TableContents, tableContents, withEngine } from '../testing/engine.js'
import { MemoryTopic } from '../testing/memory-topic.js'
import {
  command,
  projection,
  syntheticDays,
  topicOf,
  UNUSED_TABLES,
  verdicts,
} from '../testing/three-partitions.js'
import { Bell } from './bell.js'

const skip = engineMissing()
const days = syntheticDays()
let undisturbed: TableContents

class Stopped extends Error {}

before(async () => {
  if (skip !== false) return
  await withEngine(async (target) => {
    await migrate(target.writer())
    await projection(topicOf(days), target.writer()).run()
    undisturbed = await tableContents(target)
  })
})

test('three partitions are projected side by side, and ClickHouse equals the journal', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const topic = topicOf(days)
    const run = projection(topic, target.writer())
    await run.run()
    assert.deepEqual(
      run.progress,
      days.map((day, partition) => ({
        partition,
        state: 'ended',
        projected: day.entries.length,
        waiting: 0,
        lag: null,
      })),
    )
    assert.deepEqual(await tableContents(target), undisturbed)
    const found = await verdicts(topic, target)
    for (const [partition, verdict] of found.entries()) {
      assert.equal(verdict.equal, true, JSON.stringify(verdict))
      assert.equal(verdict.entries, days[partition]!.entries.length)
      assert.ok(verdict.tables.every(({ table, expected }) => expected > 0 || UNUSED_TABLES.has(table)))
    }
    // What is not as the journal says is found: a row too few, a row twice, a byte that differs.
    await command(
      target,
      "ALTER TABLE cycles DELETE WHERE journal_partition = 0 AND cycle = 3 AND group_id = 'G-1'",
    )
    await command(
      target,
      'INSERT INTO alerts SELECT * FROM alerts WHERE journal_partition = 1 ORDER BY sequence LIMIT 1',
    )
    await command(
      target,
      "ALTER TABLE inputs UPDATE touched = 'account:X' WHERE journal_partition = 2 AND cycle = 5 AND input_index = 0",
    )
    const wrong = (await verdicts(topic, target)).map(({ tables }) =>
      tables
        .filter(({ equal }) => !equal)
        .map(({ table, expected, found: rows }) => [table, rows - expected]),
    )
    assert.deepEqual(wrong, [[['cycles', -1]], [['alerts', 1]], [['inputs', 0]]])
  })
})

test('stopped at each step in turn and started anew it reads on from the kept offset', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const topic = topicOf(days)
    let starts = 0
    for (let patience = 1; ; patience++) {
      assert.ok(patience < 2_000, 'the projection gets on')
      let left = 1 + (patience % 29)
      const reached = async (): Promise<void> => {
        if (--left === 0) throw new Stopped()
      }
      try {
        await projection(topic, target.writer(), { reached }).run()
        break
      } catch (error) {
        if (!(error instanceof Stopped)) throw error
        starts++
      }
    }
    assert.ok(starts > 5)
    assert.deepEqual(await tableContents(target), undisturbed)
  })
})

test('a start reads from the place that the ledger kept, not from the beginning', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const day = days[0]!
    const half = Math.floor(day.entries.length / 2)
    const topic = new MemoryTopic(1)
    topic.write(0, day, 0, half)
    const one = { partitions: 1 }
    await projection(topic, target.writer(), one).run()
    topic.write(0, day, half)
    const ports = topic.ports(new Bell())
    await projection(topic, target.writer(), { ...one, ports }).run()
    const { starts } = ports.reader as unknown as { starts: Map<number, number[]> }
    // To see whether it has begun, to identify it, and then from the oldest cycle without a result.
    const [begun, identified, resumed, ...more] = starts.get(0)!
    assert.deepEqual([begun, identified, more], [-1, -1, []])
    assert.ok(resumed! > half * 0.9, `${resumed} of ${half}`)
    assert.ok((await verdicts(topic, target, 1)).every(({ equal }) => equal))
  })
})

test('a topic that was made anew and a journal in files are refused', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    await projection(topicOf(days), target.writer()).run()
    const anew = topicOf([days[1]!, days[0]!, days[2]!])
    await assert.rejects(
      projection(anew, target.writer()).run(),
      (error: unknown) =>
        error instanceof WeirError && /holds journal .*made anew is another/.test(error.toLine()),
    )
    assert.deepEqual(await tableContents(target), undisturbed)
  })
})

test('an entry that does not follow what was projected stops the partition', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const day = days[0]!
    const topic = new MemoryTopic(1)
    topic.write(0, day, 0, 60)
    await projection(topic, target.writer(), { partitions: 1 }).run()
    const other = new MemoryTopic(1)
    other.write(0, day, 0, 50)
    other.write(0, day, 51)
    await assert.rejects(
      projection(other, target.writer(), { partitions: 1 }).run(),
      (error: unknown) => error instanceof WeirError && error.code === 'WEIR_JOURNAL',
    )
  })
})

test('while ClickHouse is away it waits, and goes on where it was', { skip }, async () => {
  await withEngine(async (target, _dataDir, enginePid) => {
    await migrate(target.writer())
    let killed = 0
    const reached = async (step: ProjectorStep): Promise<void> => {
      if (step !== 'inserted cycles' || ++killed % 4 !== 2) return
      process.kill(enginePid(), 'SIGKILL')
    }
    await projection(topicOf(days), target.writer(), { reached }).run()
    assert.ok(killed > 5)
    assert.deepEqual(await tableContents(target), undisturbed)
  }, 20)
})

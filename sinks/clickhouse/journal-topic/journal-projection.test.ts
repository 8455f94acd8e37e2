import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { migrate } from '../migrate.js'
import type { ProjectorStep } from '../projector/projector.js'
import { type ClickHouseTarget, type Connection, connect } from '../target.js'
import { engineMissing, type TableContents, tableContents, withEngine } from '../testing/engine.js'
import { MemoryTopic } from '../testing/memory-topic.js'
import { SlowProxy } from '../testing/slow-proxy.js'
import { makeSyntheticDay, type SyntheticDay } from '../testing/synthetic-day.js'
import { type PartitionVerdict, verifyPartition } from '../verification/verify.js'
import { Bell } from './bell.js'
import { JournalPartition } from './journal-partition.js'
import { JournalProjection, type JournalProjectionOptions } from './journal-projection.js'

const skip = engineMissing()
const PARTITIONS = 3
const RANGE_ENTRIES = 40
/** The same groups in each, as the group of what cannot be routed is: numbers of cycles, sources and entries all meet. */
const days = Array.from({ length: PARTITIONS }, (_, partition) =>
  makeSyntheticDay({ seed: 20 + partition, groups: 2, cycles: 22, movements: 5 }),
)
let undisturbed: TableContents

class Stopped extends Error {}

function topicOf(written: readonly SyntheticDay[] = days): MemoryTopic {
  const topic = new MemoryTopic(written.length)
  written.forEach((day, partition) => topic.write(partition, day))
  return topic
}

function projection(
  topic: MemoryTopic,
  connection: Connection,
  more: Partial<JournalProjectionOptions> = {},
): JournalProjection {
  const ports = topic.ports(new Bell())
  const { signal } = new AbortController()
  return new JournalProjection({
    partitions: PARTITIONS,
    ports,
    connection,
    signal,
    untilEnd: true,
    rangeEntriesMax: RANGE_ENTRIES,
    ...more,
  })
}

async function verdicts(
  topic: MemoryTopic,
  target: ClickHouseTarget,
  partitions = PARTITIONS,
): Promise<PartitionVerdict[]> {
  const client = connect(target.writer())
  const ports = { ...topic.ports(new Bell()), signal: new AbortController().signal }
  const found: PartitionVerdict[] = []
  try {
    for (let partition = 0; partition < partitions; partition++)
      found.push(await verifyPartition(client, new JournalPartition(partition, ports)))
  } finally {
    await client.close()
  }
  return found
}

async function command(target: ClickHouseTarget, query: string): Promise<void> {
  const client = connect(target.writer())
  try {
    await client.command({ query, clickhouse_settings: { mutations_sync: '1', wait_end_of_query: 1 } })
  } finally {
    await client.close()
  }
}

const isFenced = (error: unknown): boolean => error instanceof WeirError && error.code === 'WEIR_FENCED'

before(async () => {
  if (skip !== false) return
  await withEngine(async (target) => {
    await migrate(target.writer())
    await projection(topicOf(), target.writer()).run()
    undisturbed = await tableContents(target)
  })
})

test('three partitions are projected side by side, and ClickHouse equals the journal', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const topic = topicOf()
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
      assert.ok(verdict.tables.every(({ expected }) => expected > 0))
    }
    // What is not as the journal says is found: a row too few, a row twice, a byte that differs.
    await command(target, 'ALTER TABLE cycles DELETE WHERE journal_partition = 0 AND cycle = 3 AND group_id = \'G-1\'')
    await command(target, 'INSERT INTO alerts SELECT * FROM alerts WHERE journal_partition = 1 ORDER BY sequence LIMIT 1')
    await command(target, "ALTER TABLE inputs UPDATE touched = 'account:X' WHERE journal_partition = 2 AND cycle = 5 AND input_index = 0")
    const wrong = (await verdicts(topic, target)).map(({ tables }) =>
      tables.filter(({ equal }) => !equal).map(({ table, expected, found: rows }) => [table, rows - expected]),
    )
    assert.deepEqual(wrong, [[['cycles', -1]], [['alerts', 1]], [['inputs', 0]]])
  })
})

test('stopped at each step in turn and started anew it reads on from the kept offset', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const topic = topicOf()
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

const ZOMBIE_STEPS: readonly ProjectorStep[] = ['encoded', 'intended', 'inserted inputs', 'inserted', 'done']

test('a projector that sleeps at any step while another takes over inserts nothing more', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    // A partition for each step; they are alike, and none knows of the others.
    const topic = topicOf(ZOMBIE_STEPS.map(() => days[0]!))
    const partitions = ZOMBIE_STEPS.length
    let wake = (): void => undefined
    const awake = new Promise<void>((resolve) => {
      wake = resolve
    })
    const seen = ZOMBIE_STEPS.map(() => 0)
    const asleep = new Set<number>()
    let allAsleep = (): void => undefined
    const sleeping = new Promise<void>((resolve) => {
      allAsleep = resolve
    })
    const reached = async (step: ProjectorStep, partition: number): Promise<void> => {
      if (step !== ZOMBIE_STEPS[partition] || ++seen[partition]! !== 2) return
      asleep.add(partition)
      if (asleep.size === partitions) allAsleep()
      await awake
    }
    const zombie = projection(topic, target.writer(), { partitions, reached, rangeEntriesMax: 30 })
    const ended = assert.rejects(zombie.run(), isFenced)
    await sleeping
    await projection(topic, target.writer(), { partitions }).run()
    const before = await tableContents(target)
    wake()
    await ended
    assert.deepEqual(await tableContents(target), before)
    assert.ok((await verdicts(topic, target, partitions)).every(({ equal }) => equal))
  })
})

test('an insert whose rows come after the takeover is dropped, or was repeated', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const topic = topicOf()
    const proxy = new SlowProxy(target.writer().url, (query) => query.startsWith('INSERT INTO inputs'))
    const url = await proxy.listen()
    try {
      const zombie = projection(topic, { ...target.writer(), url }, { partitions: 1 })
      const ended = assert.rejects(zombie.run(), isFenced)
      await proxy.held
      // The fence let the insert in; its rows are on the way. Now somebody else takes over.
      await projection(topic, target.writer()).run()
      proxy.release()
      await ended
      assert.deepEqual(await tableContents(target), undisturbed)
    } finally {
      await proxy.close()
    }
  })
})

test('a range that was cut off is repeated right after its tokens were forgotten', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    for (const table of Object.keys(undisturbed))
      await command(target, `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = 1`)
    const topic = topicOf()
    const reached = async (step: ProjectorStep): Promise<void> => {
      if (step === 'inserted') throw new Stopped()
    }
    await assert.rejects(projection(topic, target.writer(), { partitions: 1, reached }).run(), Stopped)
    // The other partitions go on and make the server forget.
    const others = async (step: ProjectorStep, partition: number): Promise<void> => {
      if (partition === 0 && step === 'encoded') await new Promise((resolve) => setTimeout(resolve, 3_000))
    }
    await projection(topic, target.writer(), { reached: others }).run()
    assert.deepEqual(await tableContents(target), undisturbed)
  })
})

test('a topic that was made anew and a journal in files are refused', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    await projection(topicOf(), target.writer()).run()
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
    await projection(topicOf(), target.writer(), { reached }).run()
    assert.ok(killed > 5)
    assert.deepEqual(await tableContents(target), undisturbed)
  }, 20)
})

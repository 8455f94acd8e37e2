import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { migrate } from '../migrate.js'
import type { ProjectorStep } from '../projector/projector.js'
import { engineMissing, type TableContents, tableContents, withEngine } from '../testing/engine.js'
import { SlowProxy } from '../testing/slow-proxy.js'
import { makeSyntheticDay } from '../testing/synthetic-day.js'
import { command, projection, syntheticDays, topicOf, verdicts } from '../testing/three-partitions.js'

const skip = engineMissing()
const days = syntheticDays()
let undisturbed: TableContents

class Stopped extends Error {}

const isFenced = (error: unknown): boolean => error instanceof WeirError && error.code === 'WEIR_FENCED'

before(async () => {
  if (skip !== false) return
  await withEngine(async (target) => {
    await migrate(target.writer())
    await projection(topicOf(days), target.writer()).run()
    undisturbed = await tableContents(target)
  })
})

const ZOMBIE_STEPS: readonly ProjectorStep[] = ['encoded', 'intended', 'inserted inputs', 'inserted', 'done']

test('a projector that sleeps at any step while another takes over inserts nothing more', {
  skip,
}, async () => {
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

test('an insert that the fence let in and that ends after the takeover leaves nothing twice', {
  skip,
}, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const topic = topicOf([makeSyntheticDay({ seed: 70, groups: 2, cycles: 20, movements: 80 })])
    const one = { partitions: 1, rangeEntriesMax: 10_000 }
    const proxy = new SlowProxy(target.writer().url, (query) => query.startsWith('INSERT INTO inputs'))
    const url = await proxy.listen()
    try {
      const zombie = projection(topic, { ...target.writer(), url }, one)
      const ended = assert.rejects(zombie.run(), isFenced)
      await proxy.held
      await projection(topic, target.writer(), one).run()
      proxy.release()
      await ended
      assert.ok((await verdicts(topic, target, 1)).every(({ equal }) => equal))
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
    const topic = topicOf(days)
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

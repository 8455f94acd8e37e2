/** When a snapshot is written: not before the journal holds all that a restart from it would no longer make. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { NO_DIGEST } from '../../identity.js'
import { encodeCycle, NO_INPUTS } from '../cycles/cycle-codec.js'
import { GroupTimeline } from '../cycles/group-timeline.js'
import { Journal } from '../journal/journal.js'
import { CYCLE_KIND } from '../journal/layout.js'
import { SnapshotStore } from '../snapshots/snapshot-store.js'
import { encodeResultMessage } from '../workers/result-message.js'
import { Effects } from './effects.js'
import { GroupRun } from './group-run.js'
import { SourceNumbers } from './source-numbers.js'
import { VenueDesk } from './venue-desk.js'

const SECOND = 1_000_000
const GROUP = 'europe'
/** Longer than the test: a commit happens only when somebody asks for it. */
const LINGER_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'weir-effects-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function groupWithTimeline(): GroupRun {
  const group = new GroupRun(0, GROUP, 0)
  const timing = { cycleMicros: SECOND, heartbeatMicros: SECOND, drainMicros: 0 }
  group.timeline = new GroupTimeline(GROUP, {
    timing,
    venueLatencyMicros: Number.POSITIVE_INFINITY,
    collectsOnly: false,
    configuration: NO_DIGEST,
  })
  group.timeline.addInput(0, 0, 0, Buffer.alloc(1))
  group.timeline.finish(SECOND)
  return group
}

test('a snapshot waits until the result of its cycle is durable, not only the cycle', async () => {
  const journal = await Journal.open({ directory: join(folder, 'journal'), lingerMs: LINGER_MS })
  const snapshots = new SnapshotStore(join(folder, 'snapshots'))
  const desk = new VenueDesk([], new SourceNumbers([], [GROUP], []), undefined)
  const effects = new Effects(journal, desk, snapshots, undefined)
  const group = groupWithTimeline()
  const closed = group.timeline.close()!
  const cycle = journal.appendEncoded(CYCLE_KIND, encodeCycle(GROUP, 0, SECOND, NO_INPUTS, NO_DIGEST))
  await journal.waitDurable(cycle)
  const underWay = { cycle: 0, sequence: cycle, closedAtMicros: SECOND }
  group.underWay.push({ ...underWay, result: undefined, resultSequence: -1 })
  group.draft = {
    cycle: closed.cycle,
    sequence: cycle,
    standing: group.standing(),
    reports: [],
    settled: undefined,
    payload: undefined,
  }
  const times = { applyMicros: 1, solveMicros: 0 }
  const counts = { outstanding: 0, deadLetters: 0, release: [], query: [] }
  const result = Buffer.from('only its place in the journal matters here')
  effects.takeResult(
    group,
    encodeResultMessage({ cycle: 0, ...times, ...counts, result, pureBytes: 0, records: 0 }),
  )
  effects.takeSnapshot(group, Buffer.alloc(40))
  assert.equal(effects.proceed(group), 1)
  await effects.settle()
  assert.ok(journal.durable === cycle && journal.nextSequence === cycle + 2)
  assert.deepEqual(await snapshots.cycles(GROUP), [])
  await journal.waitDurable(cycle + 1)
  effects.proceed(group)
  await effects.settle()
  assert.deepEqual(await snapshots.cycles(GROUP), [0])
  assert.equal((await snapshots.read(GROUP, 0)).resultSequence, cycle + 1)
  await journal.close()
})

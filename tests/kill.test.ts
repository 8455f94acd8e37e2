/**
 * `kill -9` anywhere, then the same command: the final digests are those of an undisturbed run.
 *
 * A day is started, killed, started again, killed again, until it has died several times, and then left to end. Half of the kills are
 * at places of the program (inside a write, between a write and its fsync, before and after an instruction leaves,
 * around snapshots, ...), chosen with their count by a seeded generator; half come from outside at a random time. What is
 * asserted never depends on where a kill happened to fall. Each day's journal then replays to the same digests and holds
 * the result of every cycle: what a restart owes must not be hidden by a snapshot.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { replay } from '../pipeline/runtime/replay.js'
import { Random } from '../sandbox/random.js'
import { type CompiledOptimizer, compileOptimizer } from '../wasm-core/host/compile.js'
import { writeSmallDay } from './kill/small-day.js'

const SEED = 20260318
const KILLS = 56
const KILLS_A_DAY = 7
/** A run takes a second or two; one that takes this long hangs. */
const HANG_MS = 60_000
/** Places with the highest count: about a seventh of how often a day passes them, so that a day can die seven times. */
const PLACES: readonly (readonly [string, number])[] = [
  ['run-claimed', 1],
  ['journal-after-segment', 1],
  ['journal-before-write', 30],
  ['journal-in-write', 30],
  ['journal-after-write', 30],
  ['journal-after-fsync', 30],
  ['cycle-appended', 60],
  ['result-appended', 60],
  ['before-send', 12],
  ['after-send', 12],
  ['snapshot-before-write', 4],
  ['snapshot-after-write', 4],
  ['recovered', 1],
  ['before-finished', 1],
]

interface Told {
  readonly stateDigest: string
  readonly decisionDigest: string
  readonly replayedCycles: number
  readonly notices: readonly string[]
}

const program = fileURLToPath(new URL('./kill/run-small-day.js', import.meta.url))
let folder = ''
const agentModule = new URL('../pipeline/agent.js', import.meta.url)
let optimizer: CompiledOptimizer
let undisturbed: Told
let undisturbedMs = 0

/** Runs the day; undefined when it was killed. */
function run(
  dataDir: string,
  workers: number,
  place?: string,
  killAfterMs?: number,
): Promise<Told | undefined> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...(place === undefined ? {} : { WEIR_TEST_CRASH: place }) }
    const child = spawn(process.execPath, [program, join(folder, 'input'), dataDir, String(workers)], { env })
    let [output, errors] = ['', '']
    child.stdout.on('data', (text) => {
      output += text
    })
    child.stderr.on('data', (text) => {
      errors += text
    })
    const hang = setTimeout(() => child.kill('SIGKILL'), HANG_MS)
    const kill = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    child.on('close', (code, signal) => {
      clearTimeout(hang)
      clearTimeout(kill)
      if (code === 0) resolve(JSON.parse(output) as Told)
      else if (signal === 'SIGKILL' && (place !== undefined || killAfterMs !== undefined)) resolve(undefined)
      else reject(new Error(`the run ended with ${code ?? signal}: ${errors}`))
    })
  })
}

/** All but what tells of the way there. */
function outcomeOf(told: Told): unknown {
  return { ...told, replayedCycles: 0, notices: [] }
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-kill-'))
  writeSmallDay(join(folder, 'input'))
  optimizer = await compileOptimizer()
  const begun = performance.now()
  const told = await run(join(folder, 'undisturbed'), 2)
  undisturbedMs = performance.now() - begun
  assert.ok(told !== undefined)
  undisturbed = told
})

after(() => rmSync(folder, { recursive: true, force: true }))

test(`${KILLS} kills at any place: same inputs, decisions, instructions and digests`, async (context) => {
  const random = new Random('kill', SEED)
  let [kills, days, cuts, caughtUp] = [0, 0, 0, 0]
  const places = new Set<string>()
  while (kills < KILLS) {
    const dataDir = join(folder, `day-${days++}`)
    let told: Told | undefined
    for (let left = KILLS_A_DAY; told === undefined; left--) {
      const workers = random.integer(1, 3)
      if (left <= 0) told = await run(dataDir, workers)
      else if (random.chance(0.5)) {
        const [place, most] = random.pick(PLACES)
        told = await run(dataDir, workers, `${place}:${random.integer(1, most)}`)
        if (told === undefined) places.add(place)
      } else told = await run(dataDir, workers, undefined, random.between(0.1, 0.6) * undisturbedMs)
      if (told === undefined) kills++
    }
    assert.deepEqual(outcomeOf(told), outcomeOf(undisturbed), `day ${days} after ${kills} kills`)
    const replayed = await replay({ dataDir, agentModule, optimizer })
    assert.ok(replayed.identical && replayed.finished, JSON.stringify(replayed.firstDifference))
    cuts += told.notices.filter((notice) => notice.includes('cut off')).length
    caughtUp += told.replayedCycles
    if (kills < KILLS) rmSync(dataDir, { recursive: true })
  }
  assert.ok(places.size >= 8, `only these places were met: ${[...places].join(', ')}`)
  assert.ok(caughtUp > 0, 'no restart had anything to replay')
  context.diagnostic(
    `${kills} kills over ${days} days, ${cuts} torn tails in last starts, ${caughtUp} cycles replayed`,
  )
})

test('the journal of a day that was killed replays to the same digests, and running it again changes nothing', async () => {
  const dataDir = join(folder, 'replayed')
  await run(dataDir, 2, 'journal-in-write:40')
  const told = await run(dataDir, 2)
  assert.equal(told?.notices.filter((notice) => notice.includes('cut off')).length, 1)
  const again = await run(dataDir, 1)
  assert.deepEqual(again, told)
  const replayed = await replay({ dataDir, agentModule, optimizer })
  assert.ok(replayed.identical && replayed.finished, JSON.stringify(replayed.firstDifference))
  assert.equal(replayed.stateDigest, undisturbed.stateDigest)
  assert.equal(replayed.decisionDigest, undisturbed.decisionDigest)
})

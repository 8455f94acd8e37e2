/** The engine with a stand-in agent: same day, same digests; bad input and broken parts; what a restart accepts. */
import assert from 'node:assert/strict'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SimulatedBank } from '../../sandbox/bank/simulated-bank.js'
import { WeirError } from '../errors.js'
import { type RunOptions, type RunReport, runDay } from './engine.js'
import { readJournal } from './journal/reader.js'
import { replay } from './replay.js'
import { DAY_START_MICROS, movementOf, policyOf, writeInputFile } from './testing/input-files.js'

const SECOND = 1_000_000
const agentModule = new URL('./testing/stand-in-agent.js', import.meta.url)
/** The least module there is: the stand-in does not optimize. */
const optimizer = {
  module: new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)),
  digest: Buffer.alloc(32, 1),
}
let folder = ''

function optionsFor(name: string, more: Partial<RunOptions> = {}): RunOptions {
  return {
    inputDir: join(folder, 'input'),
    dataDir: join(folder, name),
    agentModule,
    optimizer,
    venues: [new SimulatedBank({ venueId: 'bank', seed: 3 })],
    snapshotEveryCycles: 25,
    ...more,
  }
}

async function refusal(run: Promise<unknown>): Promise<WeirError> {
  try {
    await run
  } catch (error) {
    assert.ok(error instanceof WeirError, String(error))
    return error
  }
  return assert.fail('it was not refused')
}

const digestsOf = ({
  stateDigest,
  decisionDigest,
  inputs,
  executions,
  cycles,
  deadLetters,
  instructions,
}: RunReport) => ({
  stateDigest,
  decisionDigest,
  inputs,
  executions,
  cycles,
  deadLetters,
  instructions,
})

function writeDay(directory: string): void {
  const groups = ['alpha', 'beta', 'gamma']
  writeInputFile(
    directory,
    'policy',
    'policies',
    groups.map((group) => policyOf(group)),
  )
  for (const [index, group] of groups.entries()) {
    const records = Array.from({ length: 300 }, (_, n) =>
      movementOf(
        n % 50 === 49 ? 'nobody' : n % 60 === 7 ? '*' : group,
        n,
        DAY_START_MICROS + n * (7 + index) * SECOND - (n % 5) * 9 * SECOND,
      ),
    )
    writeInputFile(directory, 'cash-movement', group, records)
  }
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-engine-'))
  writeDay(join(folder, 'input'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('the same day gives the same digests, whatever the number of workers; a finished run is told again', async () => {
  const first = await runDay(optionsFor('first'))
  assert.equal(first.inputs, 903)
  assert.ok(first.executions > 20 && first.instructions.total > 20)
  assert.deepEqual(
    first.groups.map(({ groupId }) => groupId),
    ['alpha', 'beta', 'gamma'],
  )
  for (const workers of [1, 3, 5])
    assert.deepEqual(digestsOf(await runDay(optionsFor(`workers-${workers}`, { workers }))), digestsOf(first))
  assert.deepEqual(await runDay(optionsFor('first')), JSON.parse(JSON.stringify(first)))
  assert.ok(!readdirSync(join(folder, 'first')).includes('lock'))
})

test('each file record is in the journal once, and in no other group than its own', async () => {
  await runDay(optionsFor('coordinates'))
  const seen = new Map<string, string[]>()
  const streams: string[] = []
  for await (const batch of readJournal(join(folder, 'coordinates', 'journal'), 0, Number.POSITIVE_INFINITY))
    for (const record of batch) {
      const body = record.decode()
      if ('weir.SourceDeclaration' in body)
        streams[body['weir.SourceDeclaration'].source] = body['weir.SourceDeclaration'].name
      if (!('weir.Cycle' in body)) continue
      const { groupId, inputs } = body['weir.Cycle']
      for (const { source, position } of inputs) {
        const key = `${streams[source]}:${position}`
        seen.set(key, [...(seen.get(key) ?? []), groupId])
      }
    }
  for (const group of ['alpha', 'beta', 'gamma'])
    for (let n = 0; n < 300; n++) {
      const receivers = (seen.get(`cash-movement/${group}.avro:${n}`) ?? []).sort()
      const expected = n % 50 === 49 ? ['~unrouted'] : n % 60 === 7 ? ['alpha', 'beta', 'gamma'] : [group]
      assert.deepEqual(receivers, expected, `record ${n} of ${group}`)
    }
  const reports = [...seen.keys()].filter((key) => key.startsWith('venue:bank/alpha:'))
  assert.ok(reports.length > 5)
  assert.deepEqual(
    reports,
    reports.map((_, index) => `venue:bank/alpha:${index}`),
  )
})

test('a replay from the journal alone gives the same; a changed result is found and named', async () => {
  const run = await runDay(optionsFor('replay'))
  const again = await replay(optionsFor('replay', { workers: 1 }))
  assert.ok(again.identical && again.finished)
  assert.equal(again.stateDigest, run.stateDigest)
  assert.equal(again.cycles, run.cycles)
  process.env.WEIR_TEST_AGENT = 'salt:beta:20'
  try {
    const salted = await replay(optionsFor('replay'))
    assert.equal(salted.identical, false)
    assert.equal(salted.firstDifference?.groupId, 'beta')
    assert.equal(salted.firstDifference?.cycle, 20)
    assert.equal(salted.firstDifference?.what, 'decisionDigest')
    // A restart that has to replay finds it, too.
    rmSync(join(folder, 'replay', 'finished.json'))
    rmSync(join(folder, 'replay', 'snapshots'), { recursive: true })
    const diverged = await refusal(runDay(optionsFor('replay')))
    assert.equal(diverged.code, 'WEIR_DIVERGED')
    assert.match(diverged.toLine(), /group beta, cycle 20/)
  } finally {
    delete process.env.WEIR_TEST_AGENT
  }
})

test('an agent that throws is named by group and cycle, and the corrected one goes on to the same end', async () => {
  const whole = await runDay(optionsFor('never-threw'))
  process.env.WEIR_TEST_AGENT = 'throw:beta:40'
  try {
    const bug = await refusal(runDay(optionsFor('threw')))
    assert.equal(bug.code, 'WEIR_BUG')
    assert.match(bug.toLine(), /group beta, cycle 40: the agent failed: as told/)
  } finally {
    delete process.env.WEIR_TEST_AGENT
  }
  assert.deepEqual(digestsOf(await runDay(optionsFor('threw'))), digestsOf(whole))
})

test('damaged snapshots are passed over and told; a torn journal is cut and told; the end is the same', async () => {
  const whole = await runDay(optionsFor('undamaged'))
  const damaged = join(folder, 'damaged')
  cpSync(join(folder, 'undamaged'), damaged, { recursive: true })
  rmSync(join(damaged, 'finished.json'))
  const snapshots = join(damaged, 'snapshots', 'alpha')
  const newest = readdirSync(snapshots).sort().at(-1) ?? ''
  const bytes = readFileSync(join(snapshots, newest))
  bytes[bytes.length - 1] ^= 1
  writeFileSync(join(snapshots, newest), bytes)
  const segment = join(damaged, 'journal', readdirSync(join(damaged, 'journal'))[0])
  truncateSync(segment, readFileSync(segment).length - 5)
  const report = await runDay(optionsFor('damaged'))
  assert.deepEqual(digestsOf(report), digestsOf(whole))
  assert.ok(report.torn !== undefined && report.notices.some((notice) => notice.includes('cut off')))
  assert.ok(report.notices.some((notice) => notice.includes('does not match its digest')))
})

test('a torn tail behind a finished run is cut and told too', async () => {
  const first = await runDay(optionsFor('torn-finished'))
  const segments = join(folder, 'torn-finished', 'journal')
  const last = readdirSync(segments).sort().at(-1)!
  appendFileSync(join(segments, last), 'xxxxx')
  const again = await runDay(optionsFor('torn-finished'))
  assert.deepEqual(digestsOf(again), digestsOf(first))
  assert.equal(again.torn?.bytes, 5)
  assert.equal(again.notices.length, first.notices.length + 1)
  assert.deepEqual((await runDay(optionsFor('torn-finished'))).notices, first.notices)
})

test('a torn input file: all whole blocks are used, the rest is one dead letter of the file', async () => {
  const inputDir = join(folder, 'torn-input')
  cpSync(join(folder, 'input'), inputDir, { recursive: true })
  const path = join(inputDir, 'cash-movement', 'alpha.avro')
  truncateSync(path, readFileSync(path).length - 100)
  const report = await runDay(optionsFor('torn', { inputDir }))
  assert.ok(report.inputs < 903 && report.inputs > 850)
  let faults = 0
  for await (const batch of readJournal(join(folder, 'torn', 'journal'), 0, Number.POSITIVE_INFINITY))
    for (const record of batch) {
      const body = record.decode()
      if (!('weir.Cycle' in body) || body['weir.Cycle'].groupId !== '~unrouted') continue
      for (const { payload } of body['weir.Cycle'].inputs)
        if (Buffer.from(payload).includes('truncated-file')) faults++
    }
  assert.equal(faults, 1)
})

test('options and inputs that would change the run are refused at a restart, in one line that says what differs', async () => {
  await runDay(optionsFor('claimed', { identity: { venueSeed: 3 } }))
  const inputDir = join(folder, 'grown-input')
  cpSync(join(folder, 'input'), inputDir, { recursive: true })
  appendFileSync(join(inputDir, 'cash-movement', 'beta.avro'), 'x')
  const cases: [Partial<RunOptions>, RegExp][] = [
    [{ cycleMillis: 1_000 }, /cycleMillis was 5000 and is 1000/],
    [{ drainMillis: 0 }, /drainMillis was 900000 and is 0/],
    [{ identity: { venueSeed: 4 } }, /settings were .*3.* and are .*4/],
    [{ venues: [] }, /venues were/],
    [{ inputDir }, /cash-movement\/beta\.avro had \d+ bytes and has \d+/],
  ]
  for (const [more, line] of cases) {
    const error = await refusal(runDay(optionsFor('claimed', { identity: { venueSeed: 3 }, ...more })))
    assert.equal(error.code, 'WEIR_CONFIG')
    assert.match(error.toLine(), line)
    assert.doesNotMatch(error.toLine(), /\n/)
  }
})

test('a data directory has one process at a time; the lock of a dead one is taken over', async () => {
  const dataDir = join(folder, 'locked')
  let second: Promise<WeirError> | undefined
  const onDurable = () => {
    second ??= refusal(runDay(optionsFor('locked')))
  }
  const options = optionsFor('locked', { onDurable })
  await runDay(options)
  assert.equal((await second)?.code, 'WEIR_LOCKED')
  writeFileSync(join(dataDir, 'lock'), `${JSON.stringify({ pid: 2 ** 22 + 1, started: '1' })}\n`)
  await runDay(optionsFor('locked'))
  assert.ok(!readdirSync(dataDir).includes('lock'))
})

/** What people drop into a run that is under way: taken once, journaled like the rest, replayed, and found again after a crash. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { command } from '../../tests/support/a-command.js'
import { type RunOptions, runDay } from './engine.js'
import { readJournal } from './journal/reader.js'
import { replay } from './replay.js'
import { REASON_FILE, refusedPath } from './sources/drop-folder.js'
import { DAY_START_MICROS, movementOf, policyOf, writeInputFile } from './testing/input-files.js'

const SECOND = 1_000_000
const optimizer = {
  module: new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)),
  digest: Buffer.alloc(32, 1),
}
let folder = ''

function optionsFor(name: string, more: Partial<RunOptions> = {}): RunOptions {
  return {
    inputDir: join(folder, 'input'),
    dataDir: join(folder, name),
    dropDir: join(folder, name, 'commands'),
    agentModule: new URL('./testing/stand-in-agent.js', import.meta.url),
    optimizer,
    venues: [],
    cycleMillis: 100,
    ...more,
  }
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-drops-'))
  writeInputFile(join(folder, 'input'), 'policy', 'p', [policyOf('alpha'), policyOf('beta')])
  const movements = Array.from({ length: 50 }, (_, n) =>
    movementOf('alpha', n, DAY_START_MICROS + n * SECOND),
  )
  writeInputFile(join(folder, 'input'), 'cash-movement', 'm', movements)
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a drop beside the folder and renames it in, as the command line does. */
function drop(run: string, name: string, write: (directory: string) => void): void {
  const drops = join(folder, run, 'commands')
  mkdirSync(drops, { recursive: true })
  const draft = join(drops, `.${name}`)
  mkdirSync(draft)
  write(draft)
  renameSync(draft, join(drops, name))
}

function dropCommand(run: string, name: string, id: number, groupId: string): void {
  const record = { ...command, commandId: Buffer.alloc(16, id), groupId, sourceSequence: -1 }
  drop(run, name, (directory) => writeInputFile(directory, 'command', 'c', [record as never]))
}

/** Groups and positions of journaled inputs of dropped commands, in order. */
async function journaled(run: string): Promise<string[]> {
  const found: string[] = []
  let source = -1
  for await (const batch of readJournal(join(folder, run, 'journal'), 0, Number.POSITIVE_INFINITY))
    for (const record of batch) {
      const body = record.decode()
      if ('weir.SourceDeclaration' in body && body['weir.SourceDeclaration'].name === 'drop:command')
        source = body['weir.SourceDeclaration'].source
      if (!('weir.Cycle' in body)) continue
      for (const input of body['weir.Cycle'].inputs)
        if (input.source === source) found.push(`${body['weir.Cycle'].groupId}:${input.position}`)
    }
  return found
}

async function waitUntil(what: string, isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + 30_000
  while (!isSo()) {
    assert.ok(performance.now() < untilMs, what)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const left = (run: string): string[] =>
  readdirSync(join(folder, run, 'commands')).filter((name) => !name.startsWith('.'))

test('a run that follows takes drops until it is told to end; the journal replays, and a later start goes on', async () => {
  const end = new AbortController()
  const running = runDay(optionsFor('follow', { followUntil: end.signal }))
  dropCommand('follow', 'one', 1, 'alpha')
  await waitUntil('the first drop is taken', () => left('follow').length === 0)
  dropCommand('follow', 'two', 2, '*')
  await waitUntil('the second drop is taken', () => left('follow').length === 0)
  end.abort()
  const report = await running
  assert.equal(report.inputs, 52)
  assert.deepEqual(await journaled('follow'), ['alpha:0', 'alpha:1', 'beta:1'])
  const again = await replay(optionsFor('follow'))
  assert.ok(again.identical && again.finished)
  assert.equal(again.stateDigest, report.stateDigest)

  const later = new AbortController()
  const resumed = runDay(optionsFor('follow', { followUntil: later.signal, workers: 1 }))
  dropCommand('follow', 'three', 3, 'beta')
  await waitUntil('the third drop is taken', () => left('follow').length === 0)
  later.abort()
  await resumed
  assert.deepEqual(await journaled('follow'), ['alpha:0', 'alpha:1', 'beta:1', 'beta:2'])
  assert.ok((await replay(optionsFor('follow'))).identical)
})

test('what cannot be used is put aside with the reason, as a whole, and the run goes on', async () => {
  const end = new AbortController()
  const running = runDay(optionsFor('refused', { followUntil: end.signal }))
  drop('refused', 'facts', (directory) =>
    writeInputFile(directory, 'cash-movement', 'm', [movementOf('alpha', 900, DAY_START_MICROS)]),
  )
  drop('refused', 'empty', () => undefined)
  await waitUntil('both are put aside', () =>
    ['facts', 'empty'].every((name) =>
      existsSync(join(refusedPath(join(folder, 'refused', 'commands'), name), REASON_FILE)),
    ),
  )
  const reason = (name: string): string =>
    readFileSync(join(refusedPath(join(folder, 'refused', 'commands'), name), REASON_FILE), 'utf8')
  assert.match(
    reason('facts'),
    /the stream cash-movement is not taken here \(it takes command, policy, roster\)/,
  )
  assert.match(reason('empty'), /no stream folder/)
  dropCommand('refused', 'good', 1, 'alpha')
  await waitUntil('the good one is taken', () => left('refused').length === 0)
  end.abort()
  await running
  assert.deepEqual(await journaled('refused'), ['alpha:0'])
})

test('a drop that comes after the end waits for the next start; a run that ends with its input gives its digests', async () => {
  const plain = await runDay(optionsFor('plain'))
  dropCommand('plain', 'late', 1, 'alpha')
  assert.equal((await runDay(optionsFor('plain'))).stateDigest, plain.stateDigest)
  assert.deepEqual(left('plain'), ['late'])
  const end = new AbortController()
  const running = runDay(optionsFor('plain', { followUntil: end.signal }))
  await waitUntil('it is taken', () => left('plain').length === 0)
  end.abort()
  await running
  assert.deepEqual(await journaled('plain'), ['alpha:0'])
})

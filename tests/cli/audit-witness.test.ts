/** A witness as a process of its own: it cosigns what extends, outlives kill -9, refuses a fork, and holds nothing up when it is away. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Journal } from '../../pipeline/runtime/journal/journal.js'
import { smallGroupJournal } from '../support/small-group-journal.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

const KEY = 'weir.example/treasury'
const LISTEN_BOUND_MS = 60_000

interface Appended {
  readonly appended: number
  readonly leaves: number
  readonly cosigned: readonly string[]
}

interface Listening {
  readonly url: string
  readonly verifierKey: string
}

interface RunningWitness extends Listening {
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
}

async function startWitness(cwd: string, state: string): Promise<RunningWitness> {
  let tell: (listening: Listening) => void = () => undefined
  const listening = new Promise<Listening>((resolve) => {
    tell = resolve
  })
  let started: ChildProcess | undefined
  const ended = weir(
    [
      'audit',
      'witness',
      '--state',
      state,
      '--key',
      'witness.key',
      '--log',
      'audit.pub',
      '--port',
      '0',
      '--json',
    ],
    {
      cwd,
      onStart: (child) => {
        started = child
        child.stdout?.on('data', (text: string) => tell(JSON.parse(text) as Listening))
      },
    },
  )
  const bound = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('the witness does not listen')), LISTEN_BOUND_MS).unref()
  })
  const failed = ended.then(({ stderr }) => {
    throw new Error(stderr)
  })
  const found = await Promise.race([listening, bound, failed])
  failed.catch(() => undefined)
  return { ...found, child: started ?? assert.fail(), ended }
}

async function key(cwd: string, name: string, file: string, flags: readonly string[]): Promise<void> {
  const made = await weir(['audit', 'key', name, '--out', `${file}.key`, ...flags], { cwd })
  assert.equal(made.code, 0, made.stderr)
  writeFileSync(join(cwd, `${file}.pub`), made.stdout)
}

/** A run's journal as far as it goes at first, and all of it. */
async function writeJournal(cwd: string, entries: number): Promise<void> {
  const all = await smallGroupJournal({ seed: 3, steps: 20 })
  rmSync(join(cwd, 'data', 'journal'), { recursive: true, force: true })
  const journal = await Journal.open({ directory: join(cwd, 'data', 'journal') })
  for (const { decode } of all.slice(0, entries)) journal.append(decode())
  await journal.close()
}

test('a witness cosigns, is killed, goes on, and does not cosign a fork', async () => {
  await withFolder(async (cwd) => {
    const at = { cwd }
    await key(cwd, KEY, 'audit', [])
    await key(cwd, 'weir.example/witness', 'witness', ['--witness'])
    await writeJournal(cwd, 20)
    const witness = await startWitness(cwd, 'witness')
    assert.equal(witness.verifierKey, readFileSync(join(cwd, 'witness.pub'), 'utf8').trim())
    const append = async (url: string, code = 0): Promise<{ told: Appended; stderr: string }> => {
      const flags = ['--data-dir', 'data', '--key', 'audit.key', '--witness', `${url}=witness.pub`, '--json']
      const outcome = await weir(['audit', 'append', ...flags], at)
      assert.equal(outcome.code, code, outcome.stderr)
      return { told: JSON.parse(outcome.stdout) as Appended, stderr: outcome.stderr }
    }
    assert.deepEqual((await append(witness.url)).told.cosigned, ['weir.example/witness'])
    cpSync(join(cwd, 'data', 'audit'), join(cwd, 'older'), { recursive: true })

    witness.child.kill('SIGKILL')
    await witness.ended
    await writeJournal(cwd, Number.MAX_SAFE_INTEGER)
    const alone = await append(witness.url)
    assert.ok(alone.told.appended > 0)
    assert.deepEqual(alone.told.cosigned, [])
    assert.match(alone.stderr, /the witness cannot be reached/)

    const again = await startWitness(cwd, 'witness')
    assert.deepEqual((await append(again.url)).told.cosigned, ['weir.example/witness'])
    // An older copy that is gone on with in another way: of the same key, and no continuation of what was cosigned.
    rmSync(join(cwd, 'data', 'audit'), { recursive: true })
    cpSync(join(cwd, 'older'), join(cwd, 'data', 'audit'), { recursive: true })
    await writeJournal(cwd, 25)
    const forked = await append(again.url)
    assert.deepEqual(forked.told.cosigned, [])
    assert.match(forked.stderr, /the witness did not cosign: it has seen/)
    again.child.kill('SIGTERM')
    const { code, left } = await again.ended
    assert.deepEqual([code, left], [130, []])
  })
})

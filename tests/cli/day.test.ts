import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { engineMissing } from '../../sinks/clickhouse/testing/engine.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

interface RunDocument {
  readonly inputs: number
  readonly cycles: number
  readonly deadLetters: number
  readonly decisions: { readonly total: number; readonly acted: number }
  readonly instructions: { readonly total: number }
  readonly stateDigest: string
  readonly decisionDigest: string
}

/** Exactly one JSON document and nothing on standard error. */
function documentOf<Document>({ code, stdout, stderr, left }: Outcome): Document {
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.deepEqual(left, [])
  return JSON.parse(stdout) as Document
}

test('a day is written, lived through, interrupted, resumed and replayed with the same digests', async () => {
  await withFolder(async (cwd) => {
    const day = documentOf<{ records: Record<string, number> }>(
      await weir(['sandbox', 'day', '--seed', '3', '--scale', '0.1', '--out', 'day', '--json'], { cwd }),
    )
    const records = Object.values(day.records).reduce((sum, count) => sum + count, 0)
    const run = ['run', '--input', 'day', '--no-clickhouse']

    const whole = documentOf<RunDocument>(await weir([...run, '--data-dir', 'whole', '--json'], { cwd }))
    assert.equal(whole.inputs, records)
    assert.ok(whole.cycles > 1_000)
    assert.ok(whole.decisions.acted > 0 && whole.instructions.total > 0)

    let signalled = false
    const cut = await weir([...run, '--data-dir', 'cut', '--workers', '1'], {
      cwd,
      onStderr: (text, child) => {
        if (signalled || !text.includes('20 %')) return
        signalled = true
        child.kill('SIGINT')
      },
    })
    assert.equal(cut.code, 130)
    assert.match(cut.stderr, /weir: interrupted\n$/)
    assert.deepEqual(cut.left, [])

    const resumed = documentOf<RunDocument>(await weir([...run, '--data-dir', 'cut', '--json'], { cwd }))
    assert.equal(resumed.stateDigest, whole.stateDigest)
    assert.equal(resumed.decisionDigest, whole.decisionDigest)

    const replayed = documentOf<RunDocument & { identical: boolean }>(
      await weir(['replay', '--data-dir', 'cut', '--json'], { cwd }),
    )
    assert.equal(replayed.identical, true)
    assert.equal(replayed.stateDigest, whole.stateDigest)
    assert.equal(replayed.decisionDigest, whole.decisionDigest)
  })
})

test('other input is refused by a data directory that holds a run', async () => {
  await withFolder(async (cwd) => {
    for (const seed of ['1', '2']) {
      const args = ['sandbox', 'day', '--seed', seed, '--scale', '0.01', '--out', seed, '--json']
      documentOf(await weir(args, { cwd }))
    }
    const run = (input: string) =>
      weir(['run', '--input', input, '--data-dir', 'data', '--no-clickhouse', '--json'], { cwd })
    documentOf(await run('1'))
    const refused = await run('2')
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /^weir: [^\n]+\n$/)
    documentOf(await run('1'))
  })
})

test('the demonstration ends with commands that work', { skip: engineMissing() }, async () => {
  await withFolder(async (cwd) => {
    const first = await weir(['demo'], { cwd })
    assert.equal(first.code, 0, first.stderr)
    assert.deepEqual(first.left, [])
    assert.match(first.stderr, /^ 50 % /m)
    for (const part of [
      'Inputs',
      'Cycles',
      'Decisions',
      'Instructions',
      'Optimizer',
      'Throughput',
      'ClickHouse',
    ]) {
      assert.match(first.stdout, new RegExp(`^${part}`, 'm'))
    }
    const next = [...first.stdout.matchAll(/^ {2}npx weir (\w+) (?:"([^"]+)"|(\S+))$/gm)]
    assert.deepEqual(
      next.map(([, command]) => command),
      ['explain', 'lineage', 'sql'],
    )
    for (const [, command = '', quoted, plain] of next) {
      const answer = documentOf<object>(await weir([command, quoted ?? plain ?? '', '--json'], { cwd }))
      assert.ok(JSON.stringify(answer).length > 100)
    }
    const key = await weir(['audit', 'key', 'weir.example/demo', '--out', 'audit.key'], { cwd })
    documentOf(await weir(['audit', 'append', '--key', 'audit.key', '--json'], { cwd }))
    const checked = documentOf<{ equal: boolean; clickhouse: { compared: number; behindEntries: number } }>(
      await weir(['audit', 'check', '--keys', key.stdout.trim(), '--clickhouse', '--json'], { cwd }),
    )
    assert.deepEqual([checked.equal, checked.clickhouse.behindEntries], [true, 0])
    assert.ok(checked.clickhouse.compared > 100)
    // What a day leaves is replaced by the next one, though not its input.
    rmSync(join(cwd, '.weir', 'demo', 'finished.json'))
    const replayed = await weir(['replay', '--json'], { cwd })
    assert.equal(replayed.code, 0, replayed.stderr)
  })
})

test('what is installed is told as one document', async () => {
  const outcome = await weir(['doctor', '--json'])
  const { healthy, checks } = documentOf<{ healthy: boolean; checks: { part: string; ok: boolean }[] }>(
    outcome,
  )
  assert.equal(healthy, true)
  assert.ok(checks.some(({ part }) => part === 'Kafka client'))
})

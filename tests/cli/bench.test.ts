/** `weir bench resolve` as a user calls it: alone and beside HiGHS, and what is refused. */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ResolveDocument } from '../../cli/bench/resolve-document.js'
import { root } from '../house/repository.js'
import { weir, withFolder } from './weir-process.js'

/** max x + y + 5 with x + y <= cap, y <= 2. */
const MODEL = `NAME caps
OBJSENSE MAX
ROWS
 N  sum
 L  cap
COLUMNS
 x sum 1 cap 1
 y sum 1 cap 1
RHS
 RHS sum -5 cap 4
BOUNDS
 UP BND y 2
ENDATA
`
const STREAM = `{"rows":[[0,"-inf",3]]}
{"columns":[[1,0,1]],"costs":[[0,2]]}
{"rows":[[0,5,"inf"]]}
{"rows":[[0,"-inf",-1]]}
{"rows":[[0,"-inf",10]]}
`

const folder = join(process.env.WEIR_SHARED ?? join(root, '..', 'shared'), 'rebalancing-lp')
const skip = existsSync(folder) ? false : `SKIPPED: no rebalancing models at ${folder} (set WEIR_SHARED)`

async function bench(files: Readonly<Record<string, string>>, ...flags: string[]) {
  return withFolder((cwd) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
    return weir(['bench', 'resolve', '--warm-up-steps', '0', ...flags], { cwd })
  })
}

const files = { 'm.mps': MODEL, 's.ndjson': STREAM }
const both = ['--model', 'm.mps', '--stream', 's.ndjson']

test('each step is solved on top of the earlier ones, and told in the sense of the file', async () => {
  const { code, stdout, stderr } = await bench(files, ...both, '--json')
  assert.deepEqual([code, stderr], [0, ''])
  const document = JSON.parse(stdout) as ResolveDocument
  assert.deepEqual(document.objectives, [8, 11, null, null, 25])
  assert.deepEqual(document.statuses, { optimal: 3, unbounded: 1, infeasible: 1 })
  assert.deepEqual([document.steps, document.warmUpSteps, document.answers], [5, 5, 'canonical'])
  assert.deepEqual(document.model, { name: 'caps', rows: 1, columns: 2, nonzeros: 2 })
  assert.ok(document.micros.p50 > 0 && document.micros.p50 <= document.micros.max)
  assert.equal(document.peer, undefined)
})

test('HiGHS beside it sees the same changes and has the same answers', async () => {
  const { code, stdout, stderr } = await bench(
    files,
    ...both,
    '--peer',
    'highs',
    '--answers',
    'fast',
    '--json',
  )
  assert.equal(code, 0, stderr)
  const { peer, ratio, answers } = JSON.parse(stdout) as ResolveDocument
  assert.deepEqual([answers, peer?.differentStatuses], ['fast', 0])
  assert.ok(peer !== undefined && peer.maxRelativeDifference <= 1e-9 && peer.micros.p50 > 0)
  assert.ok(ratio !== undefined && ratio.p50 > 0 && ratio.p99 > 0)
})

test('a page for people', async () => {
  const { code, stdout } = await bench(files, ...both, '--peer', 'highs', '--steps', '2')
  assert.equal(code, 0)
  assert.match(stdout, /^caps: 1 rows, 2 columns, 2 entries; 2 steps after 2 of warm-up\n/)
  assert.match(stdout, /^weir, canonical +[0-9.]+/m)
  assert.match(stdout, /^HiGHS WASM, warm +[0-9.]+/m)
})

test('a numerical failure is told by the exit code', async () => {
  const overflow = 'ROWS\n N  cost\n G  r\nCOLUMNS\n x cost 1e300 r 1\nRHS\n S r 1\nENDATA\n'
  const { code } = await bench({ 'm.mps': overflow, 's.ndjson': '{"rows":[[0,1e19,"inf"]]}' }, ...both)
  assert.equal(code, 6)
})

test('without HiGHS the peer is missed loudly, and the optimizer is measured all the same', async () => {
  const hide = `import m from 'node:module'; const find = m._resolveFilename
    m._resolveFilename = (name, ...rest) => { if (name === 'highs') throw new Error(name); return find(name, ...rest) }`
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hide)}` }
  await withFolder(async (cwd) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
    const args = ['bench', 'resolve', ...both]
    const { code, stderr } = await weir([...args, '--peer', 'highs'], { cwd, env })
    assert.equal(code, 1)
    assert.match(stderr, /^weir: npm package highs: HiGHS is not installed \(run: npm run setup\)\n$/)
    assert.equal((await weir(args, { cwd, env })).code, 0)
  })
})

const refused: readonly (readonly [title: string, flags: readonly string[], says: RegExp])[] = [
  ['no model', ['--stream', 's.ndjson'], /^--model: this flag is needed/],
  ['no stream', ['--model', 'm.mps'], /^--stream: this flag is needed/],
  ['a model that is not there', ['--model', 'n.mps', '--stream', 's.ndjson'], /^n\.mps: no such file/],
  ['a stream that is not there', ['--model', 'm.mps', '--stream', 'n'], /^n: no such file/],
  ['a model as a stream', ['--model', 'm.mps', '--stream', 'm.mps'], /^m\.mps:1: the line is no JSON/],
  ['a row that is not there', ['--model', 'm.mps', '--stream', 'far'], /^far:2: rows\[0\] names 7 of 1/],
  ['an unknown peer', [...both, '--peer', 'clp'], /--peer/],
  ['unknown answers', [...both, '--answers', 'quick'], /--answers/],
  ['no steps', [...both, '--steps', '0'], /^--steps: '0' is not/],
]

for (const [title, flags, says] of refused) {
  test(`exit code 2 and one line: ${title}`, async () => {
    const { code, stdout, stderr } = await bench({ ...files, far: '{}\n{"rows":[[7,0,0]]}\n' }, ...flags)
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, /^weir: [^\n]+\n$/)
    assert.match(stderr.slice('weir: '.length), says)
  })
}

test('a published stream beside HiGHS: the same objectives', { skip }, async () => {
  const args = ['--model', join(folder, 'rebal_8.mps'), '--stream', join(folder, 'rebal_8_mixed.ndjson')]
  const { code, stdout, stderr } = await weir(['bench', 'resolve', ...args, '--peer', 'highs', '--json'])
  assert.equal(code, 0, stderr)
  const { steps, peer, objectives, pivots } = JSON.parse(stdout) as ResolveDocument
  assert.equal(objectives.length, steps)
  assert.ok(peer !== undefined && peer.maxRelativeDifference <= 1e-9 && peer.pivots.mean > 0)
  assert.ok(pivots.mean > 0)
})

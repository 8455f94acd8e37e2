/** `weir solve` as a user calls it: each status with its exit code, the document, the page, and what is refused. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SolveDocument } from '../../cli/solve-document.js'
import { root } from '../house/repository.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

/** max 3 x + 2 y + 10 with x + y <= 4, x + 3 y <= 6, x <= 3: 21 at (3, 1). */
const BEST = `NAME best
OBJSENSE MAX
ROWS
 N  profit
 L  hours
 L  steel
COLUMNS
 x profit 3 hours 1
 x steel 1
 y profit 2 hours 1
 y steel 3
RHS
 RHS profit -10 hours 4
 RHS steel 6
BOUNDS
 UP BND x 3
ENDATA
`
const model = (rows: string, columns: string, rest = '') => `ROWS\n${rows}COLUMNS\n${columns}${rest}ENDATA\n`
const NOWHERE = model(
  ' N  cost\n G  least\n L  most\n',
  ' x cost 1 least 1\n x most 1\n',
  'RHS\n RHS least 3 most 2\n',
)
const ENDLESS = model(' N  cost\n E  same\n', ' x cost -1 same 1\n y same -1\n')
/** The cost of the only point is 1e319. */
const OVERFLOW = model(' N  cost\n G  r\n', ' x cost 1e300 r 1\n', 'RHS\n RHS r 1e19\n')
const BINARY = model(
  ' N  cost\n L  r\n',
  " m 'MARKER' 'INTORG'\n x cost -1 r 2\n n 'MARKER' 'INTEND'\n",
  'RHS\n RHS r 1\n',
)

async function solve(text: string, ...flags: string[]): Promise<Outcome> {
  return withFolder((cwd) => {
    writeFileSync(join(cwd, 'm.mps'), text)
    return weir(['solve', 'm.mps', ...flags], { cwd })
  })
}

async function documentOf(text: string, exitCode: number, ...flags: string[]): Promise<SolveDocument> {
  const { code, stdout, stderr } = await solve(text, '--json', ...flags)
  assert.equal(code, exitCode, stderr)
  return JSON.parse(stdout) as SolveDocument
}

test('optimal: exit code 0, objective and duals in the sense of the file', async () => {
  const document = await documentOf(BEST, 0, '--solution', '-')
  const { name, status, objective, rows, columns, nonzeros, residuals, ray, x, y } = document
  assert.deepEqual([name, status, rows, columns, nonzeros, ray], ['best', 'optimal', 2, 2, 4, undefined])
  assert.equal(objective, 21)
  assert.deepEqual(x, { x: 3, y: 1 })
  // The optimum is degenerate in the dual: hours and steel both bind, and any price of theirs closes the gap.
  assert.deepEqual(Object.keys(y ?? {}), ['hours', 'steel'])
  assert.ok(Object.values(y ?? {}).every((price) => price >= 0))
  assert.ok(residuals !== null && Math.max(residuals.primal, residuals.dual, residuals.gap) <= 1e-9)
  assert.ok(document.iterations >= 0 && document.seconds > 0)
})

test('x and y are in the document only when asked for', async () => {
  const { x, y } = await documentOf(BEST, 0)
  assert.deepEqual([x, y], [undefined, undefined])
})

test('what presolve left is told, and nothing else of the answer depends on it', async () => {
  const reduced = await documentOf(BEST, 0, '--solution', '-', '--presolve')
  const { presolve } = reduced
  assert.ok(
    presolve !== null && presolve.rows <= 2 && presolve.columns <= 2 && presolve.originalSolved === null,
  )
  const plain = await documentOf(BEST, 0, '--solution', '-', '--no-presolve')
  assert.equal(plain.presolve, null)
  assert.deepEqual(Object.keys(plain), Object.keys(reduced))
  assert.deepEqual([plain.objective, plain.x], [reduced.objective, reduced.x])
  // A model that runs away has its direction from the model itself.
  assert.equal((await documentOf(ENDLESS, 4, '--presolve')).presolve?.originalSolved, 'unbounded')
  assert.match((await solve(BEST, '--presolve')).stdout, /^reduced +\d+ rows?, \d+ columns?, \d+ entr/m)
})

test('presolve is on from 16,000 entries, and limits hold with it', async () => {
  const column = (j: number) =>
    ` x${j} cost -${(j % 7) + 1} r0 1\n x${j} r1 ${(j % 5) + 1} r2 ${(j % 3) + 2}\n x${j} r3 1\n`
  const large = model(
    ' N  cost\n L  r0\n L  r1\n L  r2\n G  r3\n',
    Array.from({ length: 4000 }, (_, j) => column(j)).join(''),
    'RHS\n RHS r0 100 r1 200\n RHS r2 250 r3 1\n',
  )
  const { presolve, nonzeros, objective } = await documentOf(large, 0)
  assert.equal(nonzeros, 16_000)
  assert.ok(presolve !== null && presolve.columns < 4000)
  const plain = await documentOf(large, 0, '--no-presolve')
  assert.ok(Math.abs((plain.objective as number) - (objective as number)) <= 1e-6)
  const { status, presolve: left } = await documentOf(large, 5, '--iteration-limit', '0')
  assert.deepEqual([status, left], ['iteration-limit', presolve])
  assert.equal((await documentOf(BEST, 0)).presolve, null)
})

test('infeasible: exit code 3 and the rows that exclude each other', async () => {
  const { status, objective, residuals, ray } = await documentOf(NOWHERE, 3)
  assert.deepEqual([status, objective, residuals, ray?.kind], ['infeasible', null, null, 'farkas'])
  assert.deepEqual(Object.keys(ray?.rows ?? {}), ['least', 'most'])
  assert.ok(ray !== undefined && ray.margin > 0 && ray.residual <= 1e-9)
})

test('--explain: the rows and bounds that exclude each other, by name', async () => {
  // The row `slack` is part of no conflict.
  const rows = ' N  cost\n G  least\n L  most\n L  slack\n'
  const conflict = model(
    rows,
    ' x cost 1 least 1\n x most 1 slack 1\n y least 1\n',
    'RHS\n RHS least 3 most 1\n RHS slack 9\nBOUNDS\n UP BND y 1\n',
  )
  const { subsystem } = await documentOf(conflict, 3, '--explain')
  const members = [
    { kind: 'row', name: 'least', side: 'lower', bound: 3 },
    { kind: 'row', name: 'most', side: 'upper', bound: 1 },
    { kind: 'column', name: 'y', side: 'upper', bound: 1 },
  ]
  assert.deepEqual(subsystem, { irreducible: true, solves: 4, members })
  const { stdout } = await solve(conflict, '--explain')
  assert.match(
    stdout,
    /without any one of them the others do not:\n[\s\S]*^row +least +>= +3\nrow +most +<= +1\ncolumn +y +<= +1$/m,
  )
  assert.equal((await documentOf(conflict, 3)).subsystem, undefined)
  assert.equal((await documentOf(BEST, 0, '--explain')).subsystem, undefined)
})

test('unbounded: exit code 4 and the direction', async () => {
  const { status, ray, x } = await documentOf(ENDLESS, 4, '--solution', '-')
  assert.deepEqual([status, ray?.kind, x], ['unbounded', 'recession', { x: 0, y: 0 }])
  assert.ok(ray !== undefined && ray.columns.x === ray.columns.y && ray.margin > 0)
})

test('a limit: exit code 5, the feasible point reached, and what no point is better than', async () => {
  for (const [flag, expected] of [
    ['--iteration-limit', 'iteration-limit'],
    ['--deadline-ms', 'deadline'],
  ] as const) {
    const { status, objective, bound } = await documentOf(BEST, 5, flag, '0')
    const best = (await documentOf(BEST, 0)).objective as number
    // BEST is a maximization.
    assert.equal(status, expected)
    assert.ok(objective !== null && objective <= best, `${objective} of ${best}`)
    assert.ok(bound === null || bound >= best, `${bound} for ${best}`)
  }
})

test('numerical failure: exit code 6', async () => {
  const { status, objective } = await documentOf(OVERFLOW, 6)
  assert.deepEqual([status, objective], ['numerical-failure', null])
})

test('integer columns: exit code 2, or relaxed and said', async () => {
  const refused = await solve(BINARY)
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /^weir: m\.mps:5:13: integer columns.*--relax-integers/)
  const relaxed = await solve(BINARY, '--relax-integers', '--json')
  assert.match(relaxed.stderr, /^weir: m\.mps: 1 integer columns are taken as continuous\n$/)
  assert.equal((JSON.parse(relaxed.stdout) as SolveDocument).objective, -0.5)
})

test('a page for people, with the values when asked for', async () => {
  const { code, stdout, stderr } = await solve(BEST, '--no-presolve', '--solution', '-')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^m\.mps \(best\): optimal\nmaximum +21\nmodel +2 rows, 2 columns, 4 entries\n/)
  assert.match(stdout, /^residuals +primal .*, dual .*, gap /m)
  assert.match(stdout, /^x +3\ny +1$/m)
  assert.match((await solve(NOWHERE)).stdout, /proof +farkas, margin [\s\S]*^row +least/m)
})

test('--solution FILE holds the whole document', async () => {
  await withFolder(async (cwd) => {
    writeFileSync(join(cwd, 'm.mps'), BEST)
    const { code, stdout } = await weir(['solve', 'm.mps', '--solution', 's.json', '--json'], { cwd })
    assert.equal(code, 0)
    const { x, y, ...rest } = JSON.parse(readFileSync(join(cwd, 's.json'), 'utf8')) as SolveDocument
    assert.deepEqual(x, { x: 3, y: 1 })
    assert.ok(y !== undefined)
    assert.deepEqual(JSON.parse(stdout), rest)
  })
})

const refused: readonly (readonly [title: string, flags: readonly string[], says: RegExp])[] = [
  ['no file', ['none.mps'], /^none\.mps: no such file/],
  ['a folder', ['.'], /^\.: is a folder/],
  ['a format that is none', ['m.mps', '--format', 'lp'], /--format/],
  [
    'a deadline that is none',
    ['m.mps', '--deadline-ms', 'soon'],
    /^--deadline-ms: 'soon' is not a whole number/,
  ],
  ['a negative limit', ['m.mps', '--iteration-limit', '-1'], /^--iteration-limit: '-1' is not/],
  ['a folder that is not there', ['m.mps', '--solution', 'no/s.json'], /^no\/s\.json: cannot be written/],
  ['a model in the wrong format', ['m.mps', '--format', 'fixed'], /^m\.mps:8:\d+: column \d is not blank/],
]

for (const [title, flags, says] of refused) {
  test(`exit code 2 and one line: ${title}`, async () => {
    await withFolder(async (cwd) => {
      writeFileSync(join(cwd, 'm.mps'), BEST)
      const { code, stdout, stderr } = await weir(['solve', ...flags], { cwd })
      assert.deepEqual([code, stdout], [2, ''], stderr)
      assert.match(stderr, /^weir: [^\n]+\n$/)
      assert.match(stderr.slice('weir: '.length), says)
      const asJson = await weir(['solve', ...flags, '--json'], { cwd })
      const { error } = JSON.parse(asJson.stdout) as { error: { code: string; remedy: string } }
      assert.match(error.code, /^WEIR_(INPUT|USAGE)$/)
      assert.deepEqual(readdirSync(cwd), ['m.mps'])
    })
  })
}

test('a cut file is refused and leaves no solution', async () => {
  await withFolder(async (cwd) => {
    writeFileSync(join(cwd, 'm.mps'), BEST.slice(0, BEST.indexOf('ENDATA')))
    const { code, stderr } = await weir(['solve', 'm.mps', '--solution', 's.json'], { cwd })
    assert.equal(code, 2)
    assert.match(stderr, /^weir: m\.mps:16:1: the text ends without ENDATA/)
    assert.deepEqual(readdirSync(cwd), ['m.mps'])
  })
})

const skip = process.platform === 'win32' ? 'SKIPPED: no pipes with a name and no /dev on Windows' : false

test('an endless file is refused at the bound', { skip }, async () => {
  const { code, stderr } = await weir(['solve', '/dev/zero'])
  assert.deepEqual([code, stderr], [2, 'weir: /dev/zero: is larger than 256 MiB (split the file)\n'])
})

test('Ctrl-C ends the command though it never pauses', { skip }, async () => {
  await withFolder(async (cwd) => {
    execFileSync('mkfifo', ['m.mps'], { cwd })
    const child = spawn(process.execPath, [join(root, 'bin', 'weir.mjs'), 'solve', 'm.mps'], { cwd })
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve([code, signal])))
    // Opens when the command has opened its end; from then on it waits for bytes, without a turn of its event loop.
    const pipe = await open(join(cwd, 'm.mps'), 'w')
    child.kill('SIGINT')
    assert.deepEqual(await ended, [null, 'SIGINT'])
    await pipe.close()
  })
})

test('--exact: whether the answer is proven, by what, and the optimum as a fraction', async () => {
  const { exact } = await documentOf(BEST, 0, '--exact')
  assert.deepEqual(
    [exact?.proven, exact?.by, exact?.objective],
    [true, 'basis', { fraction: '21', decimal: '21' }],
  )
  assert.deepEqual([exact?.distance?.x, exact?.distance?.objective], [0, 0])
  // Its prices are thirds or halves, whichever vertex was found.
  assert.ok((exact?.distance?.y ?? 1) <= 2 ** -53)
  // 3 x >= 1 has no solution in doubles: the answer is off by what rounding leaves, 1/3 - 0.333... of them.
  const third = model(' N  cost\n G  r\n', ' x cost 1 r 3\n', 'RHS\n RHS r 1\n')
  const off = (await documentOf(third, 0, '--exact', '--presolve')).exact
  assert.deepEqual(off?.objective, { fraction: '1/3', decimal: '0.33333333333333333333' })
  // A third of 2^-54, rounded up: the double 1 / 3 is below a third, the next one above.
  assert.equal(off?.distance?.x, 2 ** -54 * (1 / 3 + 2 ** -54))
  assert.equal((await documentOf(NOWHERE, 3, '--exact')).exact?.by, 'farkas')
  const endless = (await documentOf(ENDLESS, 4, '--exact')).exact
  assert.deepEqual([endless?.proven, endless?.by], [false, 'nothing'])
  assert.match(endless?.reason ?? '', /unbounded/)
  const page = (await solve(BEST, '--exact')).stdout
  assert.match(page, /^proven +yes, by basis$/m)
  assert.match(page, /^exactly +21$/m)
  assert.equal((await documentOf(BEST, 0)).exact, undefined)
})

/** The benchmark of the optimizer from end to end, in the form that takes seconds: that all parts run and agree, not how fast. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { buildNative } from './native-build.js'
import type { OptimizerResults } from './results.js'

const run = promisify(execFile)
const main = fileURLToPath(new URL('../main.js', import.meta.url))
const BOUND_MS = 120_000
const PAGE = 'before\n<!-- optimizer: begin -->\nold\n<!-- optimizer: end -->\nafter\n'

/** Runs it where no published models are, so that it does the same everywhere. */
async function quick() {
  const folder = mkdtempSync(join(tmpdir(), 'weir-quick-'))
  try {
    const page = join(folder, 'page.md')
    const json = join(folder, 'results.json')
    writeFileSync(page, PAGE)
    const args = [main, 'optimizer', '--quick', '--json', json, '--markdown', page]
    const { stdout } = await run(process.execPath, args, {
      env: { ...process.env, WEIR_SHARED: folder, NODE_TEST_CONTEXT: undefined },
      timeout: BOUND_MS,
    })
    return {
      stdout,
      page: readFileSync(page, 'utf8'),
      plot: readFileSync(join(folder, 'benchmarks-growth.svg'), 'utf8'),
      results: (JSON.parse(readFileSync(json, 'utf8')) as { optimizer: OptimizerResults }).optimizer,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a quick run measures every part, and writes page, plot and document', async () => {
  const { stdout, page, plot, results } = await quick()
  assert.equal(results.isQuick, true)
  assert.deepEqual(
    results.warm.map(({ pools, kind, model }) => `${pools} ${kind} ${model}`),
    ['8 tick generated', '8 batch generated', '8 mixed generated'],
  )
  for (const { together, alone } of results.warm) {
    assert.deepEqual(
      together.map(({ name }) => name),
      ['Weir fast', 'Weir canonical', 'HiGHS WASM'],
    )
    assert.equal(alone.length, 3)
    for (const column of [...together, ...alone]) {
      if ('notMeasured' in column) assert.match(column.notMeasured, /install/)
      else {
        assert.ok(column.micros.p50 > 0 && column.micros.samples === 20)
        assert.ok(column.maxRelativeDifference <= 1e-9, `${column.name}: ${column.maxRelativeDifference}`)
      }
    }
  }
  assert.ok('skipped' in results.cold)
  assert.match(stdout, /cold solves: SKIPPED: no data: put the Netlib models into /)
  assert.deepEqual(
    results.startUp.solvers.map(({ name, runs }) => [name, runs.length]),
    [
      ['Weir', 1],
      ['HiGHS WASM', 1],
    ],
  )
  assert.deepEqual(
    results.growth.points.map(({ pools, rows, columns }) => [pools, rows, columns]),
    [
      [8, 28, 96],
      [16, 44, 192],
    ],
  )
  assert.ok(results.growth.buckets.every(({ microsMedian }) => microsMedian > 0))
  assert.match(plot, /^<svg [\s\S]*<\/svg>$/)
  assert.match(page, /^before\n<!-- optimizer: begin -->\n\nQUICK RUN/)
  assert.match(page, /!\[[^\]]+\]\(benchmarks-growth\.svg\)[\s\S]*<!-- optimizer: end -->\nafter\n$/)
  assert.ok(!page.includes('NaN') && !page.includes('undefined') && !page.includes('\nold\n'))
})

test('a native peer that cannot be built says what to install', async () => {
  const peer = {
    name: 'None',
    source: 'glpk.cpp',
    flags: ['-lno-such-library'],
    packageName: 'libnone-dev',
  }
  const built = await buildNative(peer)
  assert.ok('notMeasured' in built)
  assert.match(built.notMeasured, /^install (g\+\+ and )?libnone-dev$/)
})

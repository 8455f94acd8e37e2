/** Models and changes through the debug build, whose assertions look at the factors, the basis and the work vectors after each solve. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { applyStep, readChangeFile } from './changes/change-stream.js'
import { compileOptimizer } from './compile.js'
import { LinearProgram, type ResolveOptions } from './linear-program.js'
import { readMpsFile } from './mps/mps-file.js'
import type { SparseModel } from './sparse-model.js'
import { adversarialModel, familyNames } from './testing/adversarial-model.js'
import { compileDebugOptimizer } from './testing/debug-optimizer.js'
import { changeModel, copyModel, randomModel, SeededRandom } from './testing/random-model.js'
import { writeThrough } from './testing/write-through.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const shared = process.env.WEIR_SHARED ?? join(root, '..', 'shared')
const folder = join(shared, 'netlib')
const skip = existsSync(folder) ? false : `SKIPPED: no Netlib models at ${folder} (set WEIR_SHARED)`
const streams = join(shared, 'rebalancing-lp')
const skipStreams = existsSync(streams) ? false : `SKIPPED: no streams at ${streams} (set WEIR_SHARED)`
/** Bytes of the largest published model that is taken: the checks of a solve take longer than the solve. */
const LARGEST_FILE = 150_000

let debugModule: WebAssembly.Module
let releaseModule: WebAssembly.Module
let checked: LinearProgram
let release: LinearProgram
before(async () => {
  debugModule = await compileDebugOptimizer()
  releaseModule = (await compileOptimizer()).module
  checked = LinearProgram.instantiate(debugModule)
  release = LinearProgram.instantiate(releaseModule)
})

test('the debug build has the assertions, the other one neither them nor names', () => {
  const [names] = WebAssembly.Module.customSections(debugModule, 'name')
  assert.ok(names !== undefined && Buffer.from(names).includes('invariants/checkInvariants'))
  assert.deepEqual(WebAssembly.Module.customSections(releaseModule, 'name'), [])
  assert.deepEqual(WebAssembly.Module.imports(debugModule), WebAssembly.Module.imports(releaseModule))
})

/** Solves with both builds; the assertions must change nothing. */
function resolveBoth(place: string, options: ResolveOptions = {}): void {
  let status: string
  try {
    status = checked.resolve(options)
  } catch (cause) {
    throw new Error(`${place}: ${(cause as Error).stack}`, { cause })
  }
  assert.equal(status, release.resolve(options), place)
  assert.equal(checked.iterations, release.iterations, place)
  assert.deepEqual(checked.exportBasis(), release.exportBasis(), place)
  assert.deepEqual(checked.primal, release.primal, place)
  assert.deepEqual(checked.dual, release.dual, place)
}

function loadBoth(model: SparseModel): void {
  checked.load(model)
  release.load(model)
}

test('cold solves of random and adversarial models', () => {
  for (let seed = 70_000; seed < 70_600; seed++) {
    const random = new SeededRandom(seed)
    const isHard = random.chance(0.7)
    loadBoth(
      isHard
        ? adversarialModel(random, random.pick(familyNames))
        : randomModel(random, { rows: random.whole(1, 60), columns: random.whole(1, 90) }),
    )
    resolveBoth(`seed ${seed}`)
  }
})

test('warm solves after changes, limits, imported bases, and columns that come and go', () => {
  const outcomes = new Set<string>()
  for (let seed = 71_000; seed < 71_150; seed++) {
    const random = new SeededRandom(seed)
    const model = copyModel(randomModel(random, { rows: random.whole(1, 40), columns: random.whole(2, 60) }))
    loadBoth(model)
    const bases = [checked.exportBasis()]
    for (let step = 0; step < 15; step++) {
      const place = `seed ${seed}, step ${step}`
      changeModel(random, model, 4)
      const kind = random.whole(0, 9)
      for (const program of [checked, release]) {
        writeThrough(program, model)
        if (kind === 0) outcomes.add(program.resolve({ iterationLimit: 3 }))
        if (kind === 1) program.importBasis(bases[step >> 1] ?? (bases[0] as Uint8Array))
        if (kind === 2) program.resetBasis()
        if (kind === 3 && program.resolve() === 'optimal') program.rangeOfRow(model.rows - 1)
      }
      resolveBoth(place)
      bases.push(checked.exportBasis())
    }
    const half = Array.from({ length: model.columns >> 1 }, (_, j) => 2 * j)
    const before = checked.exportModel()
    for (const program of [checked, release]) program.removeColumns(half)
    resolveBoth(`seed ${seed}, half of the columns`)
    for (const program of [checked, release]) program.addColumns(before)
    resolveBoth(`seed ${seed}, all columns once more`)
  }
  assert.ok(outcomes.has('iteration-limit'))
})

test('published models', { skip }, () => {
  let solved = 0
  for (const directory of [folder, join(folder, 'infeasible')]) {
    for (const file of readdirSync(directory)) {
      const path = join(directory, file)
      if (!file.endsWith('.mps') || statSync(path).size > LARGEST_FILE) continue
      loadBoth(readMpsFile(path).model)
      resolveBoth(file)
      solved++
    }
  }
  process.stdout.write(`# ${solved} published models\n`)
  assert.ok(solved >= 20)
})

test('limits while the primal method has widened bounds, which a degenerate model makes it do', {
  skip,
}, () => {
  const { model } = readMpsFile(join(folder, 'degen2.mps'))
  for (let seed = 0; seed < 4; seed++) {
    const random = new SeededRandom(seed)
    loadBoth(model)
    resolveBoth(`seed ${seed}, cold`, { answers: 'fast' })
    for (let step = 0; step < 6; step++) {
      for (let j = 0; j < model.columns; j++) {
        if (!random.chance(0.3)) continue
        const cost = (model.cost[j] as number) + random.whole(-2, 2)
        for (const program of [checked, release]) program.changeCost(j, cost)
      }
      resolveBoth(`seed ${seed}, step ${step}`, { answers: 'fast', iterationLimit: random.whole(10, 400) })
    }
  }
})

test('the rebalancing streams: many short warm solves in a row', { skip: skipStreams }, () => {
  for (const [pools, steps] of [
    [32, 60],
    [128, 20],
  ] as const) {
    const { model } = readMpsFile(join(streams, `rebal_${pools}.mps`))
    for (const kind of ['tick', 'batch', 'mixed']) {
      loadBoth(model)
      resolveBoth(`${pools} ${kind}`)
      const changes = readChangeFile(join(streams, `rebal_${pools}_${kind}.ndjson`), model)
      changes.slice(0, steps).forEach((step, k) => {
        for (const program of [checked, release]) applyStep(program, step)
        resolveBoth(`${pools} ${kind}, step ${k}`)
      })
    }
  }
})

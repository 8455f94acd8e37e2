/** Published models: their exact optima, proofs of infeasible ones, and the rebalancing models, within the limits of a default certificate. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import { readMpsFile } from '../mps/mps-file.js'
import type { SparseModel } from '../sparse-model.js'
import { certify, checkCertificate, readCertificate, writeCertificate } from './certificate-document.js'
import { certifyInfeasible } from './certify-infeasible.js'
import { certifyOptimal } from './certify-optimal.js'
import { claimOf } from './claim.js'
import { toDecimal } from './rational.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const shared = process.env.WEIR_SHARED ?? join(root, '..', 'shared')
const netlib = join(shared, 'netlib')
const rebalancing = join(shared, 'rebalancing-lp')
const missing = (folder: string) =>
  existsSync(folder) ? false : `SKIPPED: no published models at ${folder} (set WEIR_SHARED)`

/** Proven as they are, and by how many exact steps; the rest of the set takes from seconds to a minute and is in docs/exact-certificates.md. */
const PROVEN = ['afiro', 'sc50a', 'kb2', 'adlittle', 'blend', 'share2b', 'recipe', 'lotfi', 'vtp-base', 'bore3d', 'israel', 'standata', 'shell', 'degen2', 'etamacro', 'sctap2'] // biome-ignore format: a list
const REPAIRED = ['boeing2', 'forplan', 'ship04s']
const INFEASIBLE = ['box1', 'cplex2', 'ex72a', 'galenet', 'klein1', 'klein2', 'forest6', 'itest6', 'bgprtr', 'chemcom', 'mondou2', 'woodinfe'] // biome-ignore format: a list

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

function solved(model: SparseModel): LinearProgram {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  program.resolve()
  return program
}

test('Netlib optima are proven, and are the published ones', { skip: missing(netlib) }, () => {
  const { feasible } = JSON.parse(readFileSync(join(netlib, 'optima.json'), 'utf8')) as {
    feasible: { name: string; optimum: number; objectiveOffset: number }[]
  }
  for (const name of [...PROVEN, ...REPAIRED]) {
    const { model } = readMpsFile(join(netlib, `${name}.mps`))
    const program = solved(model)
    const certificate = certifyOptimal(model, program.exportBasis(), program)
    assert.ok(certificate.outcome !== 'refuted', name)
    const published = feasible.find((entry) => entry.name === name)
    assert.ok(published !== undefined)
    const expected = published.optimum - published.objectiveOffset
    const optimum = certificate.outcome === 'optimal' ? certificate.objective : certificate.lowest
    assert.ok(optimum !== undefined, name)
    // The published number is of the decimals in the file, this one of the doubles that they became.
    assert.ok(
      Math.abs(Number(toDecimal(optimum, 20)) - expected) <= 1e-12 * Math.max(1, Math.abs(expected)),
      name,
    )
    if (certificate.outcome === 'optimal-within') assert.equal(certificate.gap?.numerator, 0n, name)
    assert.equal(certificate.outcome, PROVEN.includes(name) ? 'optimal' : 'optimal-within', name)
  }
})

test('infeasible Netlib models are proven so', { skip: missing(netlib) }, () => {
  for (const name of INFEASIBLE) {
    const { model } = readMpsFile(join(netlib, 'infeasible', `${name}.mps`))
    const program = solved(model)
    const certificate = certifyInfeasible(model, program.ray, { basis: program.exportBasis() })
    assert.equal(certificate.outcome, 'infeasible', name)
  }
})

test('rebalancing models are proven, and their documents hold', { skip: missing(rebalancing) }, () => {
  for (const pools of [8, 32, 128, 512]) {
    const { model } = readMpsFile(join(rebalancing, `rebal_${pools}.mps`))
    const program = solved(model)
    const { primal, dual, objective } = program
    const subject = {
      kind: 'optimum',
      basis: program.exportBasis(),
      answer: { primal, dual, objective },
    } as const
    const terms = { tolerance: 1e-6, pivots: 20 }
    const certificate = certify(model, subject, terms)
    const isProven =
      certificate.outcome === 'optimal' ||
      (certificate.outcome === 'optimal-within' && certificate.gap?.numerator === 0n)
    assert.ok(isProven, `${pools}: ${certificate.outcome}`)
    if (pools > 32) continue
    const bytes = writeCertificate({ model, subject, terms, claim: claimOf(certificate) })
    assert.equal(checkCertificate(readCertificate(bytes)), undefined)
  }
})

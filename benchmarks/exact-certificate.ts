/**
 * Exact certificates: from model, basis and answer to a proof without tolerances, for rebalancing models of four sizes and for published
 * models where they are at hand.
 *
 * There is no peer: no package for Node solves or checks linear programs in rational arithmetic. What it is held against is the
 * goal that a decision bundle is verified in 2 s, of which the largest rebalancing model may take a share.
 */
import { WeirError } from '../pipeline/errors.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { certifyOptimal } from '../wasm-core/host/exact/certify-optimal.js'
import { LinearProgram } from '../wasm-core/host/linear-program.js'
import type { SparseModel } from '../wasm-core/host/sparse-model.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'
import { netlibInstances, netlibModel, WHERE_PUBLISHED } from './optimizer/published-models.js'
import { generatedRebalancing } from './optimizer/rebalancing-stream.js'

const POOLS = [512, 8, 32, 128]
/** Small and middle ones; integers of 2,000 bits are the longest. */
const NETLIB = ['afiro', 'israel', 'etamacro', 'capri', 'sctap2']

export const exactCertificate: Scenario = {
  name: 'exact-certificate',
  measures: 'model, basis and answer to an exact proof of the optimum',
  warmUpRounds: 2,
  rounds: 8,
  async contenders() {
    const { module } = await compileOptimizer()
    const rebalancing = POOLS.map((pools) =>
      contender(`${pools} pools`, module, generatedRebalancing(pools, 'tick', 0).model),
    )
    const instances = netlibInstances()
    const published = (instances ?? [])
      .filter(({ name }) => NETLIB.includes(name))
      .map((instance) => contender(instance.name, module, netlibModel(instance)))
    const notes = [
      'No peer: no package on npm proves optima exactly. Goal: a share of the 2 s in which a decision bundle is verified.',
      ...(instances === undefined ? [`Without published models: they need ${WHERE_PUBLISHED}.`] : []),
    ]
    return { list: [...rebalancing, ...published], notes }
  },
}

/** The solve is not measured. All are Weir: each is a figure of its own, none a ratio. */
function contender(name: string, module: WebAssembly.Module, model: SparseModel): Contender {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  if (program.resolve() !== 'optimal') throw new WeirError('WEIR_SOLVER', `${name} has no optimum`)
  const basis = program.exportBasis()
  return {
    name,
    role: 'weir',
    round(samples) {
      const before = nowMicros()
      const certificate = certifyOptimal(model, basis, program)
      samples.push(nowMicros() - before)
      const isProven =
        certificate.outcome === 'optimal' ||
        (certificate.outcome === 'optimal-within' && certificate.gap?.numerator === 0n)
      if (!isProven) throw new WeirError('WEIR_SOLVER', `the optimum of ${name} is not proven`)
    },
  }
}

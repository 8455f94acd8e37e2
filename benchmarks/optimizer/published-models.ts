/**
 * Published models, where they are at hand (`WEIR_SHARED`, or a folder `shared` beside the repository): rebalancing models
 * with their streams, and Netlib with its exact optima. Elsewhere they are missing, and callers say so.
 * Depends on the host's readers.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readChangeFile } from '../../wasm-core/host/changes/change-stream.js'
import { readMpsFile } from '../../wasm-core/host/mps/mps-file.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'
import type { Problem, StreamKind } from './problem.js'

// dist/benchmarks/optimizer -> root of the repository
const root = fileURLToPath(new URL('../../../', import.meta.url))

const shared = () => process.env.WEIR_SHARED ?? join(root, '..', 'shared')

/** What to say where they are missing. */
export const WHERE_PUBLISHED = 'a folder `shared` beside the repository, or the one that WEIR_SHARED names'

/** A published rebalancing model with one of its streams; undefined where it is missing. */
export function publishedRebalancing(pools: number, kind: StreamKind): Problem | undefined {
  const folder = join(shared(), 'rebalancing-lp')
  const file = join(folder, `rebal_${pools}.mps`)
  const stream = join(folder, `rebal_${pools}_${kind}.ndjson`)
  if (!existsSync(file) || !existsSync(stream)) return undefined
  const { model } = readMpsFile(file)
  return { model, steps: readChangeFile(stream, model) }
}

export interface NetlibInstance {
  readonly name: string
  readonly nonzeros: number
  /** Exact, to the digits of a double, without the constant of the objective, which solvers are not given. */
  readonly optimum: number
}

interface PublishedOptimum extends NetlibInstance {
  readonly objectiveOffset: number
}

/** The feasible Netlib instances, small ones first; undefined where they are missing. */
export function netlibInstances(): NetlibInstance[] | undefined {
  const file = join(shared(), 'netlib', 'optima.json')
  if (!existsSync(file)) return undefined
  const { feasible } = JSON.parse(readFileSync(file, 'utf8')) as { feasible: PublishedOptimum[] }
  return feasible
    .map(({ name, nonzeros, optimum, objectiveOffset }) => ({
      name,
      nonzeros,
      optimum: optimum - objectiveOffset,
    }))
    .sort((a, b) => a.nonzeros - b.nonzeros)
}

export function netlibModel({ name }: NetlibInstance): SparseModel {
  return readMpsFile(join(shared(), 'netlib', `${name}.mps`)).model
}

/**
 * The optimizer of one group: loads its model, starts from the basis that the state holds, and solves.
 *
 * The instance keeps no history that could change an answer: model and start basis decide every bit of it, so a
 * restored agent goes on as the original would have. Depends on `wasm-core/host` and hashing.
 */
import { LinearProgram, type SolveStatus } from '../../wasm-core/host/linear-program.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'
import { sha256, toHex } from '../identity.js'
import type { NamedModel } from './model-builder.js'

/** Far above what a model of this kind takes; beyond it the solve is given up and the plan refused. */
const ITERATION_LIMIT = 50_000

export interface Solution {
  readonly status: SolveStatus
  readonly startBasis: Uint8Array
  readonly basis: Uint8Array
  readonly primal: Float64Array
  readonly dual: Float64Array
  readonly reducedCost: Float64Array
  readonly rowActivity: Float64Array
  readonly objective: number
  readonly iterations: number
  readonly primalResidual: number
  readonly dualResidual: number
  /** By variable, of an infeasible model: the weights that prove it. Empty otherwise. */
  readonly ray: Float64Array
}

const NO_RAY = new Float64Array(0)

export class GroupOptimizer {
  private readonly program: LinearProgram

  constructor(
    module: WebAssembly.Module,
    private readonly nowMicros: () => number,
    stopWord?: Int32Array,
    /** SHA-256 of the module, hexadecimal; policies say which may decide. */
    readonly digestHex = '',
  ) {
    this.program = LinearProgram.instantiate(module)
    if (stopWord !== undefined) this.program.stopWord = stopWord
  }

  /** Microseconds spent in the module since the last call of `takeMicros`. */
  private spentMicros = 0

  takeMicros(): number {
    const spent = this.spentMicros
    this.spentMicros = 0
    return spent
  }

  load(model: NamedModel, startBasis: Uint8Array | null): void {
    const before = this.nowMicros()
    this.program.load(model.sparse)
    if (startBasis !== null) this.program.importBasis(startBasis)
    this.spentMicros += this.nowMicros() - before
  }

  /** Forbids a column for the solves that follow, until the next `load`. */
  forbid(column: number): void {
    this.program.changeColumn(column, this.program.columnLower[column]!, 0)
  }

  solve(): Solution {
    const { program } = this
    const before = this.nowMicros()
    const startBasis = program.exportBasis()
    const status = program.resolve({ iterationLimit: ITERATION_LIMIT })
    this.spentMicros += this.nowMicros() - before
    return {
      status,
      startBasis,
      basis: program.exportBasis(),
      primal: program.primal.slice(),
      dual: program.dual.slice(),
      reducedCost: program.reducedCost.slice(),
      rowActivity: program.rowActivity.slice(),
      objective: program.objective,
      iterations: program.iterations,
      primalResidual: program.primalResidual,
      dualResidual: program.dualResidual,
      ray: status === 'infeasible' ? program.ray.slice() : NO_RAY,
    }
  }
}

/** SHA-256 of the numbers of a model: sizes, matrix, costs, bounds and sides, in this order, little-endian. */
export function modelDigest(model: SparseModel): Uint8Array {
  const sizes = Int32Array.of(model.rows, model.columns)
  const parts = [
    sizes,
    model.columnStart,
    model.rowIndex,
    model.value,
    model.cost,
    model.columnLower,
    model.columnUpper,
    model.rowLower,
    model.rowUpper,
  ]
  return sha256(...parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)))
}

/** Digest of the names: two models with the same one have the same rows and columns, and a basis fits both. */
export function structureHex(model: NamedModel): string {
  return toHex(sha256(Buffer.from([...model.rowNames, '', ...model.columnNames].join('\u0000'), 'utf8')))
}

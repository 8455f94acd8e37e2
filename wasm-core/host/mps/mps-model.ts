/**
 * What the MPS reader gives, what it may be told, and its bounds. Depends on sparse-model.ts.
 *
 * The conventions where readers of MPS differ are listed in docs/mps.md.
 */
import type { SparseModel } from '../sparse-model.js'

/** `fixed`: fields stand in fixed columns and names may hold blanks. `free`: blanks or tabs part the fields. */
export type MpsFormat = 'fixed' | 'free'

export interface MpsOptions {
  /** Named in front of line and column in errors: a path. */
  readonly source: string
  /** Left out: found by looking at the whole text, refused if that leaves a doubt. */
  readonly format?: MpsFormat
  /** Read integer columns as continuous ones. Otherwise the first one is refused, because the answer would be to another question. */
  readonly relaxIntegers?: boolean
}

export interface MpsModel {
  /** First word behind NAME; empty without one. */
  readonly name: string
  /** Always a minimization: costs of a maximization are negated. See `fileObjective`. */
  readonly model: SparseModel
  readonly rowNames: readonly string[]
  readonly columnNames: readonly string[]
  /** Name of the objective row; empty when the file has none, and the objective is its constant alone. */
  readonly objectiveName: string
  /** Constant of the file's objective, in the file's own sense: the negated right-hand side of the objective row. */
  readonly objectiveOffset: number
  readonly maximize: boolean
  readonly format: MpsFormat
  /** Rows of kind N besides the objective; they bind nothing and are left out. */
  readonly freeRowsDropped: number
  readonly integersRelaxed: number
}

/** The objective as the file means it, from that of the minimization. */
export function fileObjective(mps: MpsModel, minimized: number): number {
  return mps.objectiveOffset + (mps.maximize ? -minimized : minimized)
}

/** Bounds of a file, above any model the optimizer takes; they keep memory in proportion to what is read. */
export const MPS_LIMITS = {
  fileBytes: 256 * 2 ** 20,
  /** Five fields with names of the longest kind. */
  lineBytes: 4096,
  nameLength: 255,
  rows: 1_000_000,
  columns: 1_000_000,
  entries: 10_000_000,
} as const

/** From here on a bound or side stands for none, as in the files of most solvers. */
export const INFINITE_FROM = 1e20

/**
 * The module's exports and the places of its shared arrays, as drawn in assembly/memory.ts and
 * assembly/index.ts. Imported by linear-program.ts only. Depends on nothing.
 */

/** Exports of assembly/index.ts. */
export interface OptimizerExports {
  readonly memory: WebAssembly.Memory
  reserve(rows: number, columns: number, nonzeros: number): number
  prepare(): void
  changeBounds(variable: number, lower: number, upper: number): void
  changeCost(column: number, cost: number): void
  gapValue(): number
  resolve(iterationLimit: number, canonical: number): number
  resetBasis(): void
  basisImported(): void
  completeBasis(): void
  directoryAddress(): number
  objectiveValue(): number
  iterationCount(): number
  primalResidualValue(): number
  dualResidualValue(): number
  offendingVariable(): number
  fallbackCount(): number
  failureCount(): number
  notCanonicalCount(): number
  canonicalReached(): number
  repairCount(): number
  factorizationCount(): number
  dualBoundValue(): number
  setMethod(code: number): void
  rangeOfBound(variable: number): number
  rangeOfCost(column: number): number
  rangeLow(): number
  rangeHigh(): number
}

/** Words of the directory (assembly/memory.ts). */
export const DIRECTORY_WORDS = 11
export const directoryWord = {
  columnStart: 0,
  rowIndex: 1,
  value: 2,
  cost: 3,
  lower: 4,
  upper: 5,
  answerPrimal: 6,
  answerDual: 7,
  ray: 8,
  basis: 9,
  status: 10,
} as const

export type SolveStatus =
  | 'optimal'
  | 'infeasible'
  | 'unbounded'
  | 'iteration-limit'
  | 'deadline'
  | 'numerical-failure'

/** Results of `resolve` in the order of their codes (assembly/progress.ts); the code after the last means invalid data. */
export const statusOfCode: readonly SolveStatus[] = [
  'optimal',
  'infeasible',
  'unbounded',
  'iteration-limit',
  'deadline',
  'numerical-failure',
]
export const INVALID_DATA_CODE = 6

/**
 * How an optimum is looked for. `primal` never uses the dual method, `bland` goes straight to the ladder's last rung: other
 * ways to the same optimum, for checks.
 */
export type SolveMethod = 'automatic' | 'primal' | 'bland'
export const methodCodes: Readonly<Record<SolveMethod, number>> = { automatic: 0, primal: 1, bland: 2 }

/** What went on inside since the instance was made. */
export interface SolveCounters {
  /** Solves whose first attempt failed its check, so that a more careful one was needed. */
  readonly fallbacks: number
  /** Solves that ended as 'numerical-failure'. */
  readonly failures: number
  /** Canonical answers whose basis is not certain to be the canonical one: correct, but perhaps others after another history. */
  readonly notCanonical: number
  /** Factorizations from scratch. */
  readonly factorizations: number
  /** Basic variables exchanged because a basis was singular. */
  readonly repairs: number
}

export function countersOf(exports: OptimizerExports): SolveCounters {
  return {
    fallbacks: exports.fallbackCount(),
    failures: exports.failureCount(),
    notCanonical: exports.notCanonicalCount(),
    factorizations: exports.factorizationCount(),
    repairs: exports.repairCount(),
  }
}

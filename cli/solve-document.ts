/**
 * What `weir solve` says of an outcome: as one document for programs, as a page for people.
 * Depends on the optimizer's host and on the tables of the command line.
 */
import {
  dualityGap,
  infeasibilityProof,
  type RayProof,
  unboundednessProof,
} from '../wasm-core/host/certificate.js'
import type { InfeasibleSubsystem, SubsystemMember } from '../wasm-core/host/infeasible-subsystem.js'
import type { SolveStatus } from '../wasm-core/host/linear-program.js'
import { fileObjective, type MpsModel } from '../wasm-core/host/mps/mps-model.js'
import type { OriginalReason, SolvedAnswer } from '../wasm-core/host/presolve/solve-with-presolve.js'
import { formatTable } from './amounts.js'
import { describeProof, type ExactProof } from './exact-proof.js'

export interface SolveOutcome {
  readonly file: string
  readonly mps: MpsModel
  /** What presolve made of the model; undefined without presolve. */
  readonly presolve?: Presolved
  readonly answer: SolvedAnswer
  readonly status: SolveStatus
  readonly iterations: number
  readonly factorizations: number
  /** After a limit without presolve: what no feasible point is below; -Infinity where the duals say nothing yet. */
  readonly dualBound?: number
  readonly seconds: number
  readonly readSeconds: number
  /** Of an infeasible model, where it was asked for. */
  readonly subsystem: InfeasibleSubsystem | undefined
  /** Where it was asked for. */
  readonly exact: ExactProof | undefined
}

/** What presolve left of the model, and whether that was enough. */
export interface Presolved {
  readonly rows: number
  readonly columns: number
  readonly nonzeros: number
  /** Why the model itself was solved as well, from the basis that presolve brought back; null when it was not. */
  readonly originalSolved: OriginalReason | null
}

export interface SolveDocument {
  readonly name: string
  readonly status: SolveStatus
  /** In the file's own sense, with its constant; after a limit that of the point reached, if it is feasible; otherwise null. */
  readonly objective: number | null
  /** After a limit: what no feasible point is better than, in the file's own sense; null where nothing is known, and without a limit. */
  readonly bound: number | null
  readonly rows: number
  readonly columns: number
  readonly nonzeros: number
  /** Null without presolve. */
  readonly presolve: Presolved | null
  /** Of the reduced model, and of the model itself where it was solved too. */
  readonly iterations: number
  readonly factorizations: number
  /** Presolve, solve and postsolve. */
  readonly seconds: number
  readonly readSeconds: number
  /** Null unless optimal. */
  readonly residuals: { readonly primal: number; readonly dual: number; readonly gap: number } | null
  /** The proof of 'infeasible' and 'unbounded'; entries that are 0 are left out. */
  readonly ray?: RayProof & { readonly columns: Values; readonly rows: Values }
  /** Rows and bounds that exclude each other; with 'infeasible', where it was asked for. */
  readonly subsystem?: {
    /** False when a limit ended the search: some members may not be needed. */
    readonly irreducible: boolean
    readonly solves: number
    readonly members: readonly NamedMember[]
  }
  /** Where it was asked for. */
  readonly exact?: ExactProof
  /** By column; with 'unbounded' the point that the ray starts from. */
  readonly x?: Values
  /** By row, in the file's own sense. */
  readonly y?: Values
}

type Values = Readonly<Record<string, number>>

export interface NamedMember extends Pick<SubsystemMember, 'kind' | 'side' | 'bound'> {
  readonly name: string
}

export interface DocumentOptions {
  readonly withValues: boolean
}

export function solveDocument(outcome: SolveOutcome, { withValues }: DocumentOptions): SolveDocument {
  const { mps, answer, presolve = null, status, iterations, seconds, readSeconds } = outcome
  const { model } = mps
  const isOptimal = status === 'optimal'
  const ray = proofOf(outcome)
  return {
    name: mps.name,
    status,
    objective: isOptimal || isFeasibleAtLimit(outcome) ? fileObjective(mps, answer.objective) : null,
    bound: boundOf(outcome),
    rows: model.rows,
    columns: model.columns,
    nonzeros: model.value.length,
    presolve,
    iterations,
    factorizations: outcome.factorizations,
    seconds,
    readSeconds,
    residuals: isOptimal ? residualsOf(outcome) : null,
    ...(ray === undefined ? {} : { ray: { ...ray, ...rayByName(outcome) } }),
    ...(outcome.subsystem === undefined ? {} : { subsystem: subsystemByName(mps, outcome.subsystem) }),
    ...(outcome.exact === undefined ? {} : { exact: outcome.exact }),
    ...(withValues && (isOptimal || status === 'unbounded')
      ? { x: byName(mps.columnNames, answer.primal) }
      : {}),
    ...(withValues && isOptimal ? { y: byName(mps.rowNames, fileDuals(outcome)) } : {}),
  }
}

const isLimit = (status: SolveStatus): boolean => status === 'deadline' || status === 'iteration-limit'

function isFeasibleAtLimit({ status, answer }: SolveOutcome): boolean {
  return isLimit(status) && answer.primalResidual <= 1e-7
}

function boundOf({ mps, status, dualBound = -Infinity }: SolveOutcome): number | null {
  return isLimit(status) && Number.isFinite(dualBound) ? fileObjective(mps, dualBound) : null
}

function residualsOf({ mps, answer }: SolveOutcome) {
  return { primal: answer.primalResidual, dual: answer.dualResidual, gap: dualityGap(mps.model, answer) }
}

function proofOf({ mps, answer, status }: SolveOutcome): RayProof | undefined {
  if (status === 'infeasible') return infeasibilityProof(mps.model, answer.ray)
  return status === 'unbounded' ? unboundednessProof(mps.model, answer.ray) : undefined
}

function rayByName({ mps, answer }: SolveOutcome): { readonly columns: Values; readonly rows: Values } {
  const { columns } = mps.model
  const nonzero = ([, value]: readonly [string, number]) => value !== 0
  const columnEntries = mps.columnNames.map((name, j) => [name, answer.ray[j] as number] as const)
  const rowEntries = mps.rowNames.map((name, i) => [name, answer.ray[columns + i] as number] as const)
  return {
    columns: Object.fromEntries(columnEntries.filter(nonzero)),
    rows: Object.fromEntries(rowEntries.filter(nonzero)),
  }
}

function subsystemByName({ rowNames, columnNames }: MpsModel, subsystem: InfeasibleSubsystem) {
  const { isIrreducible: irreducible, solves, members } = subsystem
  const named = members.map(({ kind, index, side, bound }) => {
    const name = (kind === 'row' ? rowNames : columnNames)[index] as string
    return { kind, name, side, bound }
  })
  return { irreducible, solves, members: named }
}

/** Change of the file's objective for one unit more of a side: turned back for a maximization. */
function fileDuals({ mps, answer }: SolveOutcome): Float64Array {
  return mps.maximize ? answer.dual.map((price) => 0 - price) : answer.dual
}

function byName(names: readonly string[], values: Float64Array): Values {
  return Object.fromEntries(names.map((name, k) => [name, values[k] as number]))
}

/** Entries of a ray shown to people; the document has all. */
const RAY_ENTRIES_SHOWN = 10

export function describeSolve(outcome: SolveOutcome, { withValues }: DocumentOptions): string {
  const { file, mps, answer, status } = outcome
  const document = solveDocument(outcome, { withValues: false })
  const { objective, presolve, residuals, ray, subsystem, iterations, seconds } = document
  const title = mps.name === '' ? file : `${file} (${mps.name})`
  const small = (value: number) => (value === 0 ? '0' : value.toExponential(1))
  const facts: string[][] = []
  const best = mps.maximize ? 'maximum' : 'minimum'
  if (objective !== null)
    facts.push([document.status === 'optimal' ? best : 'feasible point', String(objective)])
  if (document.bound !== null) facts.push(['bound', String(document.bound)])
  facts.push(['model', describeSize(document)])
  if (presolve !== null) facts.push(['reduced', describeReduction(presolve)])
  facts.push(['work', `${count(iterations, 'iteration')}, ${seconds.toFixed(3)} s`])
  if (residuals !== null) {
    const { primal, dual, gap } = residuals
    facts.push(['residuals', `primal ${small(primal)}, dual ${small(dual)}, gap ${small(gap)}`])
  }
  if (ray !== undefined)
    facts.push(['proof', `${ray.kind}, margin ${small(ray.margin)}, residual ${small(ray.residual)}`])
  if (outcome.exact !== undefined) facts.push(...describeProof(outcome.exact))
  const parts = [
    `${title}: ${status}`,
    formatTable(['', ''], facts)
      .replace(/^\s*\n/, '')
      .trimEnd(),
  ]
  // The members say the same in plainer words than the ray that they come from.
  if (subsystem !== undefined) parts.push('', subsystemTable(subsystem).trimEnd())
  else if (ray !== undefined) parts.push('', rayTable(ray).trimEnd())
  if (withValues && (status === 'optimal' || status === 'unbounded')) {
    parts.push('', valueTable('column', 'x', mps.columnNames, answer.primal).trimEnd())
  }
  if (withValues && status === 'optimal') {
    parts.push('', valueTable('row', 'y', mps.rowNames, fileDuals(outcome)).trimEnd())
  }
  return parts.join('\n')
}

function describeSize({ rows, columns, nonzeros }: Omit<Presolved, 'originalSolved'>): string {
  return `${count(rows, 'row')}, ${count(columns, 'column')}, ${count(nonzeros, 'entry', 'entries')}`
}

function describeReduction(presolve: Presolved): string {
  const { originalSolved } = presolve
  const addition = originalSolved === null ? '' : `; then the model itself (${originalSolved})`
  return `${describeSize(presolve)}${addition}`
}

function count(many: number, one: string, several = `${one}s`): string {
  return `${many.toLocaleString('en-US')} ${many === 1 ? one : several}`
}

function rayTable({ columns, rows }: { readonly columns: Values; readonly rows: Values }): string {
  const entries = [
    ...Object.entries(rows).map(([name, value]) => ['row', name, value] as const),
    ...Object.entries(columns).map(([name, value]) => ['column', name, value] as const),
  ].sort(([, , a], [, , b]) => Math.abs(b) - Math.abs(a))
  const shown = entries.slice(0, RAY_ENTRIES_SHOWN).map(([kind, name, value]) => [kind, name, String(value)])
  const rest = entries.length - shown.length
  const table = formatTable(['', 'name', 'multiplier'], shown, ['multiplier'])
  return rest > 0 ? `${table}and ${rest} more (--json has all)` : table
}

function subsystemTable({ irreducible, members }: NonNullable<SolveDocument['subsystem']>): string {
  const title = irreducible
    ? 'These exclude each other, and without any one of them the others do not:'
    : 'These exclude each other; the search was ended before all were found to be needed:'
  const lines = members.map(({ kind, name, side, bound }) => [
    kind,
    name,
    side === 'lower' ? '>=' : '<=',
    String(bound),
  ])
  return `${title}\n${formatTable(['', 'name', '', 'bound'], lines, ['bound'])}`
}

function valueTable(what: string, value: string, names: readonly string[], values: Float64Array): string {
  return formatTable(
    [what, value],
    names.map((name, k) => [name, String(values[k])]),
    [value],
  )
}

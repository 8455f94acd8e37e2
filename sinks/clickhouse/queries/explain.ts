/**
 * Explains a decision, or the decision behind an instruction: what it saw, what held it back, what it cost,
 * and by what it can be checked. Depends on the other files of this folder.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { type Analyst, exactNumber, type TextRow } from './analyst.js'
import { identify } from './identify.js'
import {
  type DecisionRecord,
  type InstructionRecord,
  selectDecisions,
  selectInstructions,
} from './records.js'

export interface BindingLimit {
  readonly row: string
  /** What one unit more of the limit changes in the cost of a day, base currency; a unit is 10^8 minor units. */
  readonly shadowPrice: number
  /** Millions. */
  readonly activity: number
  readonly limit: number
}

export interface AccountView {
  readonly accountId: string
  readonly currency: string
  readonly balanceMinor: number
  readonly availableMinor: number
  readonly projectedMinor: number
  readonly plannedMinor: number
  readonly floorMinor: number
  readonly targetMinor: number
  readonly ceilingMinor: number
  readonly frozen: string
}

export interface SolverRun {
  readonly status: string
  readonly modelDigest: string
  readonly wasmDigest: string
  readonly rows: number
  readonly columns: number
  readonly iterations: number
  readonly solves: number
  readonly primalResidual: number
  readonly dualResidual: number
  readonly solveMicros: number
}

export interface DecisionExplanation {
  readonly decision: DecisionRecord
  /** Paragraph for people; empty, like accounts and bindings, while the explanation is not projected yet. */
  readonly text: string
  readonly accounts: readonly AccountView[]
  readonly bindings: readonly BindingLimit[]
  readonly instructions: readonly InstructionRecord[]
  /** Null when no model was solved. */
  readonly solver: SolverRun | null
  /** What doing nothing would have cost more than the plan, base currency over the horizon. */
  readonly saving: number
}

/** Throws `WEIR_NOT_FOUND` when no decision and no instruction has the id. */
export async function explain(analyst: Analyst, id: string): Promise<DecisionExplanation> {
  const decisionId = await decisionOf(analyst, id)
  const byId = 'decision_id = {id: UUID}'
  const parameters = { id: decisionId }
  const [decision] = await selectDecisions(analyst, byId, parameters)
  if (decision === undefined) throw notADecision(id)
  const [wide] = await analyst.rows(`SELECT * FROM decision_explanations WHERE ${byId}`, parameters)
  const [run] = await analyst.rows(`SELECT * FROM solver_runs WHERE ${byId}`, parameters)
  return {
    decision,
    text: wide === undefined ? '' : String(wide.text),
    accounts: wide === undefined ? [] : accountViews(wide),
    bindings: wide === undefined ? [] : bindingLimits(wide),
    instructions: await selectInstructions(analyst, byId, parameters),
    solver: run === undefined ? null : solverRun(run),
    saving: decision.doNothingCost - decision.executedCost,
  }
}

async function decisionOf(analyst: Analyst, id: string): Promise<string> {
  const subject = await identify(analyst, id)
  if (subject.kind === 'decision') return subject.id
  if (subject.kind === 'input') throw notADecision(id)
  const [instruction] = await selectInstructions(analyst, 'instruction_id = {id: UUID}', { id: subject.id })
  return instruction!.decisionId
}

function notADecision(id: string): WeirError {
  return new WeirError('WEIR_NOT_FOUND', `no decision and no instruction has the id ${id}`, {
    place: 'id',
    remedy: 'an input is followed by `weir lineage`',
  })
}

function column(row: TextRow, name: string): readonly unknown[] {
  const values = row[name]
  return Array.isArray(values) ? values : []
}

function accountViews(row: TextRow): AccountView[] {
  const minor = (name: string, index: number): number => exactNumber(column(row, `accounts.${name}`)[index])
  const text = (name: string, index: number): string => String(column(row, `accounts.${name}`)[index])
  return column(row, 'accounts.account_id').map((accountId, index) => ({
    accountId: String(accountId),
    currency: text('currency', index),
    balanceMinor: minor('balance_minor', index),
    availableMinor: minor('available_minor', index),
    projectedMinor: minor('projected_minor', index),
    plannedMinor: minor('planned_minor', index),
    floorMinor: minor('floor_minor', index),
    targetMinor: minor('target_minor', index),
    ceilingMinor: minor('ceiling_minor', index),
    frozen: text('frozen', index),
  }))
}

function bindingLimits(row: TextRow): BindingLimit[] {
  return column(row, 'bindings.row').map((name, index) => ({
    row: String(name),
    shadowPrice: Number(column(row, 'bindings.shadow_price')[index]),
    activity: Number(column(row, 'bindings.activity')[index]),
    limit: Number(column(row, 'bindings.limit')[index]),
  }))
}

function solverRun(row: TextRow): SolverRun {
  return {
    status: String(row.solver_status),
    modelDigest: String(row.model_digest),
    wasmDigest: String(row.wasm_digest),
    rows: exactNumber(row.rows),
    columns: exactNumber(row.columns),
    iterations: exactNumber(row.iterations),
    solves: exactNumber(row.solves),
    primalResidual: Number(row.primal_residual),
    dualResidual: Number(row.dual_residual),
    solveMicros: Number(row.solve_micros),
  }
}

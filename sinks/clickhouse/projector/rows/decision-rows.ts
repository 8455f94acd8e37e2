/**
 * Rows of `cycles`, `decisions`, `decision_explanations` and `solver_runs`. Pure.
 */
import { DISPOSITION_NAMES } from '../../../../pipeline/perception/outcome.js'
import type { Cycle, CycleResult, Decision, Explanation } from '../../../../schemas/generated/types.js'
import {
  arrayOf,
  blob,
  defineTable,
  float64,
  int32,
  int64,
  micros,
  type RowSink,
  text,
  uint32,
  uuid,
} from '../table.js'
import { hexOf } from './digests.js'

interface CycleRow {
  groupId: string
  cycle: number
  closedAt: number
  inputs: number
  accepted: number
  duplicates: number
  superseded: number
  late: number
  deadLetters: number
  gaps: number
  decisions: number
  instructions: number
  decisionDigest: string
  configuration: string
  applyMicros: number
  solveMicros: number
  worker: number
  cycleSequence: number
  sequence: number
}

export const cyclesTable = defineTable<CycleRow>('cycles', {
  groupId: text,
  cycle: int64,
  closedAt: micros,
  inputs: uint32,
  accepted: uint32,
  duplicates: uint32,
  superseded: uint32,
  late: uint32,
  deadLetters: uint32,
  gaps: uint32,
  decisions: uint32,
  instructions: uint32,
  decisionDigest: text,
  configuration: text,
  applyMicros: float64,
  solveMicros: float64,
  worker: uint32,
  cycleSequence: int64,
  sequence: int64,
})

interface DecisionRow {
  decisionId: Uint8Array
  groupId: string
  cycle: number
  previousCycle: number
  decidedAt: number
  policyId: string
  policyVersion: number
  policyDigest: string
  outcome: string
  reason: string
  trigger: string
  solverStatus: string
  objective: number
  executedCost: number
  doNothingCost: number
  instructions: number
  planDigest: string
  unlistedInputs: number
  arm: string
  sequence: number
}

export const decisionsTable = defineTable<DecisionRow>('decisions', {
  decisionId: uuid,
  groupId: text,
  cycle: int64,
  previousCycle: int64,
  decidedAt: micros,
  policyId: text,
  policyVersion: int32,
  policyDigest: text,
  outcome: text,
  reason: text,
  trigger: text,
  solverStatus: text,
  objective: float64,
  executedCost: float64,
  doNothingCost: float64,
  instructions: uint32,
  planDigest: text,
  unlistedInputs: uint32,
  arm: text,
  sequence: int64,
})

interface ExplanationRow {
  decisionId: Uint8Array
  groupId: string
  cycle: number
  decidedAt: number
  text: string
  'bindings.row': readonly string[]
  'bindings.shadowPrice': readonly number[]
  'bindings.activity': readonly number[]
  'bindings.limit': readonly number[]
  'accounts.accountId': readonly string[]
  'accounts.currency': readonly string[]
  'accounts.balanceMinor': readonly number[]
  'accounts.availableMinor': readonly number[]
  'accounts.projectedMinor': readonly number[]
  'accounts.plannedMinor': readonly number[]
  'accounts.floorMinor': readonly number[]
  'accounts.targetMinor': readonly number[]
  'accounts.ceilingMinor': readonly number[]
  'accounts.frozen': readonly string[]
  sequence: number
}

export const explanationsTable = defineTable<ExplanationRow>('decision_explanations', {
  decisionId: uuid,
  groupId: text,
  cycle: int64,
  decidedAt: micros,
  text,
  'bindings.row': arrayOf(text),
  'bindings.shadowPrice': arrayOf(float64),
  'bindings.activity': arrayOf(float64),
  'bindings.limit': arrayOf(float64),
  'accounts.accountId': arrayOf(text),
  'accounts.currency': arrayOf(text),
  'accounts.balanceMinor': arrayOf(int64),
  'accounts.availableMinor': arrayOf(int64),
  'accounts.projectedMinor': arrayOf(int64),
  'accounts.plannedMinor': arrayOf(int64),
  'accounts.floorMinor': arrayOf(int64),
  'accounts.targetMinor': arrayOf(int64),
  'accounts.ceilingMinor': arrayOf(int64),
  'accounts.frozen': arrayOf(text),
  sequence: int64,
})

interface SolverRunRow {
  decisionId: Uint8Array
  groupId: string
  cycle: number
  decidedAt: number
  solverStatus: string
  modelDigest: string
  wasmDigest: string
  rows: number
  columns: number
  iterations: number
  solves: number
  objective: number
  primalResidual: number
  dualResidual: number
  startBasis: Uint8Array
  basis: Uint8Array
  primal: readonly number[]
  dual: readonly number[]
  applyMicros: number
  solveMicros: number
  worker: number
  sequence: number
}

export const solverRunsTable = defineTable<SolverRunRow>('solver_runs', {
  decisionId: uuid,
  groupId: text,
  cycle: int64,
  decidedAt: micros,
  solverStatus: text,
  modelDigest: text,
  wasmDigest: text,
  rows: uint32,
  columns: uint32,
  iterations: uint32,
  solves: uint32,
  objective: float64,
  primalResidual: float64,
  dualResidual: float64,
  startBasis: blob,
  basis: blob,
  primal: arrayOf(float64),
  dual: arrayOf(float64),
  applyMicros: float64,
  solveMicros: float64,
  worker: uint32,
  sequence: int64,
})

export function addCycle(
  sink: RowSink,
  sequence: number,
  cycleSequence: number,
  { configuration }: Cycle,
  result: CycleResult,
): void {
  const counts = new Array<number>(DISPOSITION_NAMES.length).fill(0)
  for (const disposition of result.dispositions) counts[disposition]! += 1
  sink.add(cyclesTable, {
    groupId: result.groupId,
    cycle: result.cycle,
    closedAt: result.closedAt,
    inputs: result.dispositions.length,
    accepted: counts[0]!,
    duplicates: counts[1]!,
    superseded: counts[2]!,
    late: counts[3]!,
    deadLetters: counts[4]!,
    gaps: result.gaps,
    decisions: result.decisions.length,
    instructions: result.instructions.length,
    decisionDigest: hexOf(result.decisionDigest),
    configuration: hexOf(configuration),
    applyMicros: result.measured.applyMicros,
    solveMicros: result.measured.solveMicros,
    worker: result.measured.worker,
    cycleSequence,
    sequence,
  })
}

/** @param unlistedInputs new inputs of the decision that have no edge */
export function addDecision(
  sink: RowSink,
  sequence: number,
  decision: Decision,
  result: CycleResult,
  unlistedInputs: number,
): void {
  const { decisionId, groupId, cycle, previousCycle, decidedAt, solverStatus, objective } = decision
  sink.add(decisionsTable, {
    decisionId,
    groupId,
    cycle,
    previousCycle,
    decidedAt,
    policyId: decision.policyId,
    policyVersion: decision.policyVersion,
    policyDigest: hexOf(decision.policyDigest),
    outcome: decision.outcome,
    reason: decision.reason,
    trigger: decision.trigger,
    solverStatus,
    objective,
    executedCost: decision.executedCost,
    doNothingCost: decision.doNothingCost,
    instructions: decision.instructions,
    planDigest: hexOf(decision.planDigest),
    unlistedInputs,
    arm: decision.arm,
    sequence,
  })
  if (solverStatus !== 'not-run') addSolverRun(sink, sequence, decision, result)
}

function addSolverRun(sink: RowSink, sequence: number, decision: Decision, result: CycleResult): void {
  const { decisionId, groupId, cycle, decidedAt, solverStatus, objective } = decision
  const { rows, columns, iterations, solves, primalResidual, dualResidual } = decision
  const { startBasis, basis, primal, dual } = decision
  const { applyMicros, solveMicros, worker } = result.measured
  sink.add(solverRunsTable, {
    decisionId,
    groupId,
    cycle,
    decidedAt,
    solverStatus,
    modelDigest: hexOf(decision.modelDigest),
    wasmDigest: hexOf(decision.wasmDigest),
    rows,
    columns,
    iterations,
    solves,
    objective,
    primalResidual,
    dualResidual,
    startBasis,
    basis,
    primal,
    dual,
    applyMicros,
    solveMicros,
    worker,
    sequence,
  })
}

export function addExplanation(
  sink: RowSink,
  sequence: number,
  explanation: Explanation,
  decidedAt: number,
): void {
  const { decisionId, groupId, cycle, bindings, accounts } = explanation
  sink.add(explanationsTable, {
    decisionId,
    groupId,
    cycle,
    decidedAt,
    text: explanation.text,
    'bindings.row': bindings.map((binding) => binding.row),
    'bindings.shadowPrice': bindings.map((binding) => binding.shadowPrice),
    'bindings.activity': bindings.map((binding) => binding.activity),
    'bindings.limit': bindings.map((binding) => binding.limit),
    'accounts.accountId': accounts.map((account) => account.accountId),
    'accounts.currency': accounts.map((account) => account.currency),
    'accounts.balanceMinor': accounts.map((account) => account.balanceMinor),
    'accounts.availableMinor': accounts.map((account) => account.availableMinor),
    'accounts.projectedMinor': accounts.map((account) => account.projectedMinor),
    'accounts.plannedMinor': accounts.map((account) => account.plannedMinor),
    'accounts.floorMinor': accounts.map((account) => account.floorMinor),
    'accounts.targetMinor': accounts.map((account) => account.targetMinor),
    'accounts.ceilingMinor': accounts.map((account) => account.ceilingMinor),
    'accounts.frozen': accounts.map((account) => account.frozen),
    sequence,
  })
}

/**
 * From a deliberation to a decision: gate, reservation, record and explanation.
 *
 * Every run leaves a decision, also when there is nothing to do or the plan is refused. The policy in force changes the state's
 * reservations, instructions and last decision; one that decides beside it changes nothing. Depends on deliberation and action.
 */
import type { Decision, Explanation, Instruction } from '../schemas/generated/types.js'
import { caseKey, openCase, settleCases } from './action/cases.js'
import { type Denial, denialOf } from './action/gate.js'
import { type Instructed, instruct } from './action/instructions.js'
import { lapsePlan } from './action/pending-plans.js'
import { planDigest } from './action/plan-digest.js'
import type { Deliberation } from './deliberation/deliberate.js'
import { explain, moveSentence } from './deliberation/explanation.js'
import { type Move, plannedBalances } from './deliberation/plan.js'
import type { ResolvedPolicy } from './deliberation/resolved-policy.js'
import { frozenText, type Trigger } from './deliberation/trigger.js'
import { powerOfTen } from './deliberation/valuation.js'
import { derivedId, formatUuid, fromHex, NO_DIGEST, toHex } from './identity.js'
import type { CycleCollector } from './perception/outcome.js'
import type { GroupState } from './perception/state.js'

/** Tickets that an alert on a proposed plan spells out. */
const TICKETS_IN_ALERT = 3

/** Who decides: the policy in force, or the other one of a trial. */
export type Arm = '' | 'shadow' | 'canary' | 'baseline'

export interface DecisionRecords {
  readonly decision: Decision
  readonly explanation: Explanation
}

export interface Decided extends DecisionRecords {
  readonly instructions: Instruction[]
  /** Those of `instructions` that may leave once the cycle is journaled. */
  readonly release: Instruction[]
}

/** What a decision was made from, see `AgentEnvironment.onDecision`. */
export interface Examined {
  readonly decisionId: Uint8Array
  readonly state: GroupState
  readonly resolved: ResolvedPolicy
  readonly deliberation: Deliberation
  readonly nowMicros: number
}

export type Examine = (examined: Examined) => void

export interface Verdict {
  readonly outcome: Decision['outcome']
  readonly reason: string
  /** What the gate said, when it said no. */
  readonly denial?: Denial
}

export function decide(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
  trigger: Trigger,
  optimizerDigest: Uint8Array,
  examine?: Examine,
): Decided {
  const { state, cycle, closedAtMicros } = collector
  const decisionId = derivedId('decision', state.groupId, cycle)
  const verdict = settlePending(collector, resolved, deliberation, judge(collector, resolved, deliberation))
  examine?.({ decisionId, state, resolved, deliberation, nowMicros: closedAtMicros })
  const acted = verdict.outcome === 'ACTED'
  const decision = record(collector, resolved, deliberation, verdict, decisionId, trigger, optimizerDigest)
  const explanation = explained(collector, resolved, deliberation, verdict, decisionId)
  const isRefused = verdict.outcome === 'REFUSED'
  if (isRefused) alertRefusal(collector, deliberation, verdict)
  settleCases(collector, new Set(isRefused ? [caseKey(verdict.reason, deliberation.subject)] : []))
  if (isRefused) openCase(collector, resolved, deliberation, verdict.reason)
  const { instructions, release } = acted ? instruct(collector, resolved, decisionId, deliberation) : NOTHING
  if (acted) alertPeople(collector, resolved, deliberation, decisionId)
  decision.instructions = instructions.length
  remember(collector, resolved, deliberation, release.length > 0)
  return { decision, explanation, instructions, release }
}

/** What a policy that is not in force would do: the same records, no alert, no instruction, and the state as it was. */
export function decideBeside(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
  trigger: Trigger,
  optimizerDigest: Uint8Array,
  arm: Exclude<Arm, ''>,
): DecisionRecords {
  const decisionId = derivedId('decision', collector.state.groupId, collector.cycle, arm)
  const verdict = verdictOf(collector, resolved, deliberation)
  const decision = record(collector, resolved, deliberation, verdict, decisionId, trigger, optimizerDigest)
  return {
    decision: { ...decision, arm },
    explanation: explained(collector, resolved, deliberation, verdict, decisionId),
  }
}

/** The moves that a policy would make; none when the gate denies them. */
export function movesPassed(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
): readonly Move[] {
  return verdictOf(collector, resolved, deliberation).outcome === 'ACTED' ? deliberation.moves : []
}

export function explained(
  { state, cycle }: CycleCollector,
  { policy, baseExponent }: ResolvedPolicy,
  deliberation: Deliberation,
  { reason }: Verdict,
  decisionId: Uint8Array,
): Explanation {
  const { baseCurrency } = policy
  return explain(deliberation, state.groupId, cycle, decisionId, reason, baseCurrency, baseExponent)
}

const NOTHING: Instructed = { instructions: [], release: [] }

/** The plan that waits for people stays when it is found again; another plan, or none, ends its waiting. */
function settlePending(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  { moves }: Deliberation,
  verdict: Verdict,
): Verdict {
  const digestHex = verdict.outcome === 'ACTED' ? toHex(planDigest(moves, resolved.digestHex)) : ''
  let settled = verdict
  for (const { decisionId, planDigestHex, makers } of [...collector.state.pendingPlans.values()]) {
    // A person's plan waits for people alone: the agent's own goes beside it, and the gate judges each when it is sent.
    if (makers.length > 0) continue
    if (planDigestHex === digestHex) settled = { outcome: 'NOTHING_TO_DO', reason: 'plan-awaits-approval' }
    else lapsePlan(collector, decisionId, 'plan-changed')
  }
  return settled
}

/** The verdict on a plan that is to be carried out: a denial is told. */
export function judge(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
): Verdict {
  const verdict = verdictOf(collector, resolved, deliberation)
  if (verdict.denial === undefined) return verdict
  const { code, subject } = verdict.denial
  collector.alert('WARNING', 'gate-denied', subject, `The risk gate denied the plan: ${code}.`)
  return verdict
}

function verdictOf(collector: CycleCollector, resolved: ResolvedPolicy, deliberation: Deliberation): Verdict {
  if (deliberation.outcome !== 'PLAN') return { outcome: deliberation.outcome, reason: deliberation.reason }
  const { state, closedAtMicros } = collector
  const { positions, moves, dependsOn } = deliberation
  const denial = denialOf(state, resolved, positions, moves, closedAtMicros, dependsOn)
  if (denial === undefined) return { outcome: 'ACTED', reason: deliberation.reason }
  return { outcome: 'REFUSED', reason: `gate-denied:${denial.code}`, denial }
}

/** In doubt, do less, and say so: what the agent may not decide goes to people. */
function alertRefusal(collector: CycleCollector, deliberation: Deliberation, verdict: Verdict): void {
  if (verdict.reason.startsWith('gate-denied')) return
  // A row of the model or a status of the solver is about the group as a whole.
  const known = collector.state.accounts.has(deliberation.subject)
  const subject = known ? `account:${deliberation.subject}` : 'group'
  const message =
    verdict.reason === 'floor-cannot-be-held'
      ? `No plan within the policy keeps ${deliberation.subject} at its floor; nothing was sent.`
      : `The plan was refused: ${verdict.reason} (${deliberation.subject}).`
  collector.alert('CRITICAL', verdict.reason, subject, message)
}

/**
 * In mode `advise` people carry the plan out, in mode `supervised` they approve it, so they must hear of it; the whole of it is in the
 * explanation.
 */
function alertPeople(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  { moves }: Deliberation,
  decisionId: Uint8Array,
): void {
  const { mode } = resolved.policy
  const shown = moves.slice(0, TICKETS_IN_ALERT).map(moveSentence).join(' ')
  const more = moves.length > TICKETS_IN_ALERT ? ` And ${moves.length - TICKETS_IN_ALERT} more.` : ''
  const subject = `decision:${formatUuid(toHex(decisionId))}`
  if (mode === 'advise') {
    collector.alert('WARNING', 'plan-proposed', subject, `Proposed, nothing was sent: ${shown}${more}`)
  }
  const waiting = collector.state.pendingPlans.get(toHex(decisionId))
  if (waiting === undefined) return
  const until = new Date(waiting.approveByMicros / 1000).toISOString()
  const needs = `${waiting.required} of ${waiting.roles.join(', ')}`
  const message = `Waits until ${until} for approval by ${needs}: ${shown}${more}`
  collector.alert('WARNING', 'plan-awaits-approval', subject, message)
}

export function record(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
  verdict: Verdict,
  decisionId: Uint8Array,
  trigger: Trigger | 'override',
  optimizerDigest: Uint8Array,
): Decision {
  const { solve } = deliberation
  const solution = solve?.solution
  const major = (baseMinor: number) => baseMinor / powerOfTen(resolved.baseExponent)
  const executed =
    verdict.outcome === 'ACTED' ? deliberation.plannedCostBaseMinor : deliberation.doNothingCostBaseMinor
  const optimal = solution?.status === 'optimal'
  return {
    decisionId,
    groupId: collector.state.groupId,
    cycle: collector.cycle,
    previousCycle: collector.state.lastDecision?.cycle ?? -1,
    decidedAt: collector.closedAtMicros,
    policyId: resolved.policy.policyId,
    policyVersion: resolved.policy.version,
    policyDigest: fromHex(resolved.digestHex),
    outcome: verdict.outcome,
    reason: verdict.reason,
    trigger,
    modelDigest: solve?.modelDigest ?? NO_DIGEST,
    wasmDigest: solve === null ? NO_DIGEST : optimizerDigest,
    solverStatus: solution?.status ?? 'not-run',
    startBasis: solution?.startBasis ?? new Uint8Array(0),
    basis: solution?.basis ?? new Uint8Array(0),
    primal: optimal ? [...solution.primal] : [],
    dual: optimal ? [...solution.dual] : [],
    objective: optimal ? major(solve!.objectiveBaseMinor) : 0,
    executedCost: major(executed),
    doNothingCost: major(deliberation.doNothingCostBaseMinor),
    primalResidual: optimal ? solution.primalResidual : 0,
    dualResidual: optimal ? solution.dualResidual : 0,
    rows: solve?.model.sparse.rows ?? 0,
    columns: solve?.model.sparse.columns ?? 0,
    iterations: solve?.iterations ?? 0,
    solves: solve?.solves ?? 0,
    instructions: 0,
    planDigest: verdict.outcome === 'ACTED' ? planDigest(deliberation.moves, resolved.digestHex) : NO_DIGEST,
    arm: '',
  }
}

/**
 * What the next deliberation is compared with, and the basis that it starts from. A plan on its way is expected to
 * arrive: its balances are remembered, so that its settling is no news and its rejection is.
 */
function remember(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
  released: boolean,
): void {
  const { state, cycle, closedAtMicros } = collector
  const { solve, positions } = deliberation
  const moves = released ? deliberation.moves : []
  const optimal = solve !== null && solve.solution.status === 'optimal'
  const last = state.lastDecision
  const planned = plannedBalances(positions, moves)
  state.lastDecision = {
    cycle,
    atMicros: closedAtMicros,
    accounts: new Map(
      positions.map(({ accountId, floorMinor }) => [
        accountId,
        { projectedMinor: planned.get(accountId)!, floorMinor },
      ]),
    ),
    structureHex: optimal ? solve.structureHex : (last?.structureHex ?? ''),
    basisHex: optimal ? toHex(solve.solution.basis) : (last?.basisHex ?? ''),
    frozen: frozenText(positions),
    policyDigestHex: resolved.digestHex,
  }
}

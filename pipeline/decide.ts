/**
 * From a deliberation to a decision: gate, reservation, record and explanation.
 *
 * Every run leaves a decision, also when there is nothing to do or the plan is refused. The policy in force changes the state's
 * reservations, instructions and last decision; one that decides beside it changes nothing. Depends on deliberation and action.
 */
import type { Decision, Explanation, Instruction } from '../schemas/generated/types.js'
import { type Denial, denialOf } from './action/gate.js'
import { instruct } from './action/instructions.js'
import type { Deliberation } from './deliberation/deliberate.js'
import { explain, moveSentence } from './deliberation/explanation.js'
import { type Move, plannedBalances } from './deliberation/plan.js'
import type { ResolvedPolicy } from './deliberation/resolved-policy.js'
import { frozenText, type Trigger } from './deliberation/trigger.js'
import { powerOfTen } from './deliberation/valuation.js'
import type { AutonomyMode } from './governance/policy.js'
import { derivedId, formatUuid, fromHex, NO_DIGEST, toHex } from './identity.js'
import type { CycleCollector } from './perception/outcome.js'

/** Tickets that an alert on a proposed plan spells out. */
const TICKETS_IN_ALERT = 3

/** `supervised` is not `autonomous`: until people can approve, they are told and nothing is sent. */
const ADVISING: ReadonlySet<AutonomyMode> = new Set(['advise', 'supervised'])

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

interface Verdict {
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
): Decided {
  const { state, cycle } = collector
  const decisionId = derivedId('decision', state.groupId, cycle)
  const verdict = judge(collector, resolved, deliberation)
  if (verdict.denial !== undefined) alertDenial(collector, verdict.denial)
  const acted = verdict.outcome === 'ACTED'
  const decision = record(collector, resolved, deliberation, verdict, decisionId, trigger, optimizerDigest)
  const explanation = explanationOf(collector, resolved, deliberation, verdict, decisionId)
  if (verdict.outcome === 'REFUSED') alertRefusal(collector, deliberation, verdict)
  if (acted && ADVISING.has(resolved.policy.mode)) alertProposal(collector, deliberation, decisionId)
  const instructions = acted ? instruct(collector, resolved, decisionId, deliberation.moves) : []
  decision.instructions = instructions.length
  const release = resolved.policy.mode === 'autonomous' ? instructions : []
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
  const verdict = judge(collector, resolved, deliberation)
  const decision = record(collector, resolved, deliberation, verdict, decisionId, trigger, optimizerDigest)
  const explanation = explanationOf(collector, resolved, deliberation, verdict, decisionId)
  return { decision: { ...decision, arm }, explanation }
}

/** The moves that a policy would make; none when the gate denies them. */
export function movesPassed(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
): readonly Move[] {
  return judge(collector, resolved, deliberation).outcome === 'ACTED' ? deliberation.moves : []
}

function judge(collector: CycleCollector, resolved: ResolvedPolicy, deliberation: Deliberation): Verdict {
  if (deliberation.outcome !== 'PLAN') return { outcome: deliberation.outcome, reason: deliberation.reason }
  const { state, closedAtMicros } = collector
  const denial = denialOf(state, resolved, deliberation.positions, deliberation.moves, closedAtMicros)
  if (denial === undefined) return { outcome: 'ACTED', reason: deliberation.reason }
  return { outcome: 'REFUSED', reason: `gate-denied:${denial.code}`, denial }
}

function alertDenial(collector: CycleCollector, { code, subject }: Denial): void {
  collector.alert('WARNING', 'gate-denied', subject, `The risk gate denied the plan: ${code}.`)
}

function explanationOf(
  { state, cycle }: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
  verdict: Verdict,
  decisionId: Uint8Array,
): Explanation {
  return explain(
    deliberation,
    state.groupId,
    cycle,
    decisionId,
    verdict.reason,
    resolved.policy.baseCurrency,
    resolved.baseExponent,
  )
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

/** In modes `advise` and `supervised` people carry the plan out, so they must hear of it; the whole of it is in the explanation. */
function alertProposal(collector: CycleCollector, deliberation: Deliberation, decisionId: Uint8Array): void {
  const { moves } = deliberation
  const shown = moves.slice(0, TICKETS_IN_ALERT).map(moveSentence).join(' ')
  const more = moves.length > TICKETS_IN_ALERT ? ` And ${moves.length - TICKETS_IN_ALERT} more.` : ''
  const subject = `decision:${formatUuid(toHex(decisionId))}`
  collector.alert('WARNING', 'plan-proposed', subject, `Proposed, nothing was sent: ${shown}${more}`)
}

function record(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
  verdict: Verdict,
  decisionId: Uint8Array,
  trigger: Trigger,
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

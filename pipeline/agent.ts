/**
 * The agent of one liquidity group: `apply(state, cycle)` and nothing else.
 *
 *   decode -> order -> fold the inputs -> send what was approved -> ask about silent instructions -> send legs whose turn has
 *   come -> deliberate when something changed -> gate -> reserve and instruct -> result
 *
 * It takes time from the cycle and the optimizer from its environment, does no I/O, and depends on perception,
 * deliberation, action and governance. A cycle either applies as a whole or throws a bug; bad inputs never throw.
 */
import type { Cycle, CycleResult, Instruction, SourceDeclaration } from '../schemas/generated/types.js'
import { settleByReports } from './action/account-report.js'
import { type ApprovalCheck, approvalsComplete } from './action/approval-port.js'
import { cancelUnsent } from './action/cancel-unsent.js'
import { settleCases } from './action/cases.js'
import { watchCollateral } from './action/collateral-watch.js'
import { foldExecution } from './action/executions.js'
import { InstructionIndex } from './action/instruction-index.js'
import { toRecord } from './action/instructions.js'
import { followLinks } from './action/linked-legs.js'
import { lapseOverdue, releaseApproved } from './action/pending-plans.js'
import { askAboutSilent } from './action/silence.js'
import { rollBudget } from './action/usage.js'
import { type Decided, type DecisionRecords, decide } from './decide.js'
import { chainDigest } from './decision-digest.js'
import { accrueCost, chargeTicket } from './deliberation/day-cost.js'
import { deliberate } from './deliberation/deliberate.js'
import { ExpectedFlows, forgetPastFlows } from './deliberation/expected-flows.js'
import { GroupOptimizer } from './deliberation/optimizer.js'
import { type Position, positionsOf } from './deliberation/positions.js'
import { type ResolvedPolicy, resolvePolicy, resolveReference } from './deliberation/resolved-policy.js'
import { triggerOf } from './deliberation/trigger.js'
import { invariant, WeirError } from './errors.js'
import { unapprovedConfiguration } from './governance/approved-digests.js'
import { sha256, toHex } from './identity.js'
import { carryOutOrders } from './override.js'
import { CycleFold } from './perception/fold-cycle.js'
import { InputReader } from './perception/input-reader.js'
import { CycleCollector } from './perception/outcome.js'
import { count, type GroupState, newGroupState } from './perception/state.js'
import type { Agent, AgentEnvironment, AppliedCycle, GroupSummary, PackedCycle } from './ports.js'
import { decodeState, encodeState } from './state-codec.js'
import { summarize, trackBalances } from './summary.js'
import { TrialStep } from './trial-step.js'

/** Silent instructions are asked again after this when no policy says otherwise. */
const ANSWER_WITHIN_SECONDS = 600

export { warmUp } from './deliberation/warm-up.js'

/** @param isApproved for tests; people approve by what the state holds */
export function createAgent(
  groupId: string,
  environment: AgentEnvironment,
  isApproved: ApprovalCheck = approvalsComplete,
): Agent {
  return new GroupAgent(newGroupState(groupId), environment, isApproved)
}

/** Throws `WEIR_SNAPSHOT` for bytes that are no state of this version. */
export function restoreAgent(
  snapshot: Uint8Array,
  environment: AgentEnvironment,
  isApproved: ApprovalCheck = approvalsComplete,
): Agent {
  return new GroupAgent(decodeState(snapshot), environment, isApproved)
}

/** What a cycle decided: the policy in force if it did, and the other policy of a trial beside it. */
interface CycleDecision {
  readonly inForce: readonly Decided[]
  readonly beside: readonly DecisionRecords[]
}

const NO_DECISION: CycleDecision = { inForce: [], beside: [] }

class GroupAgent implements Agent {
  private readonly reader = new InputReader()
  private readonly fold = new CycleFold(this.reader, foldExecution)
  private readonly optimizer: GroupOptimizer
  private readonly expectedFlows = new ExpectedFlows()
  private readonly trials: TrialStep
  private readonly instructions: InstructionIndex
  /** Derived from policy and reference data; made anew when either was touched. */
  private resolved: ResolvedPolicy | undefined
  private resolvedIsCurrent = false
  private priced: ResolvedPolicy | undefined

  constructor(
    private readonly state: GroupState,
    private readonly environment: AgentEnvironment,
    private readonly isApproved: ApprovalCheck,
  ) {
    this.instructions = new InstructionIndex(state)
    const { optimizer, optimizerDigest, stopWord } = environment
    this.optimizer = new GroupOptimizer(optimizer, environment.nowMicros, stopWord, toHex(optimizerDigest))
    this.trials = new TrialStep(this.optimizer, environment.optimizerDigest)
  }

  get groupId(): string {
    return this.state.groupId
  }

  get nextCycle(): number {
    return this.state.nextCycle
  }

  get closedAt(): number {
    return this.state.closedAtMicros
  }

  declareSource(declaration: SourceDeclaration): void {
    this.reader.declare(declaration)
  }

  apply(cycle: Cycle | PackedCycle): AppliedCycle {
    const { state } = this
    invariant(cycle.groupId === state.groupId, `cycle of ${cycle.groupId} for ${state.groupId}`)
    invariant(cycle.cycle === state.nextCycle, `cycle ${cycle.cycle} where ${state.nextCycle} is next`)
    invariant(cycle.closedAt >= state.closedAtMicros, `cycle ${cycle.cycle} closes before the one before it`)
    const collector = new CycleCollector(state, cycle.cycle, cycle.closedAt, cycle.configuration)
    const before = this.pricing(this.policy())
    if (before !== undefined) accrueCost(state, before, cycle.closedAt)
    if (rollBudget(state, cycle.closedAt)) forgetPastFlows(state, cycle.closedAt)
    const folded = this.fold.fold(collector, cycle)
    if (folded.referenceTouched) this.forgetPolicies()
    if (collector.rolledBack) cancelUnsent(collector, 'policy-rolled-back')
    settleByReports(collector, this.instructions.outstanding())
    const resolved = this.policy(collector)
    const pricing = this.pricing(resolved)
    if (pricing !== undefined) this.chargeSettled(collector, pricing)
    const answerWithin = resolved?.policy.settlement.answerWithinSeconds ?? ANSWER_WITHIN_SECONDS
    const query = askAboutSilent(collector, this.instructions.outstanding(), answerWithin)
    settleCases(collector, undefined)
    if (resolved !== undefined) watchCollateral(collector, resolved)
    const positions = (policy: ResolvedPolicy) => this.positions(collector, policy)
    const overrides = carryOutOrders(collector, resolved, positions, this.environment.onDecision)
    const released = this.releaseWaiting(collector, resolved, positions)
    const { inForce, beside } = this.deliberate(collector, resolved)
    const decided = [...overrides, ...inForce]
    const told = [...decided, ...beside]
    this.instructions.update(collector.instructionEvents, cycle.cycle, cycle.closedAt)
    trackBalances(state)
    const result: CycleResult = {
      groupId: state.groupId,
      cycle: cycle.cycle,
      closedAt: cycle.closedAt,
      dispositions: folded.dispositions,
      touched: folded.touched,
      gaps: collector.gaps,
      decisions: told.map(({ decision }) => decision),
      explanations: told.map(({ explanation }) => explanation),
      instructions: decided.flatMap(({ instructions }) => instructions),
      instructionEvents: collector.instructionEvents,
      reservations: collector.reservations,
      alerts: collector.alerts,
      deadLetters: collector.deadLetters,
      decisionDigest: state.decisionDigest,
      measured: { applyMicros: 0, solveMicros: 0, worker: 0 },
    }
    state.decisionDigest = chainDigest(state.decisionDigest, result)
    result.decisionDigest = state.decisionDigest
    state.nextCycle = cycle.cycle + 1
    state.closedAtMicros = cycle.closedAt
    state.inputs += folded.dispositions.length
    const release = [...released, ...decided.flatMap((one) => one.release)]
    return { result, release, query, solveMicros: this.optimizer.takeMicros() }
  }

  outstanding(): readonly Instruction[] {
    return [...this.instructions.outstanding()].map((open) => toRecord(this.state.groupId, open))
  }

  snapshot(): Uint8Array {
    return encodeState(this.state)
  }

  stateDigest(): Uint8Array {
    return sha256(this.snapshot())
  }

  decisionDigest(): Uint8Array {
    return this.state.decisionDigest
  }

  summary(): GroupSummary {
    return summarize(this.state, this.policy())
  }

  private chargeSettled(collector: CycleCollector, resolved: ResolvedPolicy): void {
    for (const event of collector.instructionEvents) {
      if (event.state !== 'SETTLED') continue
      chargeTicket(this.state, resolved, this.state.instructions.get(toHex(event.instructionId))!)
    }
  }

  /** Sends what waited for people or for another leg and need not wait any more; gives up what waited too long. */
  private releaseWaiting(
    collector: CycleCollector,
    resolved: ResolvedPolicy | undefined,
    positions: (resolved: ResolvedPolicy) => readonly Position[],
  ): Instruction[] {
    lapseOverdue(collector)
    // Under a configuration that may not decide nothing leaves: what waits goes on waiting, as without a policy.
    const acting =
      resolved === undefined ||
      unapprovedConfiguration(resolved.policy, collector.configuration) !== undefined
        ? undefined
        : resolved
    const linked = followLinks(collector, acting, this.instructions.waiting(), positions)
    if (acting === undefined) return linked
    return [...linked, ...releaseApproved(collector, acting, () => positions(acting), this.isApproved)]
  }

  private positions(collector: CycleCollector, resolved: ResolvedPolicy): Position[] {
    const { state } = this
    const expected = this.expectedFlows.within(state, resolved, collector.closedAtMicros)
    return positionsOf(state, resolved, collector.closedAtMicros, expected)
  }

  private deliberate(collector: CycleCollector, resolved: ResolvedPolicy | undefined): CycleDecision {
    if (this.trials.endsBetween(collector, resolved !== undefined)) return this.replan(collector, [])
    if (resolved === undefined || resolved.accounts.size === 0) return NO_DECISION
    const { state } = this
    const now = collector.closedAtMicros
    const positions = this.positions(collector, resolved)
    const trigger = triggerOf(state, resolved, positions, now)
    if (trigger === undefined) return NO_DECISION
    const deliberation = deliberate(state, resolved, positions, now, this.optimizer, collector.configuration)
    // First, because it sees the state as the policy in force does, which then changes it.
    const { records, replan } = this.trials.decide(collector, { resolved, positions }, deliberation, trigger)
    if (replan) return this.replan(collector, records)
    const { optimizerDigest, onDecision } = this.environment
    const decided = decide(collector, resolved, deliberation, trigger, optimizerDigest, onDecision)
    count(state, `decision:${decided.decision.outcome}`)
    return { inForce: [decided], beside: records }
  }

  /** After a canary was rolled back: the former policy decides in the same cycle, from the state as it is. */
  private replan(collector: CycleCollector, beside: readonly DecisionRecords[]): CycleDecision {
    this.forgetPolicies()
    const { inForce } = this.deliberate(collector, this.policy(collector))
    return { inForce, beside }
  }

  private forgetPolicies(): void {
    this.resolvedIsCurrent = false
    this.priced = undefined
    this.trials.forget()
  }

  /** By whose prices the day's cost is told, once there is a policy in force. */
  private pricing(inForce: ResolvedPolicy | undefined): ResolvedPolicy | undefined {
    const { pricedBy } = this.environment
    if (pricedBy === undefined || inForce === undefined) return inForce
    this.priced ??= resolveReference(this.state, pricedBy)
    return this.priced
  }

  /** The policy in minor units. Amounts that do not fit the accounts' currencies are told once, and nothing is decided. */
  private policy(collector?: CycleCollector): ResolvedPolicy | undefined {
    if (this.resolvedIsCurrent) return this.resolved
    try {
      this.resolved = resolvePolicy(this.state)
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      this.resolved = undefined
      collector?.alert(
        'CRITICAL',
        'policy-unusable',
        `policy:${this.state.policy?.policyId ?? ''}`,
        error.toLine(),
      )
    }
    this.resolvedIsCurrent = true
    return this.resolved
  }
}

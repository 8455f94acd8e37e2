/**
 * The other policy of a trial, decision by decision: it deliberates beside the one in force on the same state, what both would do is held
 * against the guardrails, and a trial that breaches one is rolled back before the plan that breached it is carried out.
 *
 *   stage    in force     beside it, without effect
 *   shadow   the former   the new one, arm `shadow`
 *   canary   the new one  the former, arm `baseline`
 *
 * The optimizer is shared: its answer depends on model and start basis alone, and the other policy has a basis of its own, so what is in
 * force decides to the byte as it would alone. Depends on deliberation, action and governance.
 */
import { cancelUnsent } from './action/cancel-unsent.js'
import { type Arm, type DecisionRecords, decideBeside, movesPassed } from './decide.js'
import { type Deliberation, deliberate } from './deliberation/deliberate.js'
import { ExpectedFlows } from './deliberation/expected-flows.js'
import type { GroupOptimizer } from './deliberation/optimizer.js'
import type { Viewpoint } from './deliberation/plan-view.js'
import { positionsOf } from './deliberation/positions.js'
import { type ResolvedPolicy, resolveReference } from './deliberation/resolved-policy.js'
import type { Trigger } from './deliberation/trigger.js'
import { WeirError } from './errors.js'
import { canaryPlan } from './governance/canary.js'
import { type Breach, describeGuardrails, observe } from './governance/guardrails.js'
import { toHex } from './identity.js'
import { rollBack } from './perception/changes.js'
import type { CycleCollector } from './perception/outcome.js'
import type { TrialState } from './perception/people-state.js'
import type { GroupState } from './perception/state.js'
import { mayGoTo, nextStage } from './perception/trial.js'
import { floorOfAction, observePlans, type Plan } from './trial-observation.js'

/** Orders by which people take a plan out of the agent's hands. */
const OVERRIDES: ReadonlySet<string> = new Set(['FORBID', 'ADJUST', 'REJECT', 'FORCE'])

export interface Beside {
  readonly records: readonly DecisionRecords[]
  /** A canary was rolled back: the plan of the policy that was in force must not be carried out. */
  readonly replan: boolean
}

const NOTHING: Beside = { records: [], replan: false }

export class TrialStep {
  readonly #expectedFlows = new ExpectedFlows()
  #other: ResolvedPolicy | undefined
  #isCurrent = false

  constructor(
    private readonly optimizer: GroupOptimizer,
    private readonly optimizerDigest: Uint8Array,
  ) {}

  /** Documents, accounts or the trial may have changed. */
  forget(): void {
    this.#isCurrent = false
  }

  /**
   * What ends a canary between two decisions. True when it is rolled back: what is in force is another policy.
   * @param isUsable whether the policy in force can be read in the currencies of the group
   */
  endsBetween(collector: CycleCollector, isUsable: boolean): boolean {
    const { trial } = collector.state.people
    if (trial?.stage !== 'canary') return false
    for (const { kind } of collector.orders) if (OVERRIDES.has(kind)) trial.overrides++
    const former = this.#otherPolicy(collector, trial)
    // Nothing to go back to: the trial stays as it is, and the alert on the policy says what is wrong.
    if (former === undefined) return false
    const breach = breachBetween(collector.state, trial, former, isUsable)
    if (breach === undefined) return false
    this.#end(collector, trial, breach)
    return true
  }

  /** The other policy's decision, and whether the trial goes on after it. */
  decide(
    collector: CycleCollector,
    inForce: Viewpoint,
    deliberation: Deliberation,
    trigger: Trigger,
  ): Beside {
    const { state, closedAtMicros } = collector
    const { trial } = state.people
    if (trial === null) return NOTHING
    const other = this.#otherPolicy(collector, trial)
    if (other === undefined) return NOTHING
    const expected = this.#expectedFlows.within(state, other, closedAtMicros)
    const positions = positionsOf(state, other, closedAtMicros, expected)
    const beside = deliberate(
      state,
      other,
      positions,
      closedAtMicros,
      this.optimizer,
      collector.configuration,
      trial.basis,
    )
    if (beside.solve?.solution.status === 'optimal') {
      const { structureHex, solution } = beside.solve
      trial.basis = { structureHex, basisHex: toHex(solution.basis) }
    }
    const plan = { deliberation, moves: movesPassed(collector, inForce.resolved, deliberation) }
    const besidePlan = { deliberation: beside, moves: movesPassed(collector, other, beside) }
    const records = (resolved: ResolvedPolicy, of: Deliberation, arm: Exclude<Arm, ''>) =>
      decideBeside(collector, resolved, of, trigger, this.optimizerDigest, arm)
    const isShadow = trial.stage === 'shadow'
    const breach = isShadow
      ? observeTrial(collector, trial, inForce, other, besidePlan, plan)
      : observeTrial(collector, trial, { resolved: other, positions }, inForce.resolved, plan, besidePlan)
    const replan = breach !== undefined && !isShadow
    // Recorded before the trial ends, which changes what the gate would say.
    const record = replan
      ? records(inForce.resolved, deliberation, 'canary')
      : records(other, beside, isShadow ? 'shadow' : 'baseline')
    if (breach === undefined) tellWhenReady(collector, trial, isShadow ? other : inForce.resolved)
    else this.#end(collector, trial, breach)
    return { records: [record], replan }
  }

  #end(collector: CycleCollector, trial: TrialState, { guardrail, why }: Breach): void {
    const change = collector.state.people.changes.get(trial.changeHex)!
    rollBack(collector, trial.changeHex, change, `guardrail ${guardrail}: ${why}`)
    if (collector.rolledBack) cancelUnsent(collector, 'policy-rolled-back')
    this.forget()
  }

  /** Undefined when it cannot be read in the currencies of the group; a shadow of that kind is rolled back. */
  #otherPolicy(collector: CycleCollector, trial: TrialState): ResolvedPolicy | undefined {
    if (this.#isCurrent) return this.#other
    const { state } = collector
    const digestHex = trial.stage === 'shadow' ? trial.policyHex : trial.previousHex
    const document = state.people.documents.get(digestHex)
    this.#other = undefined
    this.#isCurrent = true
    if (document === undefined) return undefined
    try {
      this.#other = resolveReference(state, { ...document, policyId: document.id })
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      if (trial.stage === 'shadow')
        this.#end(collector, trial, { guardrail: 'unusable', why: error.toLine() })
    }
    return this.#other
  }
}

/** Counts a decision of the policy on trial; gives the guardrail that it breaks. */
function observeTrial(
  { state, closedAtMicros }: CycleCollector,
  trial: TrialState,
  former: Viewpoint,
  candidate: ResolvedPolicy,
  candidatePlan: Plan,
  otherPlan: Plan,
): Breach | undefined {
  const canary = canaryPlan(candidate.policy.canary)
  const observed = observePlans(state, trial, former, candidatePlan, otherPlan, closedAtMicros)
  const breach = observe(trial.guardrails, canary, observed.observation)
  trial.decisions++
  trial.overrides = 0
  // A shadow's plans are not carried out: nothing that happens to an account is theirs.
  if (trial.stage === 'canary') trial.forgone = observed.forgone
  if (breach === undefined) return undefined
  const stands = describeGuardrails(trial.guardrails, canary)
  return { ...breach, why: `${breach.why} (${trial.decisions} decisions: ${stands})` }
}

function breachBetween(
  state: GroupState,
  trial: TrialState,
  former: ResolvedPolicy,
  isUsable: boolean,
): Breach | undefined {
  if (!isUsable)
    return { guardrail: 'unusable', why: 'its amounts do not fit the currencies of the accounts' }
  const accountId = floorOfAction(state, trial, former)
  if (accountId === '') return undefined
  const why = `${accountId} sank below its floor, where the former policy's last plan would have kept it`
  return { guardrail: 'floor', why }
}

/** Once a stage: who promotes waits for it. */
function tellWhenReady(collector: CycleCollector, trial: TrialState, { policy }: ResolvedPolicy): void {
  const { state } = collector
  const change = state.people.changes.get(trial.changeHex)!
  const stage = nextStage(state, trial, policy)
  if (trial.isReady || mayGoTo(state, trial.changeHex, change, policy, stage) !== 'yes') return
  trial.isReady = true
  const stands = describeGuardrails(trial.guardrails, canaryPlan(policy.canary))
  const message = `${policy.policyId} v${policy.version} may go from ${trial.stage} to ${stage} after ${trial.decisions} decisions: ${stands}.`
  collector.alert('INFO', 'policy-ready', change.subject, message)
}

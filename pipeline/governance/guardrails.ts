/**
 * The guardrails of a trial: what is observed at each decision of a policy on trial, and what ends the trial.
 *
 *   floor, late-obligation     the first one ends it
 *   cost-regret, churn         the mean over the decisions in which either policy moves anything; must pass before the policy is everywhere
 *   override, solver-failure   the rate over all decisions
 *
 * Means and rates are tested after every decision (`mean-test.ts`). In between there is neither: the trial goes on, and is not promoted.
 * Pure; depends on the plan of the canary and the messages of trials.
 */
import type { CanaryPlan } from './canary.js'
import { clamp, type MeanTest, newMeanTest, observeMean } from './mean-test.js'
import { inconclusiveMessage } from './trial-alerts.js'

export type Guardrail =
  | 'floor'
  | 'late-obligation'
  | 'cost-regret'
  | 'churn'
  | 'override'
  | 'solver-failure'
  | 'unusable'

/** What one decision showed of the policy on trial, beside what the other policy would have done in the same state. */
export interface Observation {
  /** What the policy on trial moves, base currency minor units. */
  readonly movedBaseMinor: number
  readonly otherMovedBaseMinor: number
  /** Cost of a day after its plan less that after the other's, both by the former policy; base currency minor units. */
  readonly regretBaseMinor: number
  /** Account that its plan or its last one left below a floor of the former policy, where the other plan keeps it; empty for none. */
  readonly floorBreached: string
  /** Account that cannot pay a time-specific obligation, where it could after the other plan; empty for none. */
  readonly lateObligation: string
  /** Whether people forbade, changed or replaced a plan of the policy on trial since the decision before. */
  readonly overridden: boolean
  /** Whether the optimizer had no answer for it, and had one for the other. */
  readonly solverFailed: boolean
}

export interface GuardrailState {
  readonly costRegret: MeanTest
  readonly churn: MeanTest
  readonly override: MeanTest
  readonly solverFailure: MeanTest
}

export interface Breach {
  readonly guardrail: Guardrail
  /** With the numbers, for people. */
  readonly why: string
}

/**
 * Chance that a policy which keeps all its guardrails is ever rolled back by means and rates: 5 % over the four tests, so a quarter of it for each.
 */
const BREACH_EVIDENCE = 80
/** Chance that a policy whose mean is above a guardrail passes it: 5 %. */
const PASS_EVIDENCE = 20

/** Regret of one decision counts within this many guardrails either way; one plan alone can then neither end nor save a trial. */
const REGRET_CLIP = 8
/** Scale of regret for a guardrail of 0. */
const REGRET_SCALE_BP = 1
/** Bounds of 0 % and 100 % are this far within: the test needs room on both sides. */
const BOUND_MARGIN = 1e-4

export function newGuardrails(): GuardrailState {
  return {
    costRegret: newMeanTest(),
    churn: newMeanTest(),
    override: newMeanTest(),
    solverFailure: newMeanTest(),
  }
}

/** Takes an observation into the state; gives the guardrail that it breaches, undefined when the trial goes on. */
export function observe(
  state: GuardrailState,
  plan: CanaryPlan,
  observation: Observation,
): Breach | undefined {
  const { floorBreached, lateObligation, overridden, solverFailed } = observation
  observeMoves(state, plan, observation)
  observeMean(state.override, overridden ? 1 : 0, boundOfRate(plan.overridePercent))
  observeMean(state.solverFailure, solverFailed ? 1 : 0, boundOfRate(plan.solverFailurePercent))
  if (floorBreached !== '') {
    const why = `${floorBreached} is below its floor, where the other policy would have kept it`
    return { guardrail: 'floor', why }
  }
  if (lateObligation !== '') {
    const why = `${lateObligation} cannot pay what is due at a set time, and could under the other policy`
    return { guardrail: 'late-obligation', why }
  }
  return breachOf(state, plan, observation)
}

function observeMoves(state: GuardrailState, plan: CanaryPlan, observation: Observation): void {
  const { movedBaseMinor, otherMovedBaseMinor, regretBaseMinor } = observation
  const most = Math.max(movedBaseMinor, otherMovedBaseMinor)
  // A decision in which neither moves anything says nothing about either's plans, and would only dilute those that do.
  if (most === 0) return
  const { scaleBp, bound } = regretScale(plan)
  const regretBp = (regretBaseMinor / most) * 1e4
  const clipped = clamp(regretBp, -REGRET_CLIP * scaleBp, REGRET_CLIP * scaleBp)
  observeMean(state.costRegret, clipped / (2 * REGRET_CLIP * scaleBp) + 0.5, bound)
  observeMean(
    state.churn,
    (movedBaseMinor - otherMovedBaseMinor) / (2 * most) + 0.5,
    boundOfChurn(plan.churnPercent),
  )
}

function breachOf(state: GuardrailState, plan: CanaryPlan, observation: Observation): Breach | undefined {
  const { costRegret, churn, override, solverFailure } = state
  if (costRegret.above >= BREACH_EVIDENCE)
    return { guardrail: 'cost-regret', why: regretSentence(state, plan) }
  if (churn.above >= BREACH_EVIDENCE) return { guardrail: 'churn', why: churnSentence(state, plan) }
  const neverOverridden = plan.overridePercent === 0 && observation.overridden
  if (override.above >= BREACH_EVIDENCE || neverOverridden)
    return { guardrail: 'override', why: rateSentence('overridden', override, plan.overridePercent) }
  const neverFails = plan.solverFailurePercent === 0 && observation.solverFailed
  if (solverFailure.above >= BREACH_EVIDENCE || neverFails) {
    const why = rateSentence('without an answer of the optimizer', solverFailure, plan.solverFailurePercent)
    return { guardrail: 'solver-failure', why }
  }
  return undefined
}

/** Why the trial does not show yet that the policy keeps its guardrails; empty when it does. */
export function inconclusive({ costRegret, churn }: GuardrailState, plan: CanaryPlan): string {
  const open: string[] = []
  if (costRegret.below < PASS_EVIDENCE) open.push(`cost regret below ${plan.costRegretBp} bp`)
  if (churn.below < PASS_EVIDENCE) open.push(`churn below ${plan.churnPercent} %`)
  if (open.length === 0) return ''
  return inconclusiveMessage(open, costRegret.observations)
}

/** Where the trial stands, for people. */
export function describeGuardrails(state: GuardrailState, plan: CanaryPlan): string {
  return [
    regretSentence(state, plan),
    churnSentence(state, plan),
    rateSentence('overridden', state.override, plan.overridePercent),
    rateSentence('without an answer of the optimizer', state.solverFailure, plan.solverFailurePercent),
  ].join('; ')
}

function regretScale({ costRegretBp }: CanaryPlan): { readonly scaleBp: number; readonly bound: number } {
  const scaleBp = costRegretBp > 0 ? costRegretBp : REGRET_SCALE_BP
  return { scaleBp, bound: costRegretBp / (2 * REGRET_CLIP * scaleBp) + 0.5 }
}

/** Moving `percent` more is this far apart in parts of the larger of the two, from -1 to 1, brought to 0 to 1. */
function boundOfChurn(percent: number): number {
  return clamp(percent / (100 + percent) / 2 + 0.5, BOUND_MARGIN, 1 - BOUND_MARGIN)
}

function boundOfRate(percent: number): number {
  return clamp(percent / 100, BOUND_MARGIN, 1 - BOUND_MARGIN)
}

function meanOf({ sum, observations }: MeanTest): number {
  return observations === 0 ? 0.5 : sum / observations
}

function regretSentence({ costRegret }: GuardrailState, plan: CanaryPlan): string {
  const meanBp = (meanOf(costRegret) - 0.5) * 2 * REGRET_CLIP * regretScale(plan).scaleBp
  return `cost regret ${meanBp.toFixed(2)} bp of what is moved on the mean of ${costRegret.observations} decisions, at most ${plan.costRegretBp}`
}

function churnSentence({ churn }: GuardrailState, plan: CanaryPlan): string {
  const apart = (meanOf(churn) - 0.5) * 2
  const limit = (plan.churnPercent / (100 + plan.churnPercent)).toFixed(2)
  return `moves ${apart.toFixed(2)} more of the larger plan on the mean of ${churn.observations} decisions, at most ${limit} (churn ${plan.churnPercent} %)`
}

function rateSentence(what: string, { sum, observations }: MeanTest, percent: number): string {
  return `${sum} of ${observations} decisions ${what}, at most ${percent} %`
}

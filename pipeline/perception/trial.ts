/**
 * The trial of a policy in a group: in the shadow of the one in force, then as a canary. What the trial has seen decides how far it goes.
 *
 * Depends on the state, the policy and the guardrails.
 */
import { canaryPlan, isInCohort } from '../governance/canary.js'
import { inconclusive, newGuardrails } from '../governance/guardrails.js'
import type { Policy } from '../governance/policy.js'
import type { ChangeStage, ChangeState, DocumentReference, TrialState } from './people-state.js'
import type { GroupState } from './state.js'

/**
 * `yes`, `not-in-cohort`, or why not. Inside the cohort a policy goes through shadow and canary; outside it the shadow is enough, since
 * what the canaries have shown is for the people to see who send the command.
 */
export function mayGoTo(
  state: GroupState,
  changeHex: string,
  change: ChangeState,
  policy: Policy,
  stage: 'shadow' | 'canary' | 'full',
): string {
  const plan = canaryPlan(policy.canary)
  const { shadowDecisions, decisions, cohortPercent } = plan
  const { trial } = state.people
  const isOfTrial = trial !== null && trial.changeHex === changeHex
  if (trial !== null && !isOfTrial) return 'another change is on trial: take it to its end or roll it back'
  const inCohort = isInCohort(state.groupId, cohortPercent)
  if (stage === 'canary' && !inCohort) return 'not-in-cohort'
  const before: Record<typeof stage, readonly ChangeStage[]> = {
    shadow: ['proposed', 'rolled-back'],
    canary: ['shadow'],
    full: inCohort ? ['canary'] : ['shadow'],
  }
  if (!before[stage].includes(change.stage))
    return `it is at the stage ${change.stage}; ${stage} follows ${before[stage].join(' or ')}`
  if (stage === 'shadow') return 'yes'
  const wanted = trial?.stage === 'canary' ? decisions : shadowDecisions
  const seen = trial?.decisions ?? 0
  if (seen < wanted) return `it has made ${seen} of ${wanted} decisions as ${trial?.stage ?? 'shadow'}`
  // A shadow shows too little for that, and costs nothing if it is wrong: what becomes of its plans only a canary sees.
  if (trial?.stage !== 'canary') return 'yes'
  return inconclusive(trial.guardrails, plan) || 'yes'
}

/** The stage after that of the trial. */
export function nextStage(state: GroupState, trial: TrialState, policy: Policy): 'canary' | 'full' {
  const { cohortPercent } = canaryPlan(policy.canary)
  return trial.stage === 'shadow' && isInCohort(state.groupId, cohortPercent) ? 'canary' : 'full'
}

/** Begins a stage of a trial anew. */
export function startTrial(
  state: GroupState,
  cycle: number,
  changeHex: string,
  document: DocumentReference,
  stage: TrialState['stage'],
): void {
  state.people.trial = {
    changeHex,
    stage,
    policyHex: document.digestHex,
    previousHex: state.policy?.digestHex ?? '',
    sinceCycle: cycle,
    decisions: 0,
    guardrails: newGuardrails(),
    basis: null,
    forgone: new Map(),
    overrides: 0,
    isReady: false,
  }
}

export function endTrial(state: GroupState): void {
  state.people.trial = null
}

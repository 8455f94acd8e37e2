/**
 * How a new policy version is tried before it is everywhere, and which guardrails end the trial by themselves. Pure; depends on the
 * document.
 */
import { sha256 } from '../identity.js'
import type { PolicyDocument } from './policy-document.js'

export interface CanaryPlan {
  /** Part of all groups that try it first, percent; which ones is fixed by their names. */
  readonly cohortPercent: number
  /** Decisions beside the policy in force, of which nothing is sent. */
  readonly shadowDecisions: number
  /** Decisions as the policy in force of the cohort. */
  readonly decisions: number
  /** Most that a plan may cost above that of the former policy on the mean, basis points of what is moved. */
  readonly costRegretBp: number
  /** Most decisions that people may override, percent. */
  readonly overridePercent: number
  /** Most decisions for which the optimizer may have no answer, percent. */
  readonly solverFailurePercent: number
  /** By how much more it may move than the former policy would have, percent. */
  readonly churnPercent: number
}

/** Left out, a key is as here; floor breaches and late obligations end a trial at the first, whatever the plan says. */
export const DEFAULT_CANARY: CanaryPlan = {
  cohortPercent: 10,
  shadowDecisions: 20,
  decisions: 100,
  costRegretBp: 1,
  overridePercent: 5,
  solverFailurePercent: 1,
  churnPercent: 50,
}

export const CANARY_KEYS = Object.keys(DEFAULT_CANARY) as readonly (keyof CanaryPlan)[]

/** What the document says; nothing of what it leaves out. */
export function readCanary(document: PolicyDocument): Partial<CanaryPlan> {
  const written = CANARY_KEYS.filter((key) => document.hasAt(['canary', key]))
  return Object.fromEntries(written.map((key) => [key, document.numberAt(['canary', key])]))
}

export function canaryPlan(written: Partial<CanaryPlan>): CanaryPlan {
  return { ...DEFAULT_CANARY, ...written }
}

/** The same groups for every change: a fixed part of all, by the hash of the group's name. */
export function isInCohort(groupId: string, cohortPercent: number): boolean {
  const hash = sha256(Buffer.from(`canary cohort\u0000${groupId}`, 'utf8'))
  const place = new DataView(hash.buffer, hash.byteOffset).getUint32(0) / 2 ** 32
  return place * 100 < cohortPercent
}

/**
 * Sums of expected flows per account within the policy's horizon, kept until something changes them.
 *
 * A sum changes when a flow is told, fulfilled or withdrawn, when one comes within the horizon, and when an inflow is
 * overdue: then it is no longer counted on, while an outflow stays until it settles. The cache is derived from the
 * state and holds nothing that a restored agent would not compute alike. Depends on state and policy.
 */
import type { GroupState } from '../perception/state.js'
import type { ResolvedPolicy } from './resolved-policy.js'

/** An expectation this long past is dropped: it will not come. */
const FORGET_AFTER_MICROS = 86_400_000_000

export interface ExpectedSums {
  /** Not above 0. */
  readonly outMinor: number
  readonly inMinor: number
}

export const NO_FLOWS: ExpectedSums = { outMinor: 0, inMinor: 0 }

/** Rounded up: a margin is never cut by rounding. */
export function percentOf(amountMinor: number, percent: number): number {
  return Math.ceil((amountMinor / 100) * percent)
}

/** Drops from the state what is long past. */
export function forgetPastFlows(state: GroupState, nowMicros: number): void {
  for (const [id, flow] of state.expectedFlows) {
    if (flow.expectedAtMicros < nowMicros - FORGET_AFTER_MICROS) state.expectedFlows.delete(id)
  }
}

export class ExpectedFlows {
  private sums = new Map<string, ExpectedSums>()
  private validUntilMicros = -1
  private version = -1
  private policy: ResolvedPolicy | undefined

  /** Sums by account at `nowMicros`. Never changes the state: a restored agent starts with an empty cache. */
  within(state: GroupState, resolved: ResolvedPolicy, nowMicros: number): ReadonlyMap<string, ExpectedSums> {
    const current =
      this.version === state.expectedFlowsVersion &&
      this.policy === resolved &&
      nowMicros < this.validUntilMicros
    if (!current) this.compute(state, resolved, nowMicros)
    return this.sums
  }

  private compute(state: GroupState, resolved: ResolvedPolicy, nowMicros: number): void {
    const { inflowPercent, outflowPercent } = resolved.policy.expectedFlows
    const horizonMicros = resolved.policy.deliberation.horizonMinutes * 60_000_000
    const sums = new Map<string, { outMinor: number; inMinor: number }>()
    let nextChangeMicros = Number.POSITIVE_INFINITY
    for (const flow of state.expectedFlows.values()) {
      const { expectedAtMicros, amountMinor } = flow
      if (expectedAtMicros > nowMicros + horizonMicros) {
        nextChangeMicros = Math.min(nextChangeMicros, expectedAtMicros - horizonMicros)
        continue
      }
      if (expectedAtMicros < nowMicros - FORGET_AFTER_MICROS) continue
      let sum = sums.get(flow.accountId)
      if (sum === undefined) {
        sum = { outMinor: 0, inMinor: 0 }
        sums.set(flow.accountId, sum)
      }
      if (amountMinor < 0) {
        sum.outMinor -= percentOf(-amountMinor, outflowPercent)
        nextChangeMicros = Math.min(nextChangeMicros, expectedAtMicros + FORGET_AFTER_MICROS + 1)
      } else if (expectedAtMicros >= nowMicros) {
        sum.inMinor += Math.floor((amountMinor / 100) * inflowPercent)
        nextChangeMicros = Math.min(nextChangeMicros, expectedAtMicros + 1)
      }
    }
    this.sums = sums
    this.validUntilMicros = nextChangeMicros
    this.version = state.expectedFlowsVersion
    this.policy = resolved
  }
}

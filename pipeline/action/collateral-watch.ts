/**
 * Tells people when the collateral with a lender does not cover what is outstanding any more: a valuation fell, grew old, or an asset lost
 * its eligibility. Nothing is drawn meanwhile; what to pledge on top is for people to decide. Told once, until it covers again.
 *
 * Depends on collateral and state.
 */
import { coveredMinor } from '../deliberation/collateral.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { formatMinor } from '../money.js'
import type { CycleCollector } from '../perception/outcome.js'
import { exponentOf, type FacilityState } from '../perception/state.js'

export function watchCollateral(collector: CycleCollector, resolved: ResolvedPolicy): void {
  for (const facility of collector.state.facilities.values())
    if (facility.reference.secured === true) watch(collector, resolved, facility)
}

function watch(collector: CycleCollector, resolved: ResolvedPolicy, facility: FacilityState): void {
  const { state, closedAtMicros } = collector
  const { facilityId, currency } = facility.reference
  const covered = coveredMinor(state, resolved, facility, closedAtMicros)
  // Draws on their way are not counted: one that waits for its collateral has not left.
  const outstanding = BigInt(facility.outstandingMinor)
  const isShort = covered < outstanding
  if (isShort === facility.toldShort) return
  facility.toldShort = isShort
  const exponent = exponentOf(state, currency) ?? 0
  const text = (minor: bigint) => `${formatMinor(Number(minor), exponent)} ${currency}`
  if (isShort) {
    const message = `Pledged collateral covers ${text(covered)} of ${text(outstanding)} outstanding; nothing more is drawn. Pledge more or repay.`
    collector.alert('CRITICAL', 'collateral-short', `facility:${facilityId}`, message)
  } else {
    const message = `Pledged collateral covers what is outstanding again: ${text(covered)}.`
    collector.alert('INFO', 'collateral-covers', `facility:${facilityId}`, message)
  }
}

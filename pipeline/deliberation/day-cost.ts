/**
 * What the day costs at the policy's prices, and how long floors were broken, as it was managed and had nothing been sent.
 *
 * Balances are held between two cycle closings; each interval is priced with the targets of the policy, without
 * safety margins, so that both ways are weighed alike. Drawn facilities accrue their margin over the base rate.
 */
import type { GroupState, OpenInstruction } from '../perception/state.js'
import { DAYS_PER_YEAR } from './channels.js'
import { accountCostPerDay } from './plan.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { baseRate, powerOfTen, Valuation } from './valuation.js'

const MICROS_PER_DAY = 86_400_000_000

/** Adds the cost of the interval from the last closing to `nowMicros` to both sums. */
export function accrueCost(state: GroupState, resolved: ResolvedPolicy, nowMicros: number): void {
  if (state.closedAtMicros < 0) return
  const elapsedMicros = nowMicros - state.closedAtMicros
  const days = elapsedMicros / MICROS_PER_DAY
  const perMajor = days / powerOfTen(resolved.baseExponent)
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  for (const targets of resolved.accounts.values()) {
    const account = state.accounts.get(targets.accountId)!
    if (!account.opened) continue
    const { currency, currencyExponent } = account.reference
    const perMinor = (valuation.minorFactor(currency, currencyExponent) ?? 0) * perMajor
    state.costManaged += accountCostPerDay(resolved, targets, account.settledMinor) * perMinor
    state.costUnmanaged += accountCostPerDay(resolved, targets, account.unmanagedMinor) * perMinor
    const track = state.currencies.get(currency)
    if (track === undefined) continue
    if (account.settledMinor < targets.floorMinor) track.belowFloorMicros += elapsedMicros
    if (account.unmanagedMinor < targets.floorMinor) track.belowFloorUnmanagedMicros += elapsedMicros
  }
  for (const facility of state.facilities.values()) {
    const { currency, accountId, drawnMarginBp, commitmentFeeBp } = facility.reference
    const account = state.accounts.get(accountId)
    if (account === undefined) continue
    const baseFactor = valuation.minorFactor(currency, account.reference.currencyExponent) ?? 0
    const perDay = (baseRate(state, currency) + (drawnMarginBp - commitmentFeeBp) / 1e4) / DAYS_PER_YEAR
    state.costManaged += facility.outstandingMinor * perDay * baseFactor * perMajor
    state.costUnmanaged += facility.unmanagedOutstandingMinor * perDay * baseFactor * perMajor
  }
}

/** Adds the fees of an instruction that settled, and the spread of what was converted. */
export function chargeTicket(
  state: GroupState,
  resolved: ResolvedPolicy,
  instruction: OpenInstruction,
): void {
  const account = state.accounts.get(instruction.sourceAccountId)
  if (account === undefined) return
  const { currency, currencyExponent } = account.reference
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  const baseFactor = valuation.minorFactor(currency, currencyExponent) ?? 0
  const spreadMinor = instruction.spreadCostMinor * (instruction.settledMinor / instruction.amountMinor)
  const ticketMinor = (instruction.feeMinor + spreadMinor) * baseFactor
  state.costManaged += ticketMinor / powerOfTen(resolved.baseExponent)
}

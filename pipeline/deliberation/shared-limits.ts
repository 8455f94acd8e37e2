/**
 * The limits that the tickets of a plan share, as values (`valuation.ts`): the risk budget, what may be drawn from a
 * lender, what may lie at a bank. They are the sides of the model's rows, and what the rounded plan is fitted to.
 *
 * What is not known or cannot be valued is in doubt: nothing more is drawn from such a lender, nothing more is moved to such a bank.
 * Depends on state, policy, positions and valuation.
 */
import { exponentOf, type GroupState } from '../perception/state.js'
import { type AtBank, atBank, isInDoubt, sumOfValues } from './bank-balances.js'
import type { Position } from './positions.js'
import { budgetLeftMinor, type ResolvedPolicy } from './resolved-policy.js'
import { amountValue, limitValue, Valuation } from './valuation.js'

export interface SharedLimits {
  /** Most that all moves may sum to. */
  readonly budget: bigint
  /** Most that may be drawn, by lender with a limit. */
  readonly lenders: ReadonlyMap<string, bigint>
  /** Most that the policy's accounts there may hold after the plan, by bank with a limit and such an account. */
  readonly banks: ReadonlyMap<string, bigint>
}

export function sharedLimits(
  state: GroupState,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
): SharedLimits {
  const lenders = new Map<string, bigint>()
  for (const [lenderId, limitMinor] of resolved.lenders) {
    const owed = owedTo(state, resolved, lenderId)
    const left = owed === undefined ? 0n : limitValue(limitMinor) - owed
    lenders.set(lenderId, left > 0n ? left : 0n)
  }
  const banks = new Map<string, bigint>()
  for (const [bankId, limit] of bankLimits(state, resolved)) {
    const here = atBank(positions, bankId)
    if (here !== undefined) banks.set(bankId, mostAtBank(here, limit))
  }
  return { budget: limitValue(budgetLeftMinor(state, resolved)), lenders, banks }
}

/** What is outstanding with a lender, draws on their way included; undefined when a part of it cannot be valued. */
export function owedTo(state: GroupState, resolved: ResolvedPolicy, lenderId: string): bigint | undefined {
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  let owed = 0n
  for (const { reference, outstandingMinor, reservedDrawMinor } of state.facilities.values()) {
    const owedMinor = outstandingMinor + reservedDrawMinor
    if (reference.lenderId !== lenderId || owedMinor === 0) continue
    // A facility is in its account's currency, so the group has an account with the exponent.
    const price = valuation.price(reference.currency, exponentOf(state, reference.currency)!)
    if (price === undefined) return undefined
    owed += amountValue(owedMinor, price)
  }
  return owed
}

/**
 * Limits by bank: the strictest of the policy's and those set from outside, whatever currency they are in. One that
 * cannot be valued counts as 0.
 */
export function bankLimits(state: GroupState, resolved: ResolvedPolicy): Map<string, bigint> {
  const { baseCurrency } = resolved.policy
  const valuation = new Valuation(state, baseCurrency, resolved.baseExponent)
  const limits = new Map<string, bigint>()
  for (const [bankId, limitMinor] of resolved.concentration) limits.set(bankId, limitValue(limitMinor))
  for (const { kind, subjectId, currency, limitMinor } of state.constraints.values()) {
    if (kind !== 'CONCENTRATION') continue
    const exponent = currency === baseCurrency ? resolved.baseExponent : exponentOf(state, currency)
    const price = exponent === undefined ? undefined : valuation.price(currency, exponent)
    const limit = price === undefined ? 0n : amountValue(limitMinor, price)
    const held = limits.get(subjectId)
    if (held === undefined || limit < held) limits.set(subjectId, limit)
  }
  return limits
}

/**
 * What the other accounts leave of the limit. Never stricter than what lies there already, since inflows cannot be refused; and that much
 * only when a balance is in doubt.
 */
function mostAtBank({ listed, unlisted }: AtBank, limit: bigint): bigint {
  const lies = sumOfValues(listed)
  const left = limit - sumOfValues(unlisted)
  return lies > left || listed.some(isInDoubt) || unlisted.some(isInDoubt) ? lies : left
}

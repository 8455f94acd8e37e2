/**
 * The policy in force with its amounts in minor units of the group's accounts: what deliberation and gate read.
 *
 * Made anew when the policy or the reference data changes; never part of the state. An account that the policy
 * names and the reference data lacks is left out until it appears. Depends on policy and state.
 */
import { type CounterpartyLimit, type Policy, parsePolicy } from '../governance/policy.js'
import { compileRule, type Rule } from '../governance/rule.js'
import { toMinor } from '../money.js'
import type { GroupState, PolicyReference } from '../perception/state.js'
import { currencyExponent } from './valuation.js'

export interface AccountTargets {
  readonly accountId: string
  readonly floorMinor: number
  readonly targetMinor: number
  readonly ceilingMinor: number
  readonly lowerPercent: number
  readonly upperPercent: number
}

export interface ResolvedPolicy {
  readonly policy: Policy
  readonly digestHex: string
  readonly baseExponent: number
  readonly accounts: ReadonlyMap<string, AccountTargets>
  /** The other accounts of the group, by bank: they are not moved, and limits of banks count them. */
  readonly unlisted: ReadonlyMap<string, readonly string[]>
  readonly maximumInstructionBaseMinor: number
  readonly perCycleBaseMinor: number
  /** Undefined when the policy has no budget for an hour. */
  readonly perHourBaseMinor: number | undefined
  readonly perDayBaseMinor: number
  /** A plan that moves more needs more approvals; undefined when the policy has no such amount. */
  readonly largeAmountBaseMinor: number | undefined
  /** All of them must allow a move. */
  readonly rules: readonly NamedRule[]
  /** Limit of balances by counterparty, base currency minor units. */
  readonly concentration: ReadonlyMap<string, number>
  /** Limit of what is outstanding by lender, base currency minor units. */
  readonly lenders: ReadonlyMap<string, number>
}

export interface NamedRule extends Rule {
  readonly name: string
}

/** Undefined while no policy is in force. Amounts with more decimals than the currency throw `WEIR_AMOUNT`. */
export function resolvePolicy(state: GroupState): ResolvedPolicy | undefined {
  return state.policy === null ? undefined : resolveReference(state, state.policy)
}

/** A policy that may not be in force. */
export function resolveReference(
  state: GroupState,
  reference: Readonly<Omit<PolicyReference, 'parent'>>,
): ResolvedPolicy {
  const policy = parsePolicy(reference.document, `policy ${reference.policyId} v${reference.version}`)
  const baseExponent = currencyExponent(state, policy.baseCurrency)
  const accounts = new Map<string, AccountTargets>()
  for (const entry of policy.accounts) {
    const account = state.accounts.get(entry.accountId)
    if (account === undefined || !account.reference.controllable) continue
    const exponent = account.reference.currencyExponent
    accounts.set(entry.accountId, {
      accountId: entry.accountId,
      floorMinor: toMinor(entry.floor, exponent),
      targetMinor: toMinor(entry.target, exponent),
      ceilingMinor: toMinor(entry.ceiling, exponent),
      lowerPercent: entry.band.lowerPercent,
      upperPercent: entry.band.upperPercent,
    })
  }
  const { perHour } = policy.limits
  const { largeAmount } = policy.approvals
  return {
    policy,
    digestHex: reference.digestHex,
    baseExponent,
    accounts,
    unlisted: unlistedByBank(state, accounts),
    maximumInstructionBaseMinor: toMinor(policy.limits.maximumInstruction, baseExponent),
    perCycleBaseMinor: toMinor(policy.limits.perCycle, baseExponent),
    perHourBaseMinor: perHour === undefined ? undefined : toMinor(perHour, baseExponent),
    perDayBaseMinor: toMinor(policy.limits.perDay, baseExponent),
    largeAmountBaseMinor: largeAmount === undefined ? undefined : toMinor(largeAmount, baseExponent),
    rules: policy.rules.map(({ name, allow }) => ({ name, ...compileRule(allow) })),
    concentration: inMinor(policy.limits.concentration, baseExponent),
    lenders: inMinor(policy.limits.lenders, baseExponent),
  }
}

function unlistedByBank(
  state: GroupState,
  listed: ReadonlyMap<string, AccountTargets>,
): Map<string, string[]> {
  const unlisted = new Map<string, string[]>()
  for (const [accountId, { reference }] of state.accounts) {
    if (listed.has(accountId)) continue
    const here = unlisted.get(reference.bankId)
    if (here === undefined) unlisted.set(reference.bankId, [accountId])
    else here.push(accountId)
  }
  return unlisted
}

function inMinor(limits: readonly CounterpartyLimit[], exponent: number): Map<string, number> {
  return new Map(limits.map(({ counterpartyId, limit }) => [counterpartyId, toMinor(limit, exponent)]))
}

/** From this instant on the policy decides nothing. */
export function isExpired({ policy }: ResolvedPolicy, nowMicros: number): boolean {
  return policy.expiresAtMicros !== undefined && nowMicros >= policy.expiresAtMicros
}

/** What the budgets leave for a plan now, base currency minor units; not below 0. */
export function budgetLeftMinor(state: GroupState, resolved: ResolvedPolicy): number {
  const { perCycleBaseMinor, perHourBaseMinor, perDayBaseMinor } = resolved
  const leftToday = perDayBaseMinor - state.movedTodayBaseMinor
  const leftThisHour =
    perHourBaseMinor === undefined ? leftToday : perHourBaseMinor - state.movedThisHourBaseMinor
  return Math.max(0, Math.min(perCycleBaseMinor, leftThisHour, leftToday))
}

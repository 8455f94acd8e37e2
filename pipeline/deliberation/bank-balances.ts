/**
 * What the group has at a bank, as limits of banks count it: the projected balance of every account there, whether the policy lists it or not.
 *
 * All are projected alike, by the policy's horizon and parts of expected flows: so what a bank counts does not depend on which accounts a
 * policy lists, and a policy cannot make room at a bank by leaving an account out. Depends on state, policy and valuation.
 */
import { clampMinor } from '../money.js'
import type { AccountState, GroupState } from '../perception/state.js'
import { type ExpectedSums, NO_FLOWS } from './expected-flows.js'
import type { Position } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { amountValue, type Valuation } from './valuation.js'

export interface BankBalance {
  readonly currency: string
  readonly exponent: number
  /** Available plus own inflows on their way plus expected flows within the horizon. */
  readonly projectedMinor: number
  /** Integer price for limits (`valuation.ts`); 0 when the currency cannot be valued. */
  readonly price: number
  /** False until the first balance report: what lies there is not known. */
  readonly opened: boolean
}

/** Available plus what is on its way and what is expected within the horizon, minor units. */
export function projectedMinor(account: AccountState, flows: ExpectedSums): number {
  const availableMinor = account.settledMinor - account.reservedMinor
  return clampMinor(availableMinor + account.incomingMinor + flows.outMinor + flows.inMinor)
}

export const NO_BALANCES: readonly BankBalance[] = []

/** By bank with a limit: what lies there in accounts that the policy does not control. */
export function unlistedBalances(
  state: GroupState,
  resolved: ResolvedPolicy,
  expected: ReadonlyMap<string, ExpectedSums>,
  valuation: Valuation,
): ReadonlyMap<string, readonly BankBalance[]> {
  const found = new Map<string, readonly BankBalance[]>()
  // Most groups have neither such accounts nor limits, and this is asked in every cycle.
  if (resolved.unlisted.size === 0) return found
  for (const bankId of limitedBanks(state, resolved)) {
    const accountIds = resolved.unlisted.get(bankId)
    if (accountIds === undefined) continue
    const balances = accountIds.map((accountId): BankBalance => {
      const account = state.accounts.get(accountId)!
      const { currency, currencyExponent: exponent } = account.reference
      return {
        currency,
        exponent,
        projectedMinor: projectedMinor(account, expected.get(accountId) ?? NO_FLOWS),
        price: valuation.price(currency, exponent) ?? 0,
        opened: account.opened,
      }
    })
    found.set(bankId, balances)
  }
  return found
}

/** Banks whose balances the policy or somebody outside limits. */
function limitedBanks(state: GroupState, { concentration }: ResolvedPolicy): Set<string> {
  const banks = new Set(concentration.keys())
  for (const { kind, subjectId } of state.constraints.values()) {
    if (kind === 'CONCENTRATION') banks.add(subjectId)
  }
  return banks
}

export interface AtBank {
  /** Accounts of the policy. */
  readonly listed: readonly Position[]
  /** The others. */
  readonly unlisted: readonly BankBalance[]
}

/** Undefined where the policy has no account: no plan moves anything there. */
export function atBank(positions: readonly Position[], bankId: string): AtBank | undefined {
  const listed = positions.filter((position) => position.bankId === bankId)
  const [first] = listed
  return first === undefined ? undefined : { listed, unlisted: first.unlistedAtBank }
}

export function sumOfValues(balances: readonly Pick<BankBalance, 'projectedMinor' | 'price'>[]): bigint {
  return balances.reduce((sum, balance) => sum + amountValue(balance.projectedMinor, balance.price), 0n)
}

/** Whether what lies there is not known, or cannot be valued: then nothing more is moved to the bank. */
export function isInDoubt({ opened, price }: Pick<BankBalance, 'opened' | 'price'>): boolean {
  return !opened || price === 0
}

/**
 * The summary of a group: what a treasurer asks at the end of the day. Also keeps the day's lows.
 *
 * Sums are per currency over the accounts that the group may move. Depends on state and policy.
 */
import type { ResolvedPolicy } from './deliberation/resolved-policy.js'
import { currencyExponent } from './deliberation/valuation.js'
import type { AccountState, GroupState } from './perception/state.js'
import type { CurrencySummary, GroupSummary } from './ports.js'

const MICROS_PER_MINUTE = 60_000_000

interface Sums {
  opening: number
  settled: number
  unmanaged: number
}

function sumsByCurrency(state: GroupState): Map<string, Sums> {
  const sums = new Map<string, Sums>()
  for (const account of state.accounts.values()) {
    if (!account.reference.controllable || !account.opened) continue
    const { currency } = account.reference
    const sum = sums.get(currency) ?? { opening: 0, settled: 0, unmanaged: 0 }
    sum.opening += account.openingMinor
    sum.settled += account.settledMinor
    sum.unmanaged += account.unmanagedMinor
    sums.set(currency, sum)
  }
  return sums
}

/** Called at the end of each cycle. */
export function trackBalances(state: GroupState): void {
  for (const [currency, sum] of sumsByCurrency(state)) {
    const track = state.currencies.get(currency)
    if (track === undefined) {
      state.currencies.set(currency, {
        openingMinor: sum.opening,
        lowestMinor: sum.settled,
        lowestUnmanagedMinor: sum.unmanaged,
        belowFloorMicros: 0,
        belowFloorUnmanagedMicros: 0,
      })
      continue
    }
    track.openingMinor = sum.opening
    track.lowestMinor = Math.min(track.lowestMinor, sum.settled)
    track.lowestUnmanagedMinor = Math.min(track.lowestUnmanagedMinor, sum.unmanaged)
  }
}

export function summarize(state: GroupState, resolved: ResolvedPolicy | undefined): GroupSummary {
  const instructions: Record<string, number> = {}
  for (const { state: step } of state.instructions.values())
    instructions[step] = (instructions[step] ?? 0) + 1
  const decisions = (outcome: string) => state.counters.get(`decision:${outcome}`) ?? 0
  return {
    groupId: state.groupId,
    baseCurrency: resolved?.policy.baseCurrency ?? '',
    cycles: state.nextCycle,
    inputs: state.inputs,
    currencies: [...sumsByCurrency(state)].map(([currency, sum]) =>
      currencySummary(state, resolved, currency, sum),
    ),
    decisions: {
      acted: decisions('ACTED'),
      nothingToDo: decisions('NOTHING_TO_DO'),
      refused: decisions('REFUSED'),
    },
    instructions,
    counters: Object.fromEntries(state.counters),
    cost: { managed: state.costManaged, unmanaged: state.costUnmanaged },
  }
}

function currencySummary(
  state: GroupState,
  resolved: ResolvedPolicy | undefined,
  currency: string,
  sum: Sums,
): CurrencySummary {
  const track = state.currencies.get(currency)
  let floorMinor = 0
  let targetMinor = 0
  for (const targets of resolved?.accounts.values() ?? []) {
    const account: AccountState = state.accounts.get(targets.accountId)!
    if (account.reference.currency !== currency) continue
    floorMinor += targets.floorMinor
    targetMinor += targets.targetMinor
  }
  return {
    currency,
    exponent: currencyExponent(state, currency),
    openingMinor: sum.opening,
    lowestMinor: track?.lowestMinor ?? sum.settled,
    closingMinor: sum.settled,
    floorMinor,
    targetMinor,
    lowestUnmanagedMinor: track?.lowestUnmanagedMinor ?? sum.unmanaged,
    closingUnmanagedMinor: sum.unmanaged,
    belowFloorMinutes: Math.round((track?.belowFloorMicros ?? 0) / MICROS_PER_MINUTE),
    belowFloorUnmanagedMinutes: Math.round((track?.belowFloorUnmanagedMicros ?? 0) / MICROS_PER_MINUTE),
  }
}

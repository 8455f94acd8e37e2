/**
 * What the risk gate measures of a plan: each check with its value, its bound and the slack between them, for whoever examines a decision.
 *
 * Written beside the gate and not in it, so that deciding measures no more than it needs; a test holds the two together: the first line
 * that does not pass is the gate's denial. Depends on the gate's measures, plan, policy and state.
 */
import { factsOf } from '../deliberation/eligibility.js'
import { channelId, creditedAccount, debitedAccount, type Move } from '../deliberation/plan.js'
import type { Position } from '../deliberation/positions.js'
import { isExpired, type ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { bankLimits, owedTo } from '../deliberation/shared-limits.js'
import { amountValue, limitValue, PRICE_UNIT, Valuation } from '../deliberation/valuation.js'
import { timeFactsAt } from '../governance/rule-facts.js'
import { isMinor } from '../money.js'
import type { GroupState } from '../perception/state.js'
import { assetIsEligible, assetIsFree, type CollateralPlan, coverMeasure } from './collateral-gate.js'
import {
  addedAtBank,
  balancesStayExact,
  channelMaximum,
  frozenOf,
  lyingAtBank,
  minimumTicket,
  pricesAt,
  rounding,
  sameChannel,
  sumBaseMinor,
} from './gate.js'

export interface GateLine {
  /** The gate's code of the check. */
  readonly code: string
  /** Channel, lender or bank that it is about, or `plan`. */
  readonly subject: string
  readonly passes: boolean
  /** What was measured and what it is held against: integers in one unit, or words. Empty for what cannot be measured, which denies. */
  readonly value: string
  readonly bound: string
  /** How far the value is within the bound, below 0 beyond it; empty where nothing can be subtracted. */
  readonly slack: string
}

type Measured = Omit<GateLine, 'code' | 'subject'>

export interface GatedPlan {
  readonly state: GroupState
  readonly resolved: ResolvedPolicy
  readonly positions: readonly Position[]
  readonly moves: readonly Move[]
  readonly nowMicros: number
  /** For each move the index of the one that must be settled before it is sent; left out when none waits. */
  readonly dependsOn?: readonly number[]
}

/** In the order in which the gate asks. */
export function gateReport(plan: GatedPlan): GateLine[] {
  return [...planLines(plan), ...plan.moves.flatMap((move) => moveLines(plan, move))]
}

function planLines(plan: GatedPlan): GateLine[] {
  const { state, resolved, moves, nowMicros } = plan
  const { perHourBaseMinor, perDayBaseMinor, perCycleBaseMinor, policy } = resolved
  const sum = (): number => sumBaseMinor(state, resolved, moves)
  const line = (code: string, measure: () => Measured): GateLine => measured(code, 'plan', measure)
  return [
    line('policy-expired', () => {
      const bound = policy.expiresAtMicros === undefined ? 'never' : String(policy.expiresAtMicros)
      return words(!isExpired(resolved, nowMicros), String(nowMicros), bound)
    }),
    line('too-many-instructions', () => atMost(moves.length, policy.limits.instructionsPerCycle)),
    line('above-cycle-budget', () => atMost(sum(), perCycleBaseMinor)),
    ...lenderLines(plan),
    ...coverLines(plan),
    ...bankLines(plan),
    ...(perHourBaseMinor === undefined
      ? []
      : [line('above-hour-budget', () => atMost(state.movedThisHourBaseMinor + sum(), perHourBaseMinor))]),
    line('above-day-budget', () => atMost(state.movedTodayBaseMinor + sum(), perDayBaseMinor)),
  ]
}

/** What is owed to each lender that the plan draws from. */
function lenderLines({ state, resolved, moves }: GatedPlan): GateLine[] {
  const lines: GateLine[] = []
  for (const [lenderId, limitMinor] of resolved.lenders) {
    const draws = moves.filter(
      ({ kind, facility }) => kind === 'DRAW' && facility!.facility.reference.lenderId === lenderId,
    )
    if (draws.length === 0) continue
    lines.push(
      measured('above-lender-limit', lenderId, () => {
        const owed = owedTo(state, resolved, lenderId)
        if (owed === undefined) return words(false, '', String(limitMinor))
        const priceOf = pricesAt(state, resolved)
        const drawn = draws.map(({ amountMinor, facility }) =>
          amountValue(amountMinor, priceOf(facility!.account)),
        )
        return valueAtMost(
          drawn.reduce((total, value) => total + value, owed),
          limitValue(limitMinor),
        )
      }),
    )
  }
  return lines
}

/** What covers each secured facility that the plan draws on or takes collateral from. */
function coverLines(plan: GatedPlan): GateLine[] {
  const context = contextOf(plan)
  const lines: GateLine[] = []
  for (const move of plan.moves) {
    const needs = move.kind === 'DRAW' || move.kind === 'RELEASE'
    if (!needs || move.facility?.facility.reference.secured !== true) continue
    lines.push(
      measured('draw-not-covered', channelId(move), () => {
        const { coveredMinor, neededMinor } = coverMeasure(context, move)!
        const slack = coveredMinor - neededMinor
        return numbers(slack >= 0n, neededMinor, coveredMinor, slack)
      }),
    )
  }
  return lines
}

function contextOf(plan: GatedPlan): CollateralPlan {
  return { ...plan, dependsOn: plan.dependsOn ?? plan.moves.map(() => -1) }
}

/** What lies at each bank that the plan brings money to. */
function bankLines({ state, resolved, positions, moves }: GatedPlan): GateLine[] {
  const limits = limitsOf(state, resolved)
  if (limits === undefined) return [measured('above-concentration', 'plan', () => words(false, '', ''))]
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  const lines: GateLine[] = []
  for (const [bankId, limit] of limits) {
    let adds = true
    const line = measured('above-concentration', bankId, () => {
      const added = addedAtBank(valuation, moves, bankId)
      adds = added > 0n
      const before = lyingAtBank(valuation, positions, bankId)
      return before === undefined ? words(false, '', limit.toString()) : valueAtMost(before + added, limit)
    })
    if (adds) lines.push(line)
  }
  return lines
}

function limitsOf(state: GroupState, resolved: ResolvedPolicy): Map<string, bigint> | undefined {
  try {
    return bankLimits(state, resolved)
  } catch {
    return undefined
  }
}

function moveLines(plan: GatedPlan, move: Move): GateLine[] {
  const { state, resolved, moves, nowMicros } = plan
  const line = (code: string, measure: () => Measured): GateLine => measured(code, channelId(move), measure)
  const amounts = `${move.amountMinor} ${move.counterAmountMinor}`
  return [
    line('amount-not-exact', () =>
      words(isMinor(move.amountMinor) && isMinor(move.counterAmountMinor), amounts, 'integers below 2^52'),
    ),
    line('amount-not-positive', () =>
      words(move.amountMinor > 0 && move.counterAmountMinor > 0, amounts, 'above 0'),
    ),
    line('account-frozen', () => {
      const frozen = frozenOf(debitedAccount(move)) + frozenOf(creditedAccount(move))
      return words(frozen === '', frozen, 'not frozen')
    }),
    line('channel-blocked', () => {
      const { blocked } = move.rail ?? move.facility!
      return words(blocked === '', blocked, 'open')
    }),
    line('above-channel-maximum', () => atMost(move.amountMinor, channelMaximum(move))),
    line('below-minimum-ticket', () => atLeast(move.amountMinor, minimumTicket(move))),
    line('not-a-multiple', () => {
      const step = rounding(move)
      return words(move.amountMinor % step === 0, String(move.amountMinor), `multiple of ${step}`)
    }),
    line('no-price', () => {
      const isPriced = move.kind !== 'FX' || (move.rail?.fx ?? null) !== null
      return words(isPriced, isPriced ? 'priced' : 'no price', 'priced')
    }),
    line('balance-not-exact', () => words(balancesStayExact(state, moves), '', 'integers below 2^52')),
    line('above-maximum-instruction', () =>
      atMost(sumBaseMinor(state, resolved, [move]), resolved.maximumInstructionBaseMinor),
    ),
    line('source-overdrawn', () => sourceLine(moves, move)),
    ...(move.collateral === null ? [] : collateralLines(plan, move)),
    line('channel-used-twice', () => {
      const uses = moves.filter((other) => sameChannel(other, move)).length
      return words(uses === 1, String(uses), '1')
    }),
    ...resolved.rules.map((rule) =>
      line(`rule:${rule.name}`, () => {
        const answer = rule.allows(factsOf(move, timeFactsAt(nowMicros)))
        return words(answer === true, String(answer), 'true')
      }),
    ),
  ]
}

function collateralLines(plan: GatedPlan, move: Move): GateLine[] {
  const context = contextOf(plan)
  const { asset, parts } = move.collateral!
  const line = (code: string, measure: () => Measured): GateLine => measured(code, channelId(move), measure)
  return [
    line('asset-not-eligible', () =>
      words(assetIsEligible(context, move), asset.assetId, 'taken by the lender'),
    ),
    line('asset-not-free', () => {
      const of = move.kind === 'PLEDGE' ? 'free' : 'pledged'
      return words(assetIsFree(context, move), `${parts} parts of ${asset.assetId}`, `parts that are ${of}`)
    }),
  ]
}

/** What all moves leave on the account that this one takes from, against its floor less its intraday line. */
function sourceLine(moves: readonly Move[], move: Move): Measured {
  const source = debitedAccount(move)
  if (source === undefined) return words(true, 'no account is debited', '')
  const taken = moves
    .filter((other) => debitedAccount(other) === source)
    .reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n)
  const left = BigInt(source.spendableMinor) - taken
  const least = BigInt(source.floorMinor) - BigInt(source.lineMinor)
  return numbers(left >= least, left, least, left - least)
}

/** A measure that throws denies, as a check of the gate does. */
function measured(code: string, subject: string, measure: () => Measured): GateLine {
  try {
    return { code, subject, ...measure() }
  } catch {
    return { code, subject, passes: false, value: '', bound: '', slack: '' }
  }
}

const words = (passes: boolean, value: string, bound: string): Measured => ({
  passes,
  value,
  bound,
  slack: '',
})

const atMost = (value: number, bound: number): Measured =>
  numbers(value <= bound, value, bound, bound - value)

const atLeast = (value: number, bound: number): Measured =>
  numbers(value >= bound, value, bound, value - bound)

/** Values, in base minor units: rounded up where they do not come out even, so the slack is what is left of the bound. */
function valueAtMost(value: bigint, bound: bigint): Measured {
  const unit = BigInt(PRICE_UNIT)
  const up = (exact: bigint): bigint => (exact % unit > 0n ? exact / unit + 1n : exact / unit)
  return numbers(value <= bound, up(value), up(bound), up(bound) - up(value))
}

function numbers(
  passes: boolean,
  value: number | bigint,
  bound: number | bigint,
  slack: number | bigint,
): Measured {
  return { passes, value: String(value), bound: String(bound), slack: String(slack) }
}

/**
 * Why a decision came out as it did: the limits that bound, their shadow prices, and a paragraph for people.
 *
 * Depends on the deliberation only.
 */
import type { AccountView, Binding, Explanation } from '../../schemas/generated/types.js'
import { formatMinor } from '../money.js'
import type { Deliberation, SolveRecord } from './deliberate.js'
import {
  amountPosition,
  type CollateralLeg,
  channelId,
  creditedAccount,
  debitedAccount,
  type Move,
  plannedBalances,
} from './plan.js'
import { MODEL_UNIT } from './rebalancing-model.js'
import { powerOfTen } from './valuation.js'

/** Prices below this are rounding of the solver. */
const PRICE_NOISE = 1e-12

/** Bindings kept, dearest first; the full dual is in the decision. */
const BINDINGS_KEPT = 12

/** Rows that say why; balances of cash are identities and say nothing. */
const LIMIT_ROWS = /^(floor|guard|target|ceiling|fx|facility|lender|bank|budget|asset|collateral)\b/
const LIMIT_COLUMNS = /^(transfer|fx[123]|draw|repay|pledge|release):/

/** Why nothing was moved, by the reason's code. */
const NOTHING_TO_DO: Readonly<Record<string, string>> = {
  'inside-bands': 'Every account that may move is inside its band, and nothing drawn can be repaid.',
  'no-move-pays': 'No move within the limits costs less than it mends.',
  'plan-awaits-approval': 'The same plan waits for approval already; nothing was sent.',
  'fees-exceed-benefit': 'The fixed fees of the plan would cost more than it mends.',
}

/** Binding limits, dearest first; prices in base currency major units a day for one unit more of the limit. */
export function bindingsOf(solve: SolveRecord, baseExponent: number): Binding[] {
  const scale = MODEL_UNIT / powerOfTen(baseExponent)
  const { model, solution } = solve
  const { sparse } = model
  const bindings: Binding[] = []
  model.rowNames.forEach((row, index) => {
    const shadowPrice = solution.dual[index]!
    if (!LIMIT_ROWS.test(row) || Math.abs(shadowPrice) <= PRICE_NOISE) return
    const limit = shadowPrice > 0 ? sparse.rowLower[index]! : sparse.rowUpper[index]!
    if (Number.isFinite(limit))
      bindings.push({ row, shadowPrice: shadowPrice * scale, activity: solution.rowActivity[index]!, limit })
  })
  model.columnNames.forEach((row, index) => {
    const shadowPrice = solution.reducedCost[index]!
    const limit = sparse.columnUpper[index]!
    // A forbidden or closed channel says nothing by its price; what limits is an upper bound that is met.
    if (!LIMIT_COLUMNS.test(row) || shadowPrice >= -PRICE_NOISE || limit <= 0) return
    bindings.push({ row, shadowPrice: shadowPrice * scale, activity: solution.primal[index]!, limit })
  })
  bindings.sort((a, b) => Math.abs(b.shadowPrice) - Math.abs(a.shadowPrice) || (a.row < b.row ? -1 : 1))
  return bindings.slice(0, BINDINGS_KEPT)
}

export function explain(
  deliberation: Deliberation,
  groupId: string,
  cycle: number,
  decisionId: Uint8Array,
  reason: string,
  baseCurrency: string,
  baseExponent: number,
): Explanation {
  const bindings =
    deliberation.solve?.solution.status === 'optimal' ? bindingsOf(deliberation.solve, baseExponent) : []
  return {
    decisionId,
    groupId,
    cycle,
    text: sentences(deliberation, reason, bindings, baseCurrency, baseExponent).join(' '),
    bindings,
    accounts: accountViews(deliberation),
  }
}

function accountViews(deliberation: Deliberation): AccountView[] {
  const planned = plannedBalances(deliberation.positions, deliberation.moves)
  return deliberation.positions.map((position) => ({
    accountId: position.accountId,
    currency: position.currency,
    balanceMinor: position.settledMinor,
    availableMinor: position.availableMinor,
    projectedMinor: position.projectedMinor,
    plannedMinor: planned.get(position.accountId)!,
    floorMinor: position.floorMinor,
    targetMinor: position.targetMinor,
    ceilingMinor: position.ceilingMinor,
    frozen: position.frozen,
  }))
}

function sentences(
  deliberation: Deliberation,
  reason: string,
  bindings: readonly Binding[],
  baseCurrency: string,
  baseExponent: number,
): string[] {
  const lines: string[] = []
  for (const position of deliberation.positions) {
    if (position.frozen !== '') lines.push(`${position.accountId} is frozen (${position.frozen}).`)
    else if (position.projectedMinor < position.lowerBandMinor) lines.push(shortSentence(position))
  }
  for (const move of deliberation.moves) lines.push(moveSentence(move))
  if (deliberation.moves.length > 0) {
    const money = (minor: number) => `${(minor / powerOfTen(baseExponent)).toFixed(2)} ${baseCurrency}`
    const saved = deliberation.doNothingCostBaseMinor - deliberation.plannedCostBaseMinor
    lines.push(`A day at these balances would cost ${money(saved)} less than moving nothing.`)
  }
  const dearest = bindings[0]
  if (dearest !== undefined) {
    const price = `${Math.abs(dearest.shadowPrice).toFixed(2)} ${baseCurrency}`
    const effect = dearest.shadowPrice > 0 ? 'costs' : 'saves'
    lines.push(
      `The dearest limit is ${dearest.row} at ${dearest.limit.toFixed(3)} units of 10^8 minor units: one unit more ${effect} ${price} a day.`,
    )
  }
  const quiet = NOTHING_TO_DO[reason]
  if (quiet !== undefined) lines.push(quiet)
  // A plan that is not carried out now: denied by the gate, or waiting for people.
  const isDropped = quiet === undefined && reason !== deliberation.reason
  if (deliberation.outcome === 'REFUSED' || isDropped) lines.push(refusalSentence(deliberation, reason))
  return lines
}

function shortSentence(position: Deliberation['positions'][number]): string {
  const amount = (minor: number) => formatMinor(minor, position.exponent)
  return (
    `${position.accountId} was projected at ${amount(position.projectedMinor)} ${position.currency}, ` +
    `below its band from ${amount(position.lowerBandMinor)} (target ${amount(position.targetMinor)}, floor ${amount(position.floorMinor)}).`
  )
}

/** What a ticket does, for people. */
export function moveSentence(move: Move): string {
  const position = amountPosition(move)
  const amount = `${formatMinor(move.amountMinor, position.exponent)} ${position.currency}`
  const from = debitedAccount(move)?.accountId
  const to = creditedAccount(move)
  if (move.kind === 'DRAW') return `Draw ${amount} on ${channelId(move)} into ${to!.accountId}.`
  if (move.kind === 'REPAY') return `Repay ${amount} of ${channelId(move)} from ${from}.`
  if (move.collateral !== null) return collateralSentence(move, move.collateral, amount)
  if (move.kind === 'TRANSFER') return `Move ${amount} from ${from} to ${to!.accountId}.`
  const bought = `${formatMinor(move.counterAmountMinor, to!.exponent)} ${to!.currency}`
  return `Sell ${amount} of ${from} for about ${bought} into ${to!.accountId}.`
}

/** Parts of a holding as a percentage, which is exact with four decimals. */
function collateralSentence(move: Move, { asset, parts }: CollateralLeg, worth: string): string {
  const share = `${formatMinor(parts, 4)} % of ${asset.assetId} (worth ${worth})`
  return move.kind === 'PLEDGE'
    ? `Pledge ${share} to ${channelId(move)}.`
    : `Ask ${share} back from ${channelId(move)}.`
}

function refusalSentence(deliberation: Deliberation, reason: string): string {
  const about = deliberation.subject === '' ? '' : ` (${deliberation.subject})`
  return `Refused: ${reason}${about}; nothing was sent.`
}

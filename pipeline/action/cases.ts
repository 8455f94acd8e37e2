/**
 * Cases: what the agent may not decide, put to people with an owner, a deadline, options with their cost, and a default.
 *
 *   opened -> answered | defaulted at the deadline ; closed when the decision after it has no such refusal any more
 *
 * One case for one refusal, however often the agent comes to it. The default is always to send nothing: silence changes nothing.
 * People hear of each step by an alert. Depends on gate, plan, calendars and state.
 */

import type { Deliberation } from '../deliberation/deliberate.js'
import { linkLegs } from '../deliberation/leg-links.js'
import { movesCollateral, planCost } from '../deliberation/plan.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { type WantedMove, wantedMoves } from '../deliberation/wanted-move.js'
import { derivedId, formatUuid, toHex } from '../identity.js'
import { formatMinor } from '../money.js'
import { windowAt } from '../perception/calendar.js'
import type { CycleCollector } from '../perception/outcome.js'
import { type CaseState, PEOPLE_LIMITS } from '../perception/people-state.js'
import type { GroupState } from '../perception/state.js'
import { denialOf } from './gate.js'

export type CaseOption = 'hold' | 'best-effort'

/** Opens a case for a refused deliberation, unless it has one. */
export function openCase(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  deliberation: Deliberation,
  reason: string,
): void {
  const { state, cycle, closedAtMicros } = collector
  const { cases } = state.people
  const key = caseKey(reason, deliberation.subject)
  if (cases.has(key) || cases.size >= PEOPLE_LIMITS.cases) return
  const bestEffort = bestEffortOf(collector, resolved, deliberation)
  const { roles, withinSeconds } = resolved.policy.escalation
  const cutoffMicros = earliestCutoff(state, resolved, deliberation.subject, closedAtMicros)
  const opened: CaseState = {
    caseIdHex: toHex(derivedId('case', state.groupId, cycle, key)),
    code: reason,
    subject: deliberation.subject,
    openedAtMicros: closedAtMicros,
    deadlineMicros: Math.min(closedAtMicros + withinSeconds * 1_000_000, cutoffMicros),
    roles,
    holdCostBaseMinor: deliberation.doNothingCostBaseMinor,
    bestEffortCostBaseMinor: bestEffort.length === 0 ? 0 : bestEffortCost(resolved, deliberation),
    bestEffort,
    status: 'open',
  }
  cases.set(key, opened)
  collector.alert('CRITICAL', 'case-opened', caseSubject(opened), sentenceOf(opened, resolved))
}

/** Cases whose refusal is over are closed; open ones at their deadline fall to the default. */
export function settleCases(collector: CycleCollector, stillRefused: ReadonlySet<string> | undefined): void {
  const { cases } = collector.state.people
  for (const [key, one] of cases) {
    if (stillRefused !== undefined && !stillRefused.has(key)) {
      cases.delete(key)
      collector.alert('INFO', 'case-closed', caseSubject(one), `${one.code} (${one.subject}) is over.`)
    } else if (one.status === 'open' && collector.closedAtMicros >= one.deadlineMicros) {
      one.status = 'defaulted'
      const message = `Nobody answered in time: nothing is sent. ${one.code} (${one.subject}) goes on.`
      collector.alert('CRITICAL', 'case-defaulted', caseSubject(one), message)
    }
  }
}

/** Takes the answer of a person to a case that is open: gives the moves that were chosen, none for `hold`. */
export function answerCase(
  collector: CycleCollector,
  subject: string,
  option: string,
  author: string,
): readonly WantedMove[] {
  const one = [...collector.state.people.cases.values()].find((open) => caseSubject(open) === subject)
  if (one === undefined || one.status !== 'open') return []
  one.status = 'answered'
  collector.alert('WARNING', 'case-answered', subject, `${author} chose ${option}.`)
  return option === 'best-effort' ? one.bestEffort : []
}

export function caseKey(reason: string, subject: string): string {
  return JSON.stringify([reason, subject])
}

function caseSubject({ caseIdHex }: CaseState): string {
  return `case:${formatUuid(caseIdHex)}`
}

/** What the optimizer found to help most, when the gate would let it pass. */
function bestEffortOf(
  { state, closedAtMicros }: CycleCollector,
  resolved: ResolvedPolicy,
  { positions, bestEffort }: Deliberation,
): WantedMove[] {
  if (bestEffort.length === 0) return []
  // A draw counts on collateral only when it waits for it; other legs are sent at once, as they were found.
  const legs = bestEffort.some(movesCollateral)
    ? linkLegs(bestEffort)
    : { moves: bestEffort, dependsOn: undefined }
  if (legs === undefined) return []
  const denied = denialOf(state, resolved, positions, legs.moves, closedAtMicros, legs.dependsOn)
  return denied === undefined ? wantedMoves(bestEffort) : []
}

function bestEffortCost(resolved: ResolvedPolicy, { positions, bestEffort }: Deliberation): number {
  return planCost(resolved, positions, bestEffort)
}

/** When the first of the channels to the account closes, less the policy's margin; never when none is known. */
function earliestCutoff(
  state: GroupState,
  resolved: ResolvedPolicy,
  accountId: string,
  nowMicros: number,
): number {
  const rails = [...state.rails.values()].filter(
    ({ reference }) => reference.destinationAccountId === accountId,
  )
  const facilities = [...state.facilities.values()].filter(
    ({ reference }) => reference.accountId === accountId,
  )
  let earliest = Number.POSITIVE_INFINITY
  for (const { reference } of [...rails, ...facilities]) {
    const calendar = state.calendars.get(reference.calendarId)
    if (calendar === undefined) continue
    const { open, cutoffMicros } = windowAt(
      calendar,
      reference.openSeconds,
      reference.cutoffSeconds,
      nowMicros,
    )
    const marginSeconds = reference.settlementDelaySeconds + resolved.policy.settlement.cutoffMarginSeconds
    const latest = cutoffMicros - marginSeconds * 1_000_000
    if (open && latest > nowMicros) earliest = Math.min(earliest, latest)
  }
  return earliest
}

function sentenceOf(one: CaseState, { policy, baseExponent }: ResolvedPolicy): string {
  const until = new Date(one.deadlineMicros / 1_000).toISOString()
  const money = (baseMinor: number) =>
    `${formatMinor(Math.round(baseMinor), baseExponent)} ${policy.baseCurrency} a day`
  const moves = one.bestEffort.map(
    ({ kind, channelId, amountMinor, assetId, assetParts }) =>
      `${kind} ${channelId} ${assetId === undefined ? amountMinor : `${assetId} ${assetParts}`}`,
  )
  const other =
    moves.length === 0 ? '' : ` or best-effort (${moves.join(', ')}; ${money(one.bestEffortCostBaseMinor)})`
  const options = `hold (${money(one.holdCostBaseMinor)})${other}`
  return `${one.code} (${one.subject}): ${one.roles.join(' or ')} answers until ${until}: ${options}. By default: hold.`
}

/**
 * Legs that wait for another leg of their plan, for cash or for collateral: sent when that one is settled and the gate passes them again, given up when it failed.
 *
 * A plan that is broken is told with what was done and what was not, and the next deliberation starts from the true state: its plan is
 * the compensation. Depends on gate, instructions and the steps of the life cycle.
 */
import type { Instruction } from '../../schemas/generated/types.js'
import type { Position } from '../deliberation/positions.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { formatUuid } from '../identity.js'
import { formatMinor } from '../money.js'
import type { CycleCollector } from '../perception/outcome.js'
import { exponentOf, type GroupState, type OpenInstruction } from '../perception/state.js'
import { advance } from './advance.js'
import { denialOf } from './gate.js'
import { instructionIdOf, type PlannedLeg, sendLegs } from './instructions.js'
import { isFinal } from './life-cycle.js'
import { movesAgain } from './moves-again.js'
import { changeHolds } from './reservations.js'

/**
 * Looks after the legs that wait: gives those to release.
 *
 * @param positionsNow positions of the group with the holds of now; asked again after each change
 */
export function followLinks(
  collector: CycleCollector,
  resolved: ResolvedPolicy | undefined,
  waiting: Iterable<OpenInstruction>,
  positionsNow: (resolved: ResolvedPolicy) => readonly Position[],
): Instruction[] {
  const release: Instruction[] = []
  for (const leg of [...waiting]) {
    if (leg.state !== 'RESERVED') continue
    const before = predecessorOf(collector.state, leg)
    if (before === undefined || (isFinal(before.state) && before.state !== 'SETTLED')) {
      giveUp(collector, leg, 'withdraw', 'predecessor-failed')
    } else if (before.state === 'UNKNOWN' || collector.closedAtMicros >= leg.expiresAtMicros) {
      giveUp(collector, leg, 'expire', 'predecessor-silent')
    } else if (before.state === 'SETTLED' && resolved !== undefined) {
      const judged = judge(collector, resolved, leg, positionsNow)
      if (typeof judged === 'string') giveUp(collector, leg, 'withdraw', `gate-denied:${judged}`)
      else release.push(...sendLegs(collector, resolved, [judged]))
    }
  }
  return release
}

/** The leg as the gate would let it pass now, its own hold left out of the account; or the code of the denial. */
function judge(
  { state, closedAtMicros }: CycleCollector,
  resolved: ResolvedPolicy,
  leg: OpenInstruction,
  positionsNow: (resolved: ResolvedPolicy) => readonly Position[],
): PlannedLeg | string {
  const { mode } = resolved.policy
  if (mode !== 'autonomous' && mode !== 'supervised') return `mode-${mode}`
  changeHolds(state, leg, -1)
  try {
    const positions = positionsNow(resolved)
    const again = movesAgain(state, resolved, positions, [leg], closedAtMicros)
    if ('denial' in again) return again.denial.code
    const [planned] = again.legs
    return denialOf(state, resolved, positions, [planned!.move], closedAtMicros)?.code ?? planned!
  } finally {
    changeHolds(state, leg, 1)
  }
}

/** Ends a leg that waits, and tells. */
export function giveUp(
  collector: CycleCollector,
  leg: OpenInstruction,
  event: 'withdraw' | 'expire',
  reasonCode: string,
): void {
  advance(collector, leg, event, { reasonCode })
  tellBroken(collector, leg, reasonCode)
}

/** Tells of the plan of a leg that came to nothing what was done and what was not. */
export function tellBroken(collector: CycleCollector, leg: OpenInstruction, reasonCode: string): void {
  const { state } = collector
  const plan = [...state.instructions.values()].filter(({ decisionId }) => decisionId === leg.decisionId)
  const told = (legs: OpenInstruction[]) =>
    legs.length === 0 ? 'nothing' : legs.map(describe(state)).join(', ')
  const done = plan.filter((one) => one.state === 'SETTLED')
  const open = plan.filter((one) => !isFinal(one.state))
  const failed = plan.filter((one) => isFinal(one.state) && one.state !== 'SETTLED')
  collector.alert(
    'CRITICAL',
    'plan-broken',
    `decision:${formatUuid(leg.decisionId)}`,
    `Leg ${leg.leg} was not ${leg.sentAtMicros < 0 ? 'sent' : 'done'} (${reasonCode}). Done: ${told(done)}; not done: ${told(failed)}; open: ${told(open)}.`,
  )
}

function describe(state: GroupState): (leg: OpenInstruction) => string {
  return ({ leg, kind, channelId, currency, amountMinor, settledMinor }) => {
    const amount = formatMinor(settledMinor || amountMinor, exponentOf(state, currency) ?? 0)
    return `leg ${leg} ${kind} ${channelId} ${amount} ${currency}`
  }
}

/** Undefined when it was forgotten, which only an instruction that was final for a day is. */
function predecessorOf(state: GroupState, leg: OpenInstruction): OpenInstruction | undefined {
  const { cycle, decisionId, dependsOn } = leg
  return state.instructions.get(instructionIdOf(state.groupId, cycle, decisionId, dependsOn))
}

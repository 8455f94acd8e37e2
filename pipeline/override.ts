/**
 * Overrides: plans of people in place of the agent's. Forbidden ones are cancelled; adjusted and forced ones are decisions of their own.
 *
 * An override is judged by the risk gate like every plan, and then waits for approval by others than whoever ordered it, in every mode that
 * sends. Depends on decision, gate and pending plans.
 */
import type { Command } from '../schemas/generated/types.js'
import { answerCase } from './action/cases.js'
import { instruct } from './action/instructions.js'
import { moveFor } from './action/moves-again.js'
import { forbidPlan, type PendingPlanView, pendingPlans } from './action/pending-plans.js'
import { type Decided, type Examine, explained, judge, record } from './decide.js'
import { channelsOf } from './deliberation/channels.js'
import type { Deliberation } from './deliberation/deliberate.js'
import { linkLegs } from './deliberation/leg-links.js'
import { type Move, planCost } from './deliberation/plan.js'
import type { Position } from './deliberation/positions.js'
import type { ResolvedPolicy } from './deliberation/resolved-policy.js'
import type { WantedMove } from './deliberation/wanted-move.js'
import { unapprovedConfiguration } from './governance/approved-digests.js'
import { readDetail } from './governance/people/command-detail.js'
import { derivedId, formatUuid, NO_DIGEST, toHex } from './identity.js'
import type { CycleCollector } from './perception/outcome.js'

/** Carries out the orders of the cycle about plans, in their order. */
export function carryOutOrders(
  collector: CycleCollector,
  resolved: ResolvedPolicy | undefined,
  positionsOf: (resolved: ResolvedPolicy) => readonly Position[],
  examine?: Examine,
): Decided[] {
  const decided: Decided[] = []
  for (const order of collector.orders) {
    const plan = pendingPlans(collector.state).find((one) => order.subject === subjectOf(one))
    const by = `${order.kind.toLowerCase()}-by:${order.author}`
    if (order.kind === 'REJECT' || order.kind === 'FORBID') {
      if (plan !== undefined) forbidPlan(collector, plan.decisionId, by)
      continue
    }
    const wanted = wantedBy(collector, plan, order)
    // An answer that asks for no move.
    if (wanted?.length === 0) continue
    if (resolved === undefined || wanted === undefined) {
      collector.alert(
        'WARNING',
        'override-refused',
        order.subject,
        `${by}: there is no plan or no policy for it.`,
      )
      continue
    }
    const made = { order, wanted, by, ordinal: decided.length }
    const decision = override(collector, resolved, positionsOf(resolved), made, examine)
    // Only one that passed the gate takes the place of the plan that it is an adjustment of.
    if (plan !== undefined && decision.decision.outcome === 'ACTED')
      forbidPlan(collector, plan.decisionId, by)
    decided.push(decision)
  }
  return decided
}

/** Undefined for what cannot be made of the order. */
function wantedBy(
  collector: CycleCollector,
  plan: PendingPlanView | undefined,
  order: Command,
): readonly WantedMove[] | undefined {
  if (order.kind === 'ADJUST') return adjusted(plan, order)
  if (order.kind === 'FORCE') return forced(order)
  const read = readDetail('answer', order.detail)
  return 'detail' in read ? answerCase(collector, order.subject, read.detail.option, order.author) : undefined
}

function subjectOf({ decisionId }: PendingPlanView): string {
  return `decision:${formatUuid(decisionId)}`
}

/** The legs of the plan with the amounts of the order; legs that it does not name stay. Undefined when it names one that is not there, or collateral. */
function adjusted(plan: PendingPlanView | undefined, { detail }: Command): WantedMove[] | undefined {
  const read = readDetail('adjustment', detail)
  if (plan === undefined || !('detail' in read)) return undefined
  const amounts = new Map(read.detail.legs.map(({ leg, amountMinor }) => [leg, amountMinor]))
  const wanted = plan.legs.map(({ kind, channelId, amountMinor, assetId, assetParts, leg }) => ({
    kind,
    channelId,
    amountMinor: amounts.get(leg) ?? amountMinor,
    ...(assetId === '' ? {} : { assetId, assetParts }),
  }))
  // Of collateral parts are pledged and not an amount: whoever wants others forbids the plan and forces one.
  const known = new Set(plan.legs.filter(({ assetId }) => assetId === '').map(({ leg }) => leg))
  return [...amounts.keys()].every((leg) => known.has(leg)) ? wanted : undefined
}

function forced({ detail }: Command): WantedMove[] | undefined {
  const read = readDetail('plan', detail)
  if (!('detail' in read)) return undefined
  return read.detail.moves.map((move) =>
    'assetId' in move
      ? {
          kind: move.kind,
          channelId: move.channel,
          amountMinor: 0,
          assetId: move.assetId,
          assetParts: move.assetParts,
        }
      : { kind: move.kind, channelId: move.channel, amountMinor: move.amountMinor },
  )
}

/** What a person wants instead, and how the decision calls it. */
interface MadeByPerson {
  readonly order: Command
  readonly wanted: readonly WantedMove[]
  readonly by: string
  /** Among the overrides of the cycle. */
  readonly ordinal: number
}

function override(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  { order, wanted, by, ordinal }: MadeByPerson,
  examine?: Examine,
): Decided {
  const { state, cycle } = collector
  const decisionId = derivedId('decision', state.groupId, cycle, 'override', ordinal)
  const deliberation = deliberationOf(collector, resolved, positions, wanted, by)
  const verdict = judge(collector, resolved, deliberation)
  examine?.({ decisionId, state, resolved, deliberation, nowMicros: collector.closedAtMicros })
  const decision = record(collector, resolved, deliberation, verdict, decisionId, 'override', NO_DIGEST)
  const explanation = explained(collector, resolved, deliberation, verdict, decisionId)
  if (verdict.outcome === 'REFUSED') {
    const message = `The override of ${order.author} was refused: ${verdict.reason}.`
    collector.alert('WARNING', 'override-refused', `decision:${formatUuid(toHex(decisionId))}`, message)
    return { decision, explanation, instructions: [], release: [] }
  }
  const { instructions } = instruct(collector, resolved, decisionId, deliberation, [order.author])
  decision.instructions = instructions.length
  return { decision, explanation, instructions, release: [] }
}

/**
 * The wanted moves with the channels and prices of now; refused when a channel or a link is not there, the mode sends nothing, or the
 * configuration may not decide.
 */
function deliberationOf(
  { state, closedAtMicros, configuration }: CycleCollector,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  wanted: readonly WantedMove[],
  by: string,
): Deliberation {
  const doNothing = planCost(resolved, positions, [])
  const refused = (reason: string, subject: string): Deliberation => ({
    outcome: 'REFUSED',
    reason,
    subject,
    positions,
    moves: [],
    dependsOn: [],
    solve: null,
    plannedCostBaseMinor: doNothing,
    doNothingCostBaseMinor: doNothing,
    bestEffort: [],
  })
  const unapproved = unapprovedConfiguration(resolved.policy, configuration)
  if (unapproved !== undefined) return refused(unapproved.reason, unapproved.subject)
  const { mode } = resolved.policy
  if (mode === 'shadow' || mode === 'advise') return refused(`mode-${mode}`, resolved.policy.policyId)
  const channels = channelsOf(state, resolved, positions, closedAtMicros)
  const moves: Move[] = []
  for (const one of wanted) {
    const move = moveFor(channels, one)
    if (move === undefined) return refused('channel-unknown', one.channelId)
    moves.push(move)
  }
  const linked = linkLegs(moves)
  if (linked === undefined) return refused('leg-cannot-be-paid', by)
  return {
    outcome: 'PLAN',
    reason: by,
    subject: '',
    positions,
    ...linked,
    solve: null,
    plannedCostBaseMinor: planCost(resolved, positions, linked.moves),
    doNothingCostBaseMinor: doNothing,
    bestEffort: [],
  }
}

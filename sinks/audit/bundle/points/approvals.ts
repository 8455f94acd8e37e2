/**
 * Point 6: a plan that had to wait for people was let go by enough of them, each signature checked, and who ordered what. Told from leaves and
 * records alone; only how many a plan above the policy's large amount needs is asked of the replay, which knows the prices of then. Pure but for that.
 */
import { digestOfLegs, type PlanLeg } from '../../../../pipeline/action/plan-digest.js'
import { seatsTaken } from '../../../../pipeline/governance/people/roles.js'
import { toHex } from '../../../../pipeline/identity.js'
import type { Json } from '../../../../schemas/canonical-json.js'
import type { Evidence, VerifiedLeaf } from '../evidence.js'
import { OVERRIDES } from '../people/bundled-people.js'
import type { Release } from '../people/governance.js'
import { namesOf } from '../people/voices.js'
import { previousDecision } from '../previous-decision.js'
import { demand, type Finding } from './point.js'

/** States that only a plan comes to that is let go. */
const LET_GO: ReadonlySet<unknown> = new Set(['RESERVED', 'PERSISTED', 'SENT'])

export async function approvalsPoint(evidence: Evidence): Promise<Finding> {
  const { governance, decision, leaves, bundle } = evidence
  const own = leaves.filter(
    ({ kind, fields }) => kind === 'instruction' && fields.decision === bundle.decision,
  )
  demandPlan(own, evidence)
  const makers = makersOf(evidence)
  const verdict = await verdictOf(own, makers, evidence)
  const by = decision.trigger === 'override' ? `made by ${[...makers].join()}; ` : ''
  const ordered = ordersTold(evidence)
  return {
    detail: [
      by + verdict,
      ...ordered.map(({ order, subject, author }) => `${order} ${subject} by ${author}`),
    ].join('; '),
    facts: {
      roster: governance.roster === undefined ? null : { ...governance.roster },
      makers: [...makers],
      releases: governance.releases.map(({ leaf, atMicros, voices }) => ({
        instruction: leaf.fields.instruction as Json,
        at: atMicros,
        approvedBy: voices.map(({ personId, authorityId }) => ({
          person: personId,
          inTheNameOf: authorityId,
        })),
      })),
      orders: ordered,
    },
  }
}

/** What people approved is the digest of exactly these legs under this policy. */
function demandPlan(own: readonly VerifiedLeaf[], { decision }: Evidence): void {
  if (own.length === 0) return
  const legs = own.toSorted((a, b) => Number(a.fields.leg) - Number(b.fields.leg)).map(legOf)
  demand(
    toHex(digestOfLegs(legs, decision.policy.digest)) === decision.plan,
    'the digest of the plan is not that of its instructions under its policy',
  )
}

function legOf({ fields }: VerifiedLeaf): PlanLeg {
  const pays = fields.pays as { readonly currency: string; readonly amountMinor: number }
  const brings = fields.brings as { readonly currency: string }
  const collateral = fields.collateral as { readonly asset: string; readonly parts: number }
  return {
    kind: fields.action as PlanLeg['kind'],
    channelId: fields.channel as string,
    sourceAccountId: fields.source as string,
    destinationAccountId: fields.destination as string,
    currency: pays.currency,
    amountMinor: pays.amountMinor,
    counterCurrency: brings.currency,
    assetId: collateral.asset,
    assetParts: collateral.parts,
  }
}

/** Whose order the plan is; nobody's for a plan of the agent. */
function makersOf({ governance, decision, decisionLeaf, leaves }: Evidence): ReadonlySet<string> {
  if (decision.trigger !== 'override') return new Set()
  const orders = leaves.flatMap(({ index, journal }) => {
    const command = governance.commands.get(index)
    const isOfEntry = journal.entry === decisionLeaf.journal.entry
    return command !== undefined && isOfEntry && OVERRIDES.has(command.kind) ? [command] : []
  })
  // A refused one is called by its refusal; nothing was sent of it.
  const makers = orders.filter(
    ({ kind, author }) =>
      decision.reason === `${kind.toLowerCase()}-by:${author}` || decision.outcome !== 'ACTED',
  )
  demand(makers.length > 0, `it is ${decision.reason}, and no such order was logged with it`)
  return new Set(makers.map(({ author }) => author))
}

async function verdictOf(
  own: readonly VerifiedLeaf[],
  makers: ReadonlySet<string>,
  evidence: Evidence,
): Promise<string> {
  const { policy, decision, leaves, governance } = evidence
  if (own.length === 0) return 'nothing was to be sent, so nobody had to approve'
  const { mode } = policy
  const states = own.map(({ fields: { id } }) =>
    leaves
      .filter(({ kind, fields }) => kind === 'instruction-event' && fields.instruction === id)
      .map(({ fields }) => fields.state),
  )
  const isLetGo = states.some((all) => all.some((state) => LET_GO.has(state)))
  if (mode !== 'supervised' && mode !== 'autonomous') {
    demand(!isLetGo, `it was sent, and the policy is in mode ${mode}`)
    return `the policy is in mode ${mode}: nothing is sent`
  }
  if (mode === 'autonomous' && decision.trigger !== 'override')
    return 'the policy is autonomous: no approval is asked for'
  for (const all of states)
    demand(
      !all.some((state) => LET_GO.has(state)) || all[1] === 'AWAITING_APPROVAL',
      'an instruction was let go that has not waited for people',
    )
  const needed = await approvalsNeeded(evidence)
  const needs = `${needed} of ${policy.approvals.roles.join(', ')}`
  const seats = Array.from({ length: needed }, () => policy.approvals.roles)
  const isReleased = ({ fields: { id } }: VerifiedLeaf): boolean =>
    governance.releases.some(({ leaf }) => leaf.fields.instruction === id)
  demand(
    own.every((one, at) => isReleased(one) || !states[at]?.some((state) => LET_GO.has(state))),
    'an instruction was sent that was not released',
  )
  const [release] = governance.releases
  if (release === undefined) return `needs ${needs}; not released`
  for (const one of governance.releases)
    demand(
      seatsTaken(seats, one.voices, makers),
      `it needs ${needs}, and was released at leaf ${one.leaf.index} by ${namesOf(one.voices)}${othersOf(one, decision.plan, makers)}`,
    )
  const seated = release.voices.filter(({ personId, authorityId, roles }) => {
    const isMaker = makers.has(personId) || makers.has(authorityId)
    return !isMaker && policy.approvals.roles.some((role) => roles.has(role))
  })
  return `approved by ${namesOf(seated)}; needed were ${needs}; roster ${governance.roster?.id} v${governance.roster?.version}`
}

/** Why voices that were given do not count. */
function othersOf({ given, atMicros, voices }: Release, plan: string, makers: ReadonlySet<string>): string {
  const why = given.flatMap(({ personId, digest, expiresAtMicros, index }) => {
    if (digest !== plan) return [`that of ${personId}, leaf ${index}, is for another plan`]
    return atMicros >= expiresAtMicros ? [`that of ${personId}, leaf ${index}, had ended`] : []
  })
  const made = voices.filter(({ personId, authorityId }) => makers.has(personId) || makers.has(authorityId))
  if (made.length > 0) why.push(`${namesOf(made)} has made it`)
  return why.length === 0 ? '' : `: ${why.join(', ')}`
}

/** By the policy; whether the plan is above its large amount only the prices of then tell. */
async function approvalsNeeded(evidence: Evidence): Promise<number> {
  const { required, requiredAboveLarge, largeAmount } = evidence.policy.approvals
  if (largeAmount === undefined || (requiredAboveLarge ?? required) === required) return required
  const needed = (await evidence.replayed()).examined?.approvals
  demand(needed !== undefined, 'the replay does not tell whether the plan is a large one')
  return Math.max(needed, Math.min(required, requiredAboveLarge ?? required))
}

interface ToldOrder {
  readonly [name: string]: Json
  readonly order: string
  readonly subject: string
  readonly author: string
  readonly reason: string
}

/** What people ordered since the decision before, and about the plan until its end. */
function ordersTold({ leaves, decisionLeaf, governance }: Evidence): ToldOrder[] {
  const since = previousDecision(leaves, decisionLeaf)?.index ?? 0
  return leaves
    .filter(
      ({ kind, index }) =>
        kind === 'command' &&
        index >= since &&
        (index < decisionLeaf.index || governance.commands.has(index)),
    )
    .map(({ fields }) => fields as unknown as ToldOrder)
    .map(({ order, subject, author, reason }) => ({ order, subject, author, reason }))
}

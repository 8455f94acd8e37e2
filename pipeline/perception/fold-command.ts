/**
 * Folds a command of a person: who it is from is checked first, then it has its effect.
 *
 * What it does to plans is for the action stage, later in the same cycle: it finds the orders in the collector. Depends on the people of
 * governance, the state and the changes.
 */
import type { Command } from '../../schemas/generated/types.js'
import { authorOf, CommandRefusal, refuseCommandUnless } from '../governance/people/author.js'
import { commandRow } from '../governance/people/command-table.js'
import { LIFT_SEATS } from '../governance/people/roles.js'
import type { Person } from '../governance/people/roster.js'
import { coversEntities } from '../governance/people/scope.js'
import { commandMessage } from '../governance/trial-alerts.js'
import { formatUuid, toHex } from '../identity.js'
import { activateChange, proposeChange, rollBackChange, settleRosters, withdrawChange } from './changes.js'
import { detailOf } from './order-detail.js'
import { type CycleCollector, Refusal } from './outcome.js'
import { PEOPLE_LIMITS } from './people-state.js'
import { rosterOf } from './roster-in-force.js'
import { STATE_LIMITS } from './state.js'
import { entitiesOf } from './subjects.js'
import { delegationKey, isApproved, keepVoice, rolesOfVoice } from './voices.js'

/** Longest time that one may approve for another. */
const DELEGATION_MOST_MICROS = 30 * 86_400_000_000

/** A command that is signed by whom it says and that the person may give. */
interface Order {
  readonly collector: CycleCollector
  readonly command: Command
  readonly author: Person
}

/** Returns what it touched. Throws `Refusal`; the state is then as it was. */
export function foldCommand(collector: CycleCollector, command: Command): string {
  try {
    const roster = rosterOf(collector.state)
    refuseCommandUnless(
      roster !== undefined,
      'no-roster',
      'the group has no roster: nobody may command it yet',
    )
    const author = authorOf(roster, command, collector.closedAtMicros)
    const entities = entitiesOf(collector.state, command.subject)
    refuseCommandUnless(
      command.kind === 'DELEGATE' || command.kind === 'REVOKE' || coversEntities(author, entities),
      'not-permitted',
      `${author.personId} may not act for all entities of ${command.subject}`,
    )
    const touched = carryOut({ collector, command, author })
    const { subject, reason, kind } = command
    collector.alert('INFO', 'command', subject, commandMessage(kind, subject, author.personId, reason))
    return touched
  } catch (error) {
    if (!(error instanceof CommandRefusal)) throw error
    const said = `${command.kind} of ${command.subject} in the name of ${command.author}`
    collector.alert('WARNING', 'command-refused', command.subject, `${said} was refused: ${error.detail}`)
    throw new Refusal(error.reason, error.detail)
  }
}

function carryOut(order: Order): string {
  switch (order.command.kind) {
    case 'HOLD':
      return hold(order)
    case 'RELEASE':
      order.collector.state.holds.delete(order.command.subject)
      return `hold:${order.command.subject}`
    case 'KILL':
      return kill(order)
    case 'LIFT':
      return lift(order)
    case 'APPROVE':
      return approve(order)
    case 'REJECT':
      return reject(order)
    case 'FORBID':
    case 'ADJUST':
    case 'FORCE':
      return orderPlan(order)
    case 'PROPOSE':
      return proposeChange(order.collector, order.command)
    case 'ACTIVATE':
      return activateChange(order.collector, order.command)
    case 'ROLLBACK':
      return rollBackChange(order.collector, order.command)
    case 'DELEGATE':
      return delegate(order)
    case 'REVOKE':
      return revoke(order)
    case 'ANSWER':
      return answer(order)
  }
}

function hold({ collector, command }: Order): string {
  const { holds } = collector.state
  refuseCommandUnless(
    holds.has(command.subject) || holds.size < STATE_LIMITS.names,
    'invalid-command',
    `more than ${STATE_LIMITS.names} subjects are held`,
  )
  holds.set(command.subject, `${command.author}: ${command.reason}`)
  return `hold:${command.subject}`
}

function kill({ collector, command }: Order): string {
  const { kills } = collector.state.people
  refuseCommandUnless(
    kills.size < PEOPLE_LIMITS.kills,
    'invalid-command',
    `more than ${PEOPLE_LIMITS.kills} kills are in force`,
  )
  const id = toHex(command.commandId)
  const { subject, author, reason } = command
  kills.set(id, { subject, author, reason, atMicros: collector.closedAtMicros })
  const message = `${subject} is killed by ${author}: ${reason}. Two people lift it as kill:${formatUuid(id)}.`
  collector.alert('CRITICAL', 'killed', subject, message)
  return `kill:${formatUuid(id)}`
}

/** The voice of one person; the kill is gone with the second. Whoever killed may be one of the two. */
function lift({ collector, command, author }: Order): string {
  const { state, closedAtMicros } = collector
  const id = command.subject.slice('kill:'.length).replaceAll('-', '')
  const killed = state.people.kills.get(id)
  refuseCommandUnless(killed !== undefined, 'invalid-command', `there is no ${command.subject}`)
  keepVoice(state, command.subject, voiceOf(command, author, author.personId), closedAtMicros)
  if (!isApproved(state, command.subject, toHex(command.digest), LIFT_SEATS, new Set(), closedAtMicros))
    return command.subject
  state.people.kills.delete(id)
  state.people.approvals.delete(command.subject)
  collector.alert('CRITICAL', 'kill-lifted', killed.subject, `The kill of ${killed.subject} is lifted.`)
  return command.subject
}

function approve({ collector, command, author }: Order): string {
  const { state, closedAtMicros } = collector
  if (command.subject.startsWith('decision:')) needPlan(collector, command)
  const authorityId = authorityFor(collector, command, author)
  keepVoice(state, command.subject, voiceOf(command, author, authorityId), closedAtMicros)
  settleRosters(collector)
  return command.subject
}

function reject({ collector, command, author }: Order): string {
  authorityFor(collector, command, author)
  if (command.subject.startsWith('decision:')) {
    needPlan(collector, command)
    collector.orders.push(command)
  } else withdrawChange(collector, command)
  return command.subject
}

/** Orders about plans are carried out by the action stage, which has the plans; their form is checked here. */
function orderPlan({ collector, command }: Order): string {
  if (command.kind === 'ADJUST') detailOf('adjustment', command)
  if (command.kind === 'FORCE') detailOf('plan', command)
  else needPlan(collector, command)
  collector.orders.push(command)
  return command.subject
}

/** The plan that the command is about waits, and is still the one that its digest says. */
function needPlan({ state, closedAtMicros }: CycleCollector, { subject, digest, kind }: Command): void {
  const id = subject.slice('decision:'.length).replaceAll('-', '')
  const plan = state.pendingPlans.get(id)
  refuseCommandUnless(
    plan !== undefined && subject === `decision:${formatUuid(id)}` && closedAtMicros < plan.approveByMicros,
    'invalid-command',
    `no plan waits as ${subject}`,
  )
  refuseCommandUnless(
    kind === 'FORBID' || plan.planDigestHex === toHex(digest),
    'invalid-command',
    `the plan that waits as ${subject} has the digest ${plan.planDigestHex}`,
  )
}

/** One of the options of a case that is open, by someone whom it is put to. */
function answer({ collector, command, author }: Order): string {
  const { option } = detailOf('answer', command)
  const id = command.subject.slice('case:'.length).replaceAll('-', '')
  const one = [...collector.state.people.cases.values()].find(({ caseIdHex }) => caseIdHex === id)
  refuseCommandUnless(
    one !== undefined && one.status === 'open' && command.subject === `case:${formatUuid(id)}`,
    'invalid-command',
    `there is no ${command.subject} that waits for an answer`,
  )
  const options = one.bestEffort.length > 0 ? ['hold', 'best-effort'] : ['hold']
  refuseCommandUnless(options.includes(option), 'invalid-command', `its options are ${options.join(', ')}`)
  refuseCommandUnless(
    one.roles.some((role) => author.roles.has(role)),
    'not-permitted',
    `it is put to ${one.roles.join(', ')}`,
  )
  collector.orders.push(command)
  return command.subject
}

/** In whose name a person says yes or no: the own one, or that of someone who has delegated to the person. */
function authorityFor(collector: CycleCollector, command: Command, author: Person): string {
  if (command.detail === '') return author.personId
  const { for: authorityId } = detailOf('onBehalf', command)
  const { state, closedAtMicros } = collector
  const roles = rolesOfVoice(state, rosterOf(state)!, author.personId, authorityId, closedAtMicros)
  refuseCommandUnless(
    authorityId !== author.personId && commandRow(command.kind).roles.some((role) => roles.has(role)),
    'not-permitted',
    `${authorityId} has delegated nothing to ${author.personId} that counts now for ${command.kind}`,
  )
  return authorityId
}

function delegate({ collector, command, author }: Order): string {
  const { state, closedAtMicros } = collector
  const { roles, until } = detailOf('delegation', command)
  const to = command.subject.slice('person:'.length)
  const roster = rosterOf(state)!
  refuseCommandUnless(
    roster.people.has(to) && to !== author.personId,
    'invalid-command',
    `${to} is nobody else in the roster`,
  )
  const lacking = roles.filter((role) => !author.roles.has(role))
  refuseCommandUnless(lacking.length === 0, 'not-permitted', `${author.personId} is no ${lacking.join(', ')}`)
  refuseCommandUnless(
    until > closedAtMicros && until - closedAtMicros <= DELEGATION_MOST_MICROS,
    'invalid-command',
    'a delegation ends within 30 days',
  )
  const { delegations } = state.people
  for (const [key, { untilMicros }] of delegations) if (closedAtMicros >= untilMicros) delegations.delete(key)
  refuseCommandUnless(
    delegations.size < PEOPLE_LIMITS.delegations,
    'invalid-command',
    `more than ${PEOPLE_LIMITS.delegations} delegations`,
  )
  const { reason } = command
  delegations.set(delegationKey(author.personId, to), {
    from: author.personId,
    to,
    roles,
    untilMicros: until,
    reason,
  })
  return command.subject
}

function revoke({ collector, command, author }: Order): string {
  const to = command.subject.slice('person:'.length)
  const key = delegationKey(author.personId, to)
  refuseCommandUnless(
    collector.state.people.delegations.delete(key),
    'invalid-command',
    `${author.personId} has delegated nothing to ${to}`,
  )
  return command.subject
}

function voiceOf(command: Command, author: Person, authorityId: string) {
  return {
    personId: author.personId,
    authorityId,
    digestHex: toHex(command.digest),
    commandIdHex: toHex(command.commandId),
    atMicros: command.eventTime,
    expiresAtMicros: command.expiresAt,
  }
}

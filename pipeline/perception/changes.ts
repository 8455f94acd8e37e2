/**
 * Changes of what governs a group: a new roster, a new policy version, from the proposal to being in force.
 *
 *   proposed -> (approved by two others) -> shadow -> canary -> full          policies, stage by stage, by command
 *   proposed -> (approved by another administrator) -> full                   rosters, by themselves
 *        └ withdrawn: forgotten        any stage -> rolled-back
 *
 * Documents come by their own streams and are known by digest; orders and documents may come in any order. Depends on the people of
 * governance and the state.
 */
import type {
  Command,
  Policy as PolicyRecord,
  Roster as RosterRecord,
} from '../../schemas/generated/types.js'
import { WeirError } from '../errors.js'
import { refuseCommandUnless } from '../governance/people/author.js'
import { type ChangeEntry, readDetail } from '../governance/people/command-detail.js'
import { CHANGE_SEATS, ROSTER_SEATS } from '../governance/people/roles.js'
import { parseRoster } from '../governance/people/roster.js'
import { textDigestHex } from '../governance/people/statement.js'
import { type Policy, parsePolicyFile } from '../governance/policy.js'
import { printable } from '../governance/printable.js'
import { notApprovedMessage, stageMessage } from '../governance/trial-alerts.js'
import { toHex } from '../identity.js'
import { documentOf, keepDocument } from './documents.js'
import { detailOf } from './order-detail.js'
import { type CycleCollector, Refusal, refuseUnless } from './outcome.js'
import { type ChangeState, type DocumentReference, PEOPLE_LIMITS } from './people-state.js'
import { ID_LENGTH, judgeInForce, placeOf, proveAsFarAsKnown, treeFaultOf } from './policy-parents.js'
import type { GroupState } from './state.js'
import { endTrial, mayGoTo, startTrial } from './trial.js'
import { isApproved } from './voices.js'

/**
 * A policy that does not parse is refused and the one in force stays. Under a roster a later one waits until people put it in force. One of
 * a level above the group governs nothing: it is kept for those below it to be proven against.
 */
export function foldPolicy(collector: CycleCollector, record: PolicyRecord): string {
  const { state } = collector
  const { policyId: id, version, document } = record
  const place = placeOf('policy', id, version)
  const touched = `policy:${id}`
  const file = readOrRefuse(collector, 'policy', id, () => {
    const read = { file: place, ...parsePolicyFile(document, place) }
    if (read.policy.groupId !== '') needSame(...governs(state, read.policy))
    else needSame(read.policy.policyId === id && read.policy.version === version, nameOf(read.policy))
    return read
  })
  const parent = file.policy.parent ?? null
  const digestHex = textDigestHex(document)
  const reference: DocumentReference = { kind: 'policy', id, version, digestHex, document, parent }
  if (file.policy.groupId === '') {
    const isNew = !state.people.documents.has(digestHex)
    keepDocument(state, reference)
    if (isNew) judgeInForce(collector, digestHex)
    return touched
  }
  // A group's first policy is taken as it comes, like its first roster: without it there is nothing that people could compare.
  if (state.people.roster === null || state.policy === null) {
    const untold = readOrRefuse(collector, 'policy', id, () => proveAsFarAsKnown(state, file))
    const isNew = state.policy?.digestHex !== digestHex
    if (isNew && untold !== undefined)
      collector.alert('WARNING', 'policy-unproven', touched, `It is in force and not proven: ${untold}`)
    putInForce(state, reference)
    return touched
  }
  if (state.policy.digestHex === digestHex) return ''
  keepDocument(state, reference)
  return touched
}

/** The first roster of a group is taken as it comes; every later one when people of the one in force have approved it. */
export function foldRoster(collector: CycleCollector, record: RosterRecord): string {
  const { state } = collector
  const { rosterId: id, version, document } = record
  const place = placeOf('roster', id, version)
  readOrRefuse(collector, 'roster', id, () => {
    const roster = parseRoster(document, place)
    needSame(roster.rosterId === id && roster.version === version, place)
  })
  const reference: DocumentReference = {
    kind: 'roster',
    id,
    version,
    digestHex: textDigestHex(document),
    document,
    parent: null,
  }
  const { roster } = state.people
  if (roster === null) {
    state.people.roster = reference
    collector.alert(
      'WARNING',
      'roster-established',
      `roster:${id}`,
      `${place} is the group's first: ${reference.digestHex}.`,
    )
    return `roster:${id}`
  }
  if (roster.digestHex === reference.digestHex) return ''
  keepDocument(state, reference)
  settleRosters(collector)
  return `roster:${id}`
}

export function proposeChange(collector: CycleCollector, command: Command): string {
  const { state, closedAtMicros } = collector
  const { subject, author } = command
  const digestHex = toHex(command.digest)
  if (subject.startsWith('change:')) {
    const { change } = detailOf('change', command)
    refuseCommandUnless(
      textDigestHex(command.detail) === digestHex,
      'invalid-command',
      'the digest is not that of the change',
    )
    refuseCommandUnless(
      `change:${change}` === subject,
      'invalid-command',
      `the change is called ${printable(change, ID_LENGTH)}`,
    )
  } else refuseCommandUnless(command.detail === '', 'invalid-command', 'a new roster has no detail')
  const { changes } = state.people
  refuseCommandUnless(!changes.has(digestHex), 'invalid-command', 'it is proposed already')
  makeRoom(state)
  changes.set(digestHex, {
    subject,
    author,
    proposedAtMicros: closedAtMicros,
    manifest: command.detail,
    stage: 'proposed',
    stageAtMicros: closedAtMicros,
  })
  settleRosters(collector)
  return subject
}

export function withdrawChange(collector: CycleCollector, command: Command): void {
  const { people } = collector.state
  const digestHex = toHex(command.digest)
  const change = proposedBy(collector.state, command)
  refuseCommandUnless(
    change.stage === 'proposed',
    'invalid-command',
    `it is at the stage ${change.stage}: roll it back`,
  )
  people.changes.delete(digestHex)
  people.approvals.delete(command.subject)
}

/** Takes a change to the stage that the command names, if people and the trial so far allow it. */
export function activateChange(collector: CycleCollector, command: Command): string {
  const { state, closedAtMicros } = collector
  const change = proposedBy(state, command)
  const { stage } = detailOf('stage', command)
  const digestHex = toHex(command.digest)
  const makers = new Set([change.author])
  refuseCommandUnless(
    isApproved(state, change.subject, digestHex, CHANGE_SEATS, makers, closedAtMicros) ||
      change.stage !== 'proposed',
    'not-permitted',
    notApprovedMessage(change.subject, change.author),
  )
  const entry = entryFor(state, change)
  // Not about this group: a change of many groups is told to all of them.
  if (entry === undefined) return ''
  const document = state.people.documents.get(entry.digest)
  refuseCommandUnless(
    document !== undefined,
    'invalid-command',
    `policy ${entry.policy} v${entry.version} has not come: send it on the policy stream and activate again`,
  )
  const place = placeOf('policy', document.id, document.version)
  const file = { file: place, ...parsePolicyFile(document.document, place) }
  needSame(...governs(state, file.policy))
  const verdict = mayGoTo(state, digestHex, change, file.policy, stage)
  if (verdict === 'not-in-cohort') return ''
  refuseCommandUnless(verdict === 'yes', 'not-permitted', verdict)
  const fault = treeFaultOf(state, file)
  refuseCommandUnless(
    fault === undefined,
    fault?.kind === 'missing' ? 'invalid-command' : 'not-permitted',
    fault?.detail ?? '',
  )
  // Refuses when there is no room, so before anything changes.
  if (stage === 'canary' && state.policy !== null) keepDocument(state, documentOf(state.policy))
  change.stage = stage
  change.stageAtMicros = closedAtMicros
  if (stage === 'full') endTrial(state)
  else startTrial(state, collector.cycle, digestHex, document, stage)
  if (stage !== 'shadow') putInForce(state, document)
  collector.alert('INFO', 'policy-stage', change.subject, stageMessage(entry.policy, entry.version, stage))
  return change.subject
}

export function rollBackChange(collector: CycleCollector, command: Command): string {
  const change = proposedBy(collector.state, command)
  return rollBack(collector, toHex(command.digest), change, `${command.author}: ${command.reason}`)
}

/** A shadow ends, a canary gives way to the policy before it; what waits to be sent is for the action stage to cancel. */
export function rollBack(
  collector: CycleCollector,
  digestHex: string,
  change: ChangeState,
  why: string,
): string {
  const { state, closedAtMicros } = collector
  const { trial } = state.people
  const isOfTrial = trial !== null && trial.changeHex === digestHex
  refuseCommandUnless(
    isOfTrial,
    'invalid-command',
    `${change.subject} is on no trial here: propose the former version anew`,
  )
  const wasInForce = trial.stage === 'canary'
  if (wasInForce) {
    const previous = state.people.documents.get(trial.previousHex)
    if (previous !== undefined) putInForce(state, previous)
    collector.rolledBack = true
  }
  endTrial(state)
  change.stage = 'rolled-back'
  change.stageAtMicros = closedAtMicros
  collector.alert(
    'CRITICAL',
    'policy-rolled-back',
    change.subject,
    `${wasInForce ? 'The policy before it is in force again' : 'It was in force nowhere here, and will not be'}: ${why}`,
  )
  return change.subject
}

/** New rosters take effect by themselves, as soon as document, proposal and approval are there. */
export function settleRosters(collector: CycleCollector): void {
  const { state, closedAtMicros } = collector
  const { people } = state
  for (const [digestHex, change] of people.changes) {
    if (!change.subject.startsWith('roster:') || change.stage !== 'proposed') continue
    const document = people.documents.get(digestHex)
    if (document?.kind !== 'roster' || `roster:${document.id}` !== change.subject) continue
    const follows = document.id === people.roster!.id && document.version > people.roster!.version
    const makers = new Set([change.author])
    if (!follows || !isApproved(state, change.subject, digestHex, ROSTER_SEATS, makers, closedAtMicros))
      continue
    people.roster = document
    people.documents.delete(digestHex)
    people.changes.delete(digestHex)
    people.approvals.delete(change.subject)
    const message = `${placeOf('roster', document.id, document.version)} is in force.`
    collector.alert('WARNING', 'roster-changed', change.subject, message)
  }
}

function proposedBy(state: GroupState, command: Command): ChangeState {
  const change = state.people.changes.get(toHex(command.digest))
  refuseCommandUnless(
    change !== undefined && change.subject === command.subject,
    'invalid-command',
    `no ${command.subject} with this digest is proposed`,
  )
  return change
}

function entryFor(state: GroupState, { manifest }: ChangeState): ChangeEntry | undefined {
  const read = readDetail('change', manifest)
  return 'detail' in read ? read.detail.entries.find(({ group }) => group === state.groupId) : undefined
}

function putInForce(state: GroupState, { kind: _, id, ...document }: DocumentReference): void {
  state.policy = { policyId: id, ...document }
}

/** Whether a policy is this group's, and else whose. */
function governs(state: GroupState, { groupId, level }: Policy): [boolean, string] {
  const whose = groupId === '' ? `of level ${level} and governs no group` : `for group ${groupId}`
  return [groupId === state.groupId, `the policy is ${whose}`]
}

function nameOf({ policyId, version }: Policy): string {
  return `the document is that of ${placeOf('policy', policyId, version)}`
}

function readOrRefuse<T>(collector: CycleCollector, kind: 'policy' | 'roster', id: string, read: () => T): T {
  refuseUnless(
    id !== '' && id.length <= ID_LENGTH,
    'invalid-reference',
    `${kind} has the id "${printable(id, ID_LENGTH)}"`,
  )
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    collector.alert('CRITICAL', `${kind}-refused`, `${kind}:${id}`, error.toLine())
    throw new Refusal(kind === 'policy' ? 'invalid-policy' : 'invalid-roster', error.toLine())
  }
}

function needSame(condition: boolean, detail: string): void {
  refuseUnless(condition, 'invalid-reference', detail)
}

/** Forgets the oldest change that has come to its end; refuses when all are under way. */
function makeRoom({ people }: GroupState): void {
  if (people.changes.size < PEOPLE_LIMITS.changes) return
  for (const [digestHex, { stage, subject }] of people.changes) {
    if (stage !== 'full' && stage !== 'rolled-back') continue
    people.changes.delete(digestHex)
    people.approvals.delete(subject)
    return
  }
  refuseCommandUnless(false, 'invalid-command', `${PEOPLE_LIMITS.changes} changes are under way: reject one`)
}

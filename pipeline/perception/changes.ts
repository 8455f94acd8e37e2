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
import { type Policy, parsePolicy } from '../governance/policy.js'
import { printable } from '../governance/printable.js'
import { notApprovedMessage, stageMessage } from '../governance/trial-alerts.js'
import { toHex } from '../identity.js'
import { detailOf } from './order-detail.js'
import { type CycleCollector, Refusal, refuseUnless } from './outcome.js'
import { type ChangeState, type DocumentReference, PEOPLE_LIMITS } from './people-state.js'
import type { GroupState, PolicyReference } from './state.js'
import { endTrial, mayGoTo, startTrial } from './trial.js'
import { isApproved } from './voices.js'

/** Longest id of a document, characters. */
const ID_LENGTH = 128

/** A policy that does not parse is refused and the one in force stays. Under a roster a later one waits until people put it in force. */
export function foldPolicy(collector: CycleCollector, record: PolicyRecord): string {
  const { state } = collector
  const place = placeOf('policy', record.policyId, record.version)
  readOrRefuse(collector, 'policy', record.policyId, () => policyFor(state, record.document, place))
  const digestHex = textDigestHex(record.document)
  const { policyId: id, version, document } = record
  // A group's first policy is taken as it comes, like its first roster: without it there is nothing that people could compare.
  if (state.people.roster === null || state.policy === null) {
    state.policy = { policyId: id, version, digestHex, document }
    return `policy:${id}`
  }
  if (state.policy?.digestHex === digestHex) return ''
  keepDocument(state, { kind: 'policy', id, version, digestHex, document })
  return `policy:${id}`
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
  const policy = policyFor(state, document.document, change.subject)
  const verdict = mayGoTo(state, digestHex, change, policy, stage)
  if (verdict === 'not-in-cohort') return ''
  refuseCommandUnless(verdict === 'yes', 'not-permitted', verdict)
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

function putInForce(state: GroupState, { id, version, digestHex, document }: DocumentReference): void {
  const policy: PolicyReference = { policyId: id, version, digestHex, document }
  state.policy = policy
}

function documentOf({ policyId, version, digestHex, document }: PolicyReference): DocumentReference {
  return { kind: 'policy', id: policyId, version, digestHex, document }
}

function policyFor(state: GroupState, document: string, place: string): Policy {
  const policy = parsePolicy(document, place)
  needSame(policy.groupId !== '', `the policy is of level ${policy.level} and governs no group`)
  needSame(policy.groupId === state.groupId, `the policy is for group ${policy.groupId}`)
  return policy
}

function readOrRefuse(
  collector: CycleCollector,
  kind: 'policy' | 'roster',
  id: string,
  read: () => void,
): void {
  refuseUnless(
    id !== '' && id.length <= ID_LENGTH,
    'invalid-reference',
    `${kind} has the id "${printable(id, ID_LENGTH)}"`,
  )
  try {
    read()
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    collector.alert('CRITICAL', `${kind}-refused`, `${kind}:${id}`, error.toLine())
    throw new Refusal(kind === 'policy' ? 'invalid-policy' : 'invalid-roster', error.toLine())
  }
}

function needSame(condition: boolean, detail: string): void {
  refuseUnless(condition, 'invalid-reference', detail)
}

function placeOf(kind: string, id: string, version: number): string {
  return `${kind} ${printable(id, ID_LENGTH)} v${version}`
}

function keepDocument(state: GroupState, document: DocumentReference): void {
  const { documents } = state.people
  if (!documents.has(document.digestHex) && documents.size >= PEOPLE_LIMITS.documents) {
    const idle = [...documents.keys()].find((digestHex) => !isWanted(state, digestHex))
    refuseUnless(idle !== undefined, 'state-limit', `more than ${PEOPLE_LIMITS.documents} documents wait`)
    documents.delete(idle)
  }
  documents.set(document.digestHex, document)
}

/** Named by a change that is under way, or to go back to. */
function isWanted({ people, groupId }: GroupState, digestHex: string): boolean {
  if (people.trial?.previousHex === digestHex) return true
  for (const [changeHex, change] of people.changes) {
    if (change.stage === 'full' || change.stage === 'rolled-back') continue
    if (changeHex === digestHex) return true
    const read = readDetail('change', change.manifest)
    const entries = 'detail' in read ? read.detail.entries : []
    if (entries.some(({ group, digest }) => group === groupId && digest === digestHex)) return true
  }
  return false
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

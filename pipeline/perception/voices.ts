/**
 * The voices of people on a subject: kept as they come, counted against the roster of now.
 *
 * A voice counts while it has not expired, the person is in the roster with the role, and whoever delegated it still has the role and
 * has not taken it back. Depends on roles, roster and state.
 */

import { refuseCommandUnless } from '../governance/people/author.js'
import type { Role, Seat, Voice } from '../governance/people/roles.js'
import { seatsTaken } from '../governance/people/roles.js'
import type { Roster } from '../governance/people/roster.js'
import { type ApprovalState, PEOPLE_LIMITS } from './people-state.js'
import { rosterOf } from './roster-in-force.js'
import type { GroupState } from './state.js'

/** Keeps a voice; a second one of the same person in the same name takes the place of the first. */
export function keepVoice(state: GroupState, subject: string, voice: ApprovalState, nowMicros: number): void {
  const { approvals } = state.people
  forgetSilent(state, nowMicros)
  const kept = (approvals.get(subject) ?? []).filter(
    ({ personId, authorityId }) => personId !== voice.personId || authorityId !== voice.authorityId,
  )
  refuseCommandUnless(
    kept.length < PEOPLE_LIMITS.voicesPerSubject &&
      (kept.length > 0 || approvals.size < PEOPLE_LIMITS.subjects),
    'invalid-command',
    `more voices than are counted are there already`,
  )
  approvals.set(subject, [...kept, voice])
}

/** Whether enough people have said yes to exactly what has the digest. */
export function isApproved(
  state: GroupState,
  subject: string,
  digestHex: string,
  seats: readonly Seat[],
  makers: ReadonlySet<string>,
  nowMicros: number,
): boolean {
  const roster = rosterOf(state)
  if (roster === undefined) return false
  return seatsTaken(seats, countedVoices(state, roster, subject, digestHex, nowMicros), makers)
}

/** Voices that count now, as they would be seated. */
export function countedVoices(
  state: GroupState,
  roster: Roster,
  subject: string,
  digestHex: string,
  nowMicros: number,
): Voice[] {
  const voices = state.people.approvals.get(subject) ?? []
  return voices
    .filter((voice) => voice.digestHex === digestHex && nowMicros < voice.expiresAtMicros)
    .map(({ personId, authorityId }) => ({
      personId,
      authorityId,
      roles: rolesOfVoice(state, roster, personId, authorityId, nowMicros),
    }))
}

/** Roles that a person has now, or has from another; none when the other has taken them back. */
export function rolesOfVoice(
  state: GroupState,
  roster: Roster,
  personId: string,
  authorityId: string,
  nowMicros: number,
): ReadonlySet<Role> {
  const person = roster.people.get(personId)
  const authority = roster.people.get(authorityId)
  if (person === undefined || authority === undefined) return new Set()
  if (personId === authorityId) return person.roles
  const delegation = state.people.delegations.get(delegationKey(authorityId, personId))
  if (delegation === undefined || nowMicros >= delegation.untilMicros) return new Set()
  return new Set(delegation.roles.filter((role) => authority.roles.has(role)))
}

export function delegationKey(from: string, to: string): string {
  return JSON.stringify([from, to])
}

function forgetSilent({ people }: GroupState, nowMicros: number): void {
  for (const [subject, voices] of people.approvals) {
    const heard = voices.filter(({ expiresAtMicros }) => nowMicros < expiresAtMicros)
    if (heard.length === 0) people.approvals.delete(subject)
    else if (heard.length < voices.length) people.approvals.set(subject, heard)
  }
}

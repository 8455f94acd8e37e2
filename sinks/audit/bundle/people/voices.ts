/**
 * The voices of people as leaves tell of them: kept as they came, counted against the roster and the delegations of a moment. Pure.
 */
import type { Details } from '../../../../pipeline/governance/people/command-detail.js'
import type { Role, Voice } from '../../../../pipeline/governance/people/roles.js'
import type { Roster } from '../../../../pipeline/governance/people/roster.js'
import { PEOPLE_LIMITS } from '../../../../pipeline/perception/people-state.js'

/** One person who said yes to something. */
export interface KeptVoice {
  readonly personId: string
  /** Who delegated the roles to the person; the person else. */
  readonly authorityId: string
  readonly digest: string
  readonly expiresAtMicros: number
  /** Of its leaf. */
  readonly index: number
}

export class Voices {
  readonly #voices = new Map<string, KeptVoice[]>()
  readonly #delegations = new Map<string, Details['delegation']>()

  /** A later one of the same person in the same name takes the place of the first. False for more than the agent takes: whoever seats them tries all. */
  keep(subject: string, voice: KeptVoice, atMicros: number): boolean {
    const { personId, authorityId } = voice
    const kept = this.on(subject).filter(
      (one) =>
        atMicros < one.expiresAtMicros && (one.personId !== personId || one.authorityId !== authorityId),
    )
    if (kept.length >= PEOPLE_LIMITS.voicesPerSubject) return false
    this.#voices.set(subject, [...kept, voice])
    return true
  }

  on(subject: string): readonly KeptVoice[] {
    return this.#voices.get(subject) ?? []
  }

  forget(subject: string): void {
    this.#voices.delete(subject)
  }

  delegate(from: string, to: string, delegation: Details['delegation']): void {
    this.#delegations.set(pair(from, to), delegation)
  }

  revoke(from: string, to: string): void {
    this.#delegations.delete(pair(from, to))
  }

  /** Those for exactly this digest that have not ended, with the roles that they have at the time. */
  counted(roster: Roster | undefined, subject: string, digest: string, atMicros: number): Voice[] {
    return this.on(subject)
      .filter((voice) => voice.digest === digest && atMicros < voice.expiresAtMicros)
      .map(({ personId, authorityId }) => ({
        personId,
        authorityId,
        roles: this.rolesOf(roster, personId, authorityId, atMicros),
      }))
  }

  /** None when either has left the roster, or when nothing is delegated. */
  rolesOf(
    roster: Roster | undefined,
    personId: string,
    authorityId: string,
    atMicros: number,
  ): ReadonlySet<Role> {
    const person = roster?.people.get(personId)
    const authority = roster?.people.get(authorityId)
    if (person === undefined || authority === undefined) return new Set()
    if (personId === authorityId) return person.roles
    const delegation = this.#delegations.get(pair(authorityId, personId))
    if (delegation === undefined || atMicros >= delegation.until) return new Set()
    return new Set(delegation.roles.filter((role) => authority.roles.has(role)))
  }
}

const pair = (from: string, to: string): string => JSON.stringify([from, to])

export function nameOf({ personId, authorityId }: Voice): string {
  return personId === authorityId ? personId : `${personId} for ${authorityId}`
}

export function namesOf(voices: readonly Voice[]): string {
  return voices.length === 0 ? 'nobody' : voices.map(nameOf).join(', ')
}

/**
 * The roles of people and what an approval asks for. Pure; depends on nothing.
 *
 * Approvals are asked for as *seats*: each is to be taken by one person who has one of its roles. Nobody takes two, and whoever made
 * what is to be approved takes none: maker is not checker by identity, whatever roles the two have.
 */

export const ROLES = ['viewer', 'operator', 'approver', 'policy-author', 'risk-officer', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Roles of which one is enough. */
export type Seat = readonly Role[]

/** Seats of one requirement at most: whoever is to be seated is tried in every order. */
export const SEATS_MOST = 5

/** A change of policy, of the configuration or of the optimizer: two people with different duties (SOX 404, DOMAIN 5). */
export const CHANGE_SEATS: readonly Seat[] = [['approver'], ['risk-officer']]

/** Another administrator than the one who proposes it. */
export const ROSTER_SEATS: readonly Seat[] = [['admin']]

/** Two people lift what one may kill. */
export const LIFT_SEATS: readonly Seat[] = [
  ['risk-officer', 'admin'],
  ['risk-officer', 'admin'],
]

/** One person who says yes, and in whose name. */
export interface Voice {
  readonly personId: string
  /** Whose roles it is given with: the person, or who delegated them to the person. */
  readonly authorityId: string
  readonly roles: ReadonlySet<Role>
}

/**
 * Whether the voices take all seats: each by another person and in the name of another, none by or in the name of a maker.
 * More than a few voices are no use to anyone; the caller bounds them.
 */
export function seatsTaken(
  seats: readonly Seat[],
  voices: readonly Voice[],
  makers: ReadonlySet<string>,
): boolean {
  const fit = voices.filter(({ personId, authorityId }) => !makers.has(personId) && !makers.has(authorityId))
  return seatFrom(seats, 0, fit, [])
}

function seatFrom(
  seats: readonly Seat[],
  at: number,
  voices: readonly Voice[],
  seated: readonly Voice[],
): boolean {
  const seat = seats[at]
  if (seat === undefined) return true
  return voices.some((voice) => {
    if (!seat.some((role) => voice.roles.has(role))) return false
    if (seated.some((other) => isSame(other, voice))) return false
    return seatFrom(seats, at + 1, voices, [...seated, voice])
  })
}

/** A person counts once, in whosever name; and nobody's authority counts twice. */
function isSame(a: Voice, b: Voice): boolean {
  const names = [a.personId, a.authorityId]
  return names.includes(b.personId) || names.includes(b.authorityId)
}

/** Seats and voices: against every way to seat them, tried one by one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../../sandbox/random.js'
import { ROLES, type Role, type Seat, seatsTaken, type Voice } from './roles.js'

/** Every assignment of voices to seats, without thought. */
function slowly(seats: readonly Seat[], voices: readonly Voice[], makers: ReadonlySet<string>): boolean {
  const assignments = voices.length ** seats.length
  for (let number = 0; number < assignments; number++) {
    const seated = seats.map(
      (_, at) => voices[Math.floor(number / voices.length ** at) % voices.length] as Voice,
    )
    const names = seated.map(({ personId, authorityId }) => new Set([personId, authorityId]))
    const all = names.flatMap((pair) => [...pair])
    const fits = seats.every((seat, at) => seat.some((role) => (seated[at] as Voice).roles.has(role)))
    if (fits && new Set(all).size === all.length && !all.some((name) => makers.has(name))) return true
  }
  return seats.length === 0
}

test('seats are taken exactly when some assignment of different people to them exists', () => {
  const random = new Random('seats', 'test')
  let taken = 0
  for (let round = 0; round < 3_000; round++) {
    const roles = (): Role[] => ROLES.filter(() => random.chance(0.35))
    const names = ['a', 'b', 'c', 'd', 'e']
    const seats = Array.from({ length: random.integer(0, 3) }, roles)
    const voices = Array.from({ length: random.integer(0, 5) }, () => {
      const personId = random.pick(names)
      return {
        personId,
        authorityId: random.chance(0.7) ? personId : random.pick(names),
        roles: new Set(roles()),
      }
    })
    const makers = new Set(names.filter(() => random.chance(0.15)))
    const expected = slowly(seats, voices, makers)
    assert.equal(
      seatsTaken(seats, voices, makers),
      expected,
      JSON.stringify({ seats, voices, makers: [...makers] }),
    )
    if (expected) taken++
  }
  assert.ok(taken > 300 && taken < 2_700, `${taken} of 3,000 were taken`)
})

/** Which legs wait for which, against a search over all assignments. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { linkLegs, reliableInflowMinor } from './leg-links.js'
import type { Move } from './plan.js'
import { creditedAccount, debitedAccount } from './plan.js'
import type { Position } from './positions.js'

const account = (accountId: string, roomMinor: number): Position =>
  ({ accountId, spendableMinor: roomMinor, floorMinor: 0, lineMinor: 0 }) as Position

const rail = (source: Position, destination: Position, amountMinor: number): Move =>
  ({
    kind: 'TRANSFER',
    rail: { source, destination },
    facility: null,
    amountMinor,
    counterAmountMinor: amountMinor,
  }) as never

const draw = (into: Position, amountMinor: number): Move =>
  ({
    kind: 'DRAW',
    rail: null,
    facility: { account: into },
    amountMinor,
    counterAmountMinor: amountMinor,
  }) as never

test('a transfer waits for the draw that pays for it, and the draw comes first', () => {
  const [a, b] = [account('A', 20), account('B', 0)]
  const [transfer, drawn] = [rail(a, b, 50), draw(a, 30)]
  const linked = linkLegs([transfer, drawn])!
  assert.deepEqual(linked.moves, [drawn, transfer])
  assert.deepEqual(linked.dependsOn, [-1, 0])
  assert.equal(linkLegs([rail(a, b, 51), drawn]), undefined)
})

test('what can be paid at once waits for nothing, and the order stays', () => {
  const [a, b] = [account('A', 50), account('B', 0)]
  const moves = [rail(a, b, 50), draw(a, 30)]
  assert.deepEqual(linkLegs(moves), { moves, dependsOn: [-1, -1] })
})

test('there are no chains of three and no circles', () => {
  const [a, b, c] = [account('A', 0), account('B', 0), account('C', 0)]
  assert.equal(linkLegs([draw(a, 10), rail(a, b, 10), rail(b, c, 10)]), undefined)
  assert.equal(linkLegs([rail(a, b, 10), rail(b, a, 10)]), undefined)
})

test('half a percent of what a conversion brings is not relied on', () => {
  const [a, b, c] = [account('A', 1_000), account('B', 0), account('C', 0)]
  const convert = { ...rail(a, b, 1_000), kind: 'FX' } as Move
  assert.equal(reliableInflowMinor(convert), 995)
  assert.deepEqual(linkLegs([convert, rail(b, c, 995)])?.dependsOn, [-1, 0])
  assert.equal(linkLegs([convert, rail(b, c, 996)]), undefined)
})

const plans = fc
  .record({
    rooms: fc.array(fc.integer({ min: -5, max: 30 }), { minLength: 3, maxLength: 3 }),
    legs: fc.array(fc.tuple(fc.integer({ min: -1, max: 2 }), fc.nat(2), fc.integer({ min: 1, max: 30 })), {
      maxLength: 6,
    }),
  })
  .map(({ rooms, legs }) => {
    const accounts = rooms.map((room, index) => account(`${index}`, room))
    const moves = legs
      .filter(([from, to]) => from !== to)
      .map(([from, to, amount]) =>
        from < 0 ? draw(accounts[to]!, amount) : rail(accounts[from]!, accounts[to]!, amount),
      )
    return { accounts, moves }
  })

test('every linked plan, in every order that its links allow, leaves each account with what must stay', () => {
  let linkedPlans = 0
  fc.assert(
    fc.property(plans, fc.infiniteStream(fc.nat()), ({ accounts, moves }, picks) => {
      const linked = linkLegs(moves)
      if (linked === undefined) return
      if (linked.dependsOn.some((before) => before >= 0)) linkedPlans++
      assert.deepEqual(new Set(linked.moves), new Set(moves))
      for (const [index, before] of linked.dependsOn.entries()) {
        assert.ok(before < index)
        if (before < 0) continue
        assert.equal(linked.dependsOn[before], -1)
        assert.equal(creditedAccount(linked.moves[before]!), debitedAccount(linked.moves[index]!))
      }
      // Debits happen at once, credits only when a leg is settled: the worst order is one that settles as late as it can.
      const room = new Map(accounts.map((one) => [one, one.spendableMinor]))
      const open = new Set(linked.moves.keys())
      const settled = new Set<number>()
      const ready = () =>
        [...open].filter((leg) => linked.dependsOn[leg]! < 0 || settled.has(linked.dependsOn[leg]!))
      const sent: number[] = []
      while (open.size > 0 || sent.length > 0) {
        const choices = ready()
        const pick = picks.next().value as number
        if (choices.length > 0 && (sent.length === 0 || pick % 3 > 0)) {
          const leg = choices[pick % choices.length]!
          const source = debitedAccount(linked.moves[leg]!)
          open.delete(leg)
          sent.push(leg)
          if (source === undefined) continue
          const left = room.get(source)! - linked.moves[leg]!.amountMinor
          room.set(source, left)
          assert.ok(left >= 0, `leg ${leg} takes ${-left} too much`)
        } else {
          const leg = sent.splice(pick % sent.length, 1)[0]!
          const destination = creditedAccount(linked.moves[leg]!)
          settled.add(leg)
          if (destination !== undefined)
            room.set(destination, room.get(destination)! + linked.moves[leg]!.counterAmountMinor)
        }
      }
    }),
    { numRuns: 3_000 },
  )
  assert.ok(linkedPlans > 50, `${linkedPlans}`)
})

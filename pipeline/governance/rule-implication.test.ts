/** The proof that a rule only tightens: known cases, and random rules tried on random moves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { randomFacts, randomRule } from '../../tests/support/random-rule.js'
import { compileRule } from './rule.js'
import { implies, MOST_CELLS } from './rule-implication.js'

const proof = (child: string, parent: string) => implies(compileRule(child), compileRule(parent))

test('what follows is proven', () => {
  const cases: [child: string, parent: string][] = [
    ['move.amountMinor <= 5', 'move.amountMinor <= 6'],
    ['move.amountMinor < 6', 'move.amountMinor <= 5'],
    ['6 > move.amountMinor', '!(move.amountMinor >= 2 * 3)'],
    ['move.amountMinor in [4, 5]', 'move.amountMinor > 3 && move.amountMinor < 6'],
    ['move.kind == "FX"', 'move.kind in ["FX", "DRAW"]'],
    ['move.kind == "FX"', 'move.kind != "DRAW"'],
    ['source.accountId == "DE-1"', 'source.accountId.startsWith("DE-")'],
    ['source.accountId.startsWith("DE-") && move.kind == "FX"', 'source.accountId.startsWith("DE-")'],
    ['move.kind == "FX" ? move.amountMinor < 5 : move.amountMinor < 9', 'move.amountMinor < 9'],
    ['false', 'move.amountMinor < 0'],
    ['move.kind == "FX"', 'true'],
    // The same arithmetic on both sides is taken as a whole.
    [
      'balance.sourceAvailableMinor - move.amountMinor >= 7 && move.kind == "FX"',
      'balance.sourceAvailableMinor-move.amountMinor>=7',
    ],
    [
      'move.amountMinor <= 5 && source.bankId == destination.bankId',
      'source.bankId == destination.bankId || move.amountMinor <= 6',
    ],
    ['(move.amountMinor <= 5) == (move.kind == "FX")', 'move.amountMinor > 5 || move.kind == "FX"'],
  ]
  for (const [child, parent] of cases) assert.equal(proof(child, parent).reason, '', `${child} => ${parent}`)
})

test('what does not follow is refused, with a move', () => {
  assert.deepEqual(proof('move.amountMinor <= 6', 'move.amountMinor <= 5'), {
    proven: false,
    cells: 3,
    reason: 'it allows a move with move.amountMinor = 6',
  })
  const reasons: [child: string, parent: string, reason: string][] = [
    ['move.kind != "FX"', 'move.kind == "DRAW"', 'it allows a move with move.kind is another text'],
    [
      'move.kind.startsWith("F")',
      'move.kind == "FX"',
      'it allows a move with move.kind is another text with startsWith("F")',
    ],
    ['true', 'move.amountMinor > 5', 'it allows a move with move.amountMinor = 4'],
    ['true', 'false', 'it allows every move'],
    [
      'move.amountMinor * 2 > 0',
      'move.amountMinor > 0',
      'it allows a move with move.amountMinor = -1, ((move.amountMinor * 2) > 0) is true',
    ],
    // An overflow in the parent denies there and not here.
    [
      'true',
      'move.amountMinor * 2 > 0 || move.amountMinor * 2 <= 0',
      'it allows a move with ((move.amountMinor * 2) > 0) is false, ((move.amountMinor * 2) <= 0) is false',
    ],
  ]
  for (const [child, parent, reason] of reasons) assert.equal(proof(child, parent).reason, reason)
})

test('too many cases are refused at once, not searched', () => {
  const all = ['move.kind', 'source.accountId', 'source.bankId', 'destination.bankId', 'channel.id']
  const wide = all
    .map((name) => `${name} in [${'abcdefghijkl'.split('').map((letter) => `"${letter}"`)}]`)
    .join(' || ')
  const refused = proof('false', wide)
  assert.equal(refused.proven, false)
  assert.equal(refused.cells, 0)
  assert.match(refused.reason, /more than 65536 cases/)
  const questions = Array.from({ length: 40 }, (_, at) => `move.kind.contains("${at}")`).join(' || ')
  assert.match(proof(questions, 'true').reason, /more than 65536 cases/)
  assert.ok(MOST_CELLS <= 65_536)
})

test('no move that a proven child allows is denied by its parent', () => {
  let proven = 0
  let refuted = 0
  const pair = fc.oneof(
    fc.tuple(randomRule, randomRule),
    // Children that follow, or nearly: a part more, or a part of it.
    fc.tuple(randomRule, randomRule).map(([a, b]): [string, string] => [`(${a}) && (${b})`, a]),
    fc.tuple(randomRule, randomRule).map(([a, b]): [string, string] => [a, `(${b}) || (${a})`]),
    fc.tuple(randomRule, randomRule).map(([a, b]): [string, string] => [`(${a}) ? (${b}) : false`, b]),
    fc.tuple(randomRule, randomRule).map(([a, b]): [string, string] => [`!((${a}) || (${b}))`, `!(${a})`]),
  )
  fc.assert(
    fc.property(pair, fc.array(randomFacts, { minLength: 40, maxLength: 40 }), ([child, parent], moves) => {
      const strict = compileRule(child)
      const loose = compileRule(parent)
      const broken = moves.find((move) => strict.allows(move) && !loose.allows(move))
      if (implies(strict, loose).proven) {
        proven++
        assert.equal(broken, undefined, `${child}\n=> ${parent}`)
      } else if (broken !== undefined) refuted++
    }),
    { numRuns: 4000 },
  )
  assert.ok(proven > 800 && refuted > 100, `${proven} proven, ${refuted} refuted`)
})

test('over one int and one string the proof is exact: refused only when a move shows why', () => {
  const bool = fc.letrec((tie) => ({
    rule: fc.oneof(
      { maxDepth: 3 },
      fc
        .tuple(fc.constantFrom('<', '<=', '==', '!=', '>'), fc.integer({ min: 0, max: 4 }))
        .map(([op, n]) => `move.amountMinor ${op} ${n}`),
      fc.constantFrom('move.kind == "FX"', 'move.kind != "DRAW"', 'move.kind in ["FX", "DRAW"]'),
      fc.tuple(tie('rule'), tie('rule')).map(([a, b]) => `(${a} && ${b})`),
      fc.tuple(tie('rule'), tie('rule')).map(([a, b]) => `(${a} || ${b})`),
      tie('rule').map((a) => `!(${a})`),
    ),
  })).rule as fc.Arbitrary<string>
  const some = fc.sample(randomFacts, { numRuns: 1, seed: 1 })[0]
  const moves = ['FX', 'DRAW', 'other'].flatMap((kind) =>
    [-1n, 0n, 1n, 2n, 3n, 4n, 5n].map((amountMinor) => ({
      ...some,
      move: Object.assign(Object.create(Object.getPrototypeOf(some.move)), some.move, { kind, amountMinor }),
    })),
  )
  fc.assert(
    fc.property(bool, bool, (child, parent) => {
      const strict = compileRule(child)
      const loose = compileRule(parent)
      const follows = moves.every((move) => !strict.allows(move) || loose.allows(move))
      assert.equal(implies(strict, loose).proven, follows, `${child}\n=> ${parent}`)
    }),
    { numRuns: 3000 },
  )
})

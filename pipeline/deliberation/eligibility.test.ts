/** Rules on channels and in the gate: the cap that is found, and random plans against a second evaluator. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CelResult, celEnv, parse, plan } from '@bufbuild/cel'
import fc from 'fast-check'
import { testEnvironment } from '../../tests/support/environment.js'
import { groupDraft, groupOf, NOON } from '../../tests/support/random-group.js'
import { factsAsMaps } from '../../tests/support/random-rule.js'
import { denialOf } from '../action/gate.js'
import { compileRule } from '../governance/rule.js'
import { timeFactsAt } from '../governance/rule-facts.js'
import { deliberate } from './deliberate.js'
import { factsOf, mostAllowed } from './eligibility.js'
import { GroupOptimizer } from './optimizer.js'
import { positionsOf } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'

const environment = await testEnvironment()
const optimizer = new GroupOptimizer(environment.optimizer, () => 0)
const second = celEnv()

const withRules = (resolved: ResolvedPolicy, texts: readonly string[]): ResolvedPolicy => ({
  ...resolved,
  rules: texts.map((text, index) => ({ name: `rule-${index}`, ...compileRule(text) })),
})

test('the cap is the largest allowed amount of one stretch, as trying every amount finds', () => {
  const stretch = fc.tuple(fc.nat(60), fc.nat(60), fc.integer({ min: 1, max: 30 }), fc.nat(60))
  fc.assert(
    fc.property(stretch, ([from, length, least, more]) => {
      const most = least + more
      const allows = (amount: number) => amount >= from && amount <= from + length
      let slow = 0
      for (let amount = least; amount <= most; amount++) if (allows(amount)) slow = amount
      const named = [from - 1, from, from + 1]
      assert.equal(mostAllowed(allows, least, most, named), slow)
    }),
  )
})

test('whatever is found is allowed, or 0', () => {
  const allowed = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 })
  fc.assert(
    fc.property(allowed, fc.uniqueArray(fc.nat(39)), (table, named) => {
      const found = mostAllowed(
        (amount) => table[amount]!,
        1,
        39,
        named.sort((a, b) => a - b),
      )
      assert.ok(found === 0 || table[found])
    }),
  )
  assert.equal(
    mostAllowed(() => true, 1, 2 ** 52, []),
    2 ** 52,
  )
  assert.equal(
    mostAllowed((amount) => amount <= 12_345, 1, 2 ** 52, []),
    12_345,
  )
})

/** Rules that allow every amount up to a number, on some channels. */
const ceilings = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 90_000_000 }).map((most) => `move.amountMinor <= ${most}`),
    fc
      .integer({ min: 1, max: 90_000_000 })
      .map((most) => `move.kind != "FX" || move.counterAmountMinor < ${most}`),
    fc.constantFrom('move.kind != "DRAW"', 'source.accountId != "A1"', '!(destination.bankId == "BANK-2")'),
    fc.constantFrom(
      'balance.sourceAvailableMinor - move.amountMinor >= 10000000 || move.kind == "DRAW"',
      'move.currency == "EUR" ? move.amountMinor * 3 < 100000000 : true',
      'time.minuteOfDay == 12 * 60 && time.dayOfWeek < 6',
    ),
  ),
  { minLength: 1, maxLength: 4 },
)

test('deliberation proposes nothing that a rule denies in the gate', () => {
  let plans = 0
  fc.assert(
    fc.property(groupDraft, ceilings, (draft, rules) => {
      const { state, resolved: bare } = groupOf(draft)
      const resolved = withRules(bare, rules)
      const positions = positionsOf(state, resolved, NOON, new Map())
      const { outcome, moves, dependsOn } = deliberate(state, resolved, positions, NOON, optimizer)
      if (outcome !== 'PLAN') return
      plans++
      assert.equal(denialOf(state, resolved, positions, moves, NOON, dependsOn), undefined, rules.join('\n'))
    }),
    { seed: 11, numRuns: 600 },
  )
  assert.ok(plans > 150, `only ${plans} plans`)
})

test('the gate denies a plan made without the rules exactly when a second evaluator would', () => {
  const denied = { yes: 0, no: 0 }
  fc.assert(
    fc.property(groupDraft, ceilings, (draft, rules) => {
      const { state, resolved } = groupOf(draft)
      const positions = positionsOf(state, resolved, NOON, new Map())
      const { outcome, moves, dependsOn } = deliberate(state, resolved, positions, NOON, optimizer)
      if (outcome !== 'PLAN') return
      const evaluators = rules.map((text) => plan(second, parse(text)) as (bindings: object) => CelResult)
      const allowed = moves.every((move) =>
        evaluators.every((evaluate) => evaluate(factsAsMaps(factsOf(move, timeFactsAt(NOON)))) === true),
      )
      const denial = denialOf(state, withRules(resolved, rules), positions, moves, NOON, dependsOn)
      denied[allowed ? 'no' : 'yes']++
      assert.equal(denial === undefined, allowed, rules.join('\n'))
      if (denial !== undefined) assert.match(denial.code, /^rule:rule-[0-9]$/)
    }),
    { seed: 12, numRuns: 600 },
  )
  assert.ok(denied.yes > 50 && denied.no > 50, JSON.stringify(denied))
})

test('the gate holds a plan to the expiry and to the budget of the hour', () => {
  const draft = { ...fc.sample(groupDraft, { seed: 3, numRuns: 1 })[0]! }
  const { state, resolved } = groupOf(draft)
  const positions = positionsOf(state, resolved, NOON, new Map())
  const denial = (changes: Partial<ResolvedPolicy>, nowMicros = NOON) =>
    denialOf(state, { ...resolved, ...changes }, positions, [], nowMicros)?.code
  assert.equal(denial({}), undefined)
  const expiring = { policy: { ...resolved.policy, expiresAtMicros: NOON } }
  assert.equal(denial(expiring, NOON - 1), undefined)
  assert.equal(denial(expiring), 'policy-expired')
  state.movedThisHourBaseMinor = 1_000
  assert.equal(denial({ perHourBaseMinor: 1_000 }), undefined)
  assert.equal(denial({ perHourBaseMinor: 999 }), 'above-hour-budget')
})

test('a rule whose function throws, or gives anything but true, denies in the gate', () => {
  const lying = [
    () => {
      throw new Error('no')
    },
    () => 1,
    () => 'true',
    () => undefined,
    async () => true,
  ] as unknown as (() => boolean)[]
  let plans = 0
  for (const draft of fc.sample(groupDraft, { seed: 4, numRuns: 40 })) {
    const { state, resolved } = groupOf(draft)
    const positions = positionsOf(state, resolved, NOON, new Map())
    const { moves, dependsOn } = deliberate(state, resolved, positions, NOON, optimizer)
    if (moves.length === 0) continue
    plans++
    for (const allows of lying) {
      const rules = [{ name: 'liar', ...compileRule('true'), allows }]
      assert.equal(
        denialOf(state, { ...resolved, rules }, positions, moves, NOON, dependsOn)?.code,
        'rule:liar',
      )
    }
  }
  assert.ok(plans > 5)
})

/** The report against the gate: over plans that the agent made, and the same plans and limits changed at random, the first line that does not pass is the denial. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testEnvironment } from '../../tests/support/environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  MORNING,
  movement,
  POLICY_TEXT,
  SECOND,
} from '../../tests/support/small-group.js'
import { at } from '../../tests/support/small-group-session.js'
import { createAgent } from '../agent.js'
import { debitedAccount, type Move } from '../deliberation/plan.js'
import { denialOf } from './gate.js'
import { type GatedPlan, type GateLine, gateReport } from './gate-report.js'

const POLICY = `${POLICY_TEXT.replace('  perDay:', '  perHour: 40000000\n  perDay:').replace(
  '  instructionsPerCycle',
  '  lenders: [{ counterparty: BANK-B, limit: 9000000 }]\n  concentration: [{ counterparty: BANK-B, limit: 6000000 }]\n  instructionsPerCycle',
)}rules:
  - { name: not-too-much, allow: 'move.amountMinor <= 400000000' }
`

const denialIn = (lines: readonly GateLine[]): string | undefined => lines.find(({ passes }) => !passes)?.code

/** Plans as they stood at the gate; states go on changing, so each is judged when it is seen. */
async function eachPlan(see: (plan: GatedPlan) => void): Promise<void> {
  const environment = {
    ...(await testEnvironment()),
    onDecision: ({ state, resolved, deliberation, nowMicros }: Parameters<SeeDecision>[0]) => {
      const { positions, moves } = deliberation
      if (moves.length > 0) see({ state, resolved, positions, moves, nowMicros })
    },
  }
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)), { policy: POLICY })
  driver.close(MORNING + SECOND)
  const payments = [
    ['PAYROLL', -1_400_000_00],
    ['DOLLARS', -700_000_00],
    ['OPERATING', -7_000_000_00],
    ['PAYROLL', -900_000_00],
    ['OPERATING', -1_500_000_00],
  ] as const
  for (const [index, [account, amount]] of payments.entries()) {
    driver.input('cash-movement', movement(`payment-${index}`, account, amount), at(10 + 60 * index))
    driver.close(at(15 + 60 * index))
  }
}

type SeeDecision = NonNullable<import('../ports.js').AgentEnvironment['onDecision']>

const amountOf = (moves: readonly Move[], index: number, change: (amount: number) => number): Move[] =>
  moves.map((move, at) =>
    at === index % moves.length ? { ...move, amountMinor: change(move.amountMinor) } : move,
  )

/** Ways to spoil a plan or its limits; each keeps the rest as it is. */
const spoilers = fc.oneof(
  fc.record({ index: fc.nat(7), factor: fc.constantFrom(-1, 0, 0.5, 1.5, 3, 50, 2 ** 30) }).map(
    ({ index, factor }) =>
      (plan: GatedPlan): GatedPlan => ({
        ...plan,
        moves: amountOf(plan.moves, index, (amount) => amount * factor),
      }),
  ),
  fc.nat(7).map(
    (index) =>
      (plan: GatedPlan): GatedPlan => ({
        ...plan,
        moves: [...plan.moves, plan.moves[index % plan.moves.length]!],
      }),
  ),
  fc
    .constantFrom('maximumInstructionBaseMinor', 'perCycleBaseMinor', 'perHourBaseMinor', 'perDayBaseMinor')
    .chain((key) =>
      fc.integer({ min: 0, max: 2_000_000_00 }).map(
        (limit) =>
          (plan: GatedPlan): GatedPlan => ({
            ...plan,
            resolved: { ...plan.resolved, [key]: limit },
          }),
      ),
    ),
  fc.constantFrom('lenders', 'concentration').chain((key) =>
    fc.integer({ min: 0, max: 9_000_000_00 }).map(
      (limit) =>
        (plan: GatedPlan): GatedPlan => ({
          ...plan,
          resolved: {
            ...plan.resolved,
            [key]: new Map([
              ['BANK-B', limit],
              ['BANK-A', limit],
            ]),
          },
        }),
    ),
  ),
  fc.constant((plan: GatedPlan): GatedPlan => ({ ...plan, nowMicros: plan.nowMicros + 40 * 86_400_000_000 })),
  fc.constant((plan: GatedPlan): GatedPlan => ({ ...plan, state: { ...plan.state, quotes: new Map() } })),
  fc
    .constantFrom(
      () => false,
      () => {
        throw new RangeError('overflow')
      },
    )
    .map((allows) => (plan: GatedPlan): GatedPlan => {
      const rules = plan.resolved.rules.map((rule) => ({ ...rule, allows }))
      return { ...plan, resolved: { ...plan.resolved, rules } }
    }),
  fc.constant((plan: GatedPlan): GatedPlan => {
    const source = debitedAccount(plan.moves[0]!)
    if (source === undefined) return plan
    const frozen = { ...source, frozen: 'held' }
    return {
      ...plan,
      positions: plan.positions.map((position) => (position === source ? frozen : position)),
      moves: plan.moves.map((move) =>
        move.rail?.source === source ? { ...move, rail: { ...move.rail, source: frozen } } : move,
      ),
    }
  }),
)

test('the first line that does not pass is the denial, whatever plan and limits are', async () => {
  const denials = new Set<string>()
  let plans = 0
  await eachPlan((plan) => {
    plans++
    fc.assert(
      fc.property(fc.array(spoilers, { maxLength: 3 }), (spoil) => {
        const spoiled = spoil.reduce((before, change) => change(before), plan)
        const { state, resolved, positions, moves, nowMicros } = spoiled
        const denial = denialOf(state, resolved, positions, moves, nowMicros)
        const lines = gateReport(spoiled)
        assert.equal(denialIn(lines), denial?.code)
        if (denial !== undefined) denials.add(denial.code)
        for (const { passes, slack } of lines) if (slack !== '') assert.equal(passes, Number(slack) >= 0)
      }),
      { numRuns: 400, seed: 20_260_318 + plans },
    )
  })
  assert.ok(plans >= 3, `${plans} plans`)
  const expected = [
    'above-channel-maximum',
    'above-concentration',
    'above-cycle-budget',
    'above-day-budget',
    'above-hour-budget',
    'above-maximum-instruction',
    'amount-not-positive',
    'below-minimum-ticket',
    'rule:not-too-much',
  ]
  for (const code of expected)
    assert.ok(denials.has(code), `${code} was never met: ${[...denials].join(', ')}`)
})

test('a plan that passes has every limit with value, bound and slack', async () => {
  await eachPlan((plan) => {
    const lines = gateReport(plan)
    if (denialIn(lines) !== undefined) return
    const measured = lines.filter(({ slack }) => slack !== '')
    assert.ok(measured.length >= 4 * plan.moves.length + 3)
    for (const { value, bound, slack } of measured)
      assert.ok([BigInt(bound) - BigInt(value), BigInt(value) - BigInt(bound)].includes(BigInt(slack)))
  })
})

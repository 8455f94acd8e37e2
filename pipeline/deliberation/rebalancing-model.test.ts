import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testEnvironment } from '../../tests/support/environment.js'
import { HighsOracle } from '../../wasm-core/host/testing/highs-oracle.js'
import { newGroupState } from '../perception/state.js'
import type { Channels, FacilityChannel, RailChannel } from './channels.js'
import { GroupOptimizer } from './optimizer.js'
import { movedValue, objectiveOffset, planCost, plannedBalances } from './plan.js'
import { planLimits } from './plan-limits.js'
import type { Position } from './positions.js'
import { buildRebalancingModel, MODEL_UNIT } from './rebalancing-model.js'
import { repairPlan } from './repair.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { toTickets } from './rounding.js'
import { sharedLimits } from './shared-limits.js'
import { inBaseMinor, PRICE_UNIT } from './valuation.js'

const environment = await testEnvironment()
const highs = await HighsOracle.load()

const resolved = {
  policy: {
    costs: {
      shortfallBpPerDay: [1, 5, 50],
      floorViolationBp: 500,
      idleBpPerYear: 50,
      surplusBpPerYear: 20,
      churnBp: 0.001,
    },
    limits: { instructionsPerCycle: 100 },
  },
  maximumInstructionBaseMinor: 50_000_000_00,
  perCycleBaseMinor: 90_000_000_00,
  perDayBaseMinor: 900_000_000_00,
  lenders: new Map(),
  concentration: new Map([['BANK-0', 40_000_000_00]]),
} as unknown as ResolvedPolicy

interface Draft {
  readonly balance: number
  readonly target: number
  readonly frozen: boolean
  readonly dollars: boolean
}

function position(draft: Draft, index: number): Position {
  const targetMinor = draft.target * 100_000_00
  const availableMinor = draft.balance * 10_007_01
  return {
    accountId: `A${index}`,
    currency: draft.dollars ? 'USD' : 'EUR',
    exponent: 2,
    bankId: `BANK-${index % 2}`,
    settledMinor: availableMinor,
    availableMinor,
    spendableMinor: availableMinor,
    projectedMinor: availableMinor,
    floorMinor: Math.floor(targetMinor / 5),
    targetMinor,
    ceilingMinor: targetMinor * 3,
    lowerBandMinor: targetMinor,
    upperBandMinor: targetMinor,
    lineMinor: 0,
    baseFactor: draft.dollars ? 0.9 : 1,
    price: draft.dollars ? 900_000_000 : PRICE_UNIT,
    opened: true,
    frozen: draft.frozen ? 'held' : '',
    unlistedAtBank: [],
  }
}

/** A rail from each account to the next two, and a facility on every third. */
function channels(positions: readonly Position[]): Channels {
  const rails: RailChannel[] = []
  for (const [index, source] of positions.entries()) {
    for (const hop of [1, 2]) {
      const destination = positions[(index + hop) % positions.length]!
      if (destination === source) continue
      const kind = source.currency === destination.currency ? 'TRANSFER' : 'FX'
      const reference = {
        railId: `R${index}-${hop}`,
        kind,
        feeMinor: 0,
        feeBp: 0.2,
        minimumTicketMinor: 1,
        roundingMinor: 1,
      }
      const blocked = source.frozen || destination.frozen
      const factor = source.currency === 'USD' ? 0.9 : 1 / 0.9
      const fx =
        kind === 'FX'
          ? {
              factor,
              spreads: [0.00003, 0.00015, 0.0005] as const,
              depthMinor: [1_000_000_00, 5_000_000_00] as const,
            }
          : null
      rails.push({
        rail: { reference, usedDate: -1, usedMinor: 0 } as unknown as RailChannel['rail'],
        source,
        destination,
        maximumMinor: blocked === '' ? 20_000_000_00 : 0,
        blocked,
        businessDate: 1,
        fx,
      })
    }
  }
  const facilities = positions
    .filter((_, index) => index % 3 === 0)
    .map((account, index): FacilityChannel => {
      const reference = { facilityId: `F${index}`, minimumDrawMinor: 1, roundingMinor: 1 }
      return {
        facility: { reference } as unknown as FacilityChannel['facility'],
        account,
        drawMaximumMinor: account.frozen === '' ? 10_000_000_00 : 0,
        repayMaximumMinor: account.frozen === '' ? 2_000_000_00 : 0,
        blocked: account.frozen,
        costPerDay: 0.0002,
        cover: null,
      }
    })
  return { rails, facilities }
}

const draft = fc.record({
  balance: fc.integer({ min: -50, max: 4_000 }),
  target: fc.integer({ min: 1, max: 120 }),
  frozen: fc.boolean().map((flag) => flag),
  dollars: fc.boolean(),
})
const drafts = fc.array(draft, { minLength: 2, maxLength: 9 })

test('the optimum is the one HiGHS finds, and a plan in integers costs no less', () => {
  const optimizer = new GroupOptimizer(environment.optimizer, () => 0)
  let acted = 0
  fc.assert(
    fc.property(drafts, (list) => {
      const positions = list.map(position)
      const limits = sharedLimits(newGroupState('g'), resolved, positions)
      const model = buildRebalancingModel(limits, resolved, positions, channels(positions))
      optimizer.load(model, null)
      const solution = optimizer.solve()
      assert.equal(solution.status, 'optimal')
      assert.ok(
        Math.abs(solution.objective - highs.solve(model.sparse, 'optimal').objective) <=
          1e-7 * (1 + Math.abs(solution.objective)),
      )

      const { moves } = toTickets(model, solution.primal)
      const repaired = repairPlan(planLimits(limits, positions), positions, moves)
      if (!('moves' in repaired)) return
      acted += repaired.moves.length > 0 ? 1 : 0
      const bound = (solution.objective - objectiveOffset(resolved, positions)) * MODEL_UNIT
      const cost = planCost(resolved, positions, repaired.moves)
      // A frozen account's floor is no row of the model, but it costs in both evaluations of the plan.
      const frozenFloors = positions
        .filter((entry) => entry.frozen !== '')
        .reduce(
          (sum, entry) =>
            sum + Math.max(0, entry.floorMinor - entry.projectedMinor) * 0.05 * entry.baseFactor,
          0,
        )
      assert.ok(cost - frozenFloors >= bound - 1e-6 * Math.abs(bound) - 1, `${cost} < ${bound}`)
      // Rounding to minor units costs next to nothing.
      assert.ok(cost - frozenFloors <= bound + 1e-6 * Math.abs(bound) + 200, `${cost} >> ${bound}`)
      checkIntegers(positions, repaired.moves)
    }),
    { seed: 2026, numRuns: 400 },
  )
  assert.ok(acted > 100, `only ${acted} plans moved anything`)
})

function checkIntegers(positions: readonly Position[], moves: Parameters<typeof plannedBalances>[1]): void {
  for (const balance of plannedBalances(positions, moves).values()) assert.ok(Number.isSafeInteger(balance))
  assert.ok(inBaseMinor(movedValue(moves)) <= resolved.perCycleBaseMinor + 1)
}

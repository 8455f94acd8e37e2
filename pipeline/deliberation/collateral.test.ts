/** What assets cover, held against exact fractions; and plans that draw on them, held against HiGHS and the gate. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testEnvironment } from '../../tests/support/environment.js'
import {
  type CollateralDraft,
  collateralDraft,
  exactCover,
  secureGroup,
} from '../../tests/support/random-collateral.js'
import { type GroupDraft, groupDraft, groupOf, NOON } from '../../tests/support/random-group.js'
import { HighsOracle } from '../../wasm-core/host/testing/highs-oracle.js'
import { denialOf } from '../action/gate.js'
import { freeParts } from '../perception/collateral.js'
import { holdingCover, partsCover } from './collateral.js'
import { deliberate } from './deliberate.js'
import { GroupOptimizer } from './optimizer.js'
import { objectiveOffset, planCost, plannedBalances } from './plan.js'
import { positionsOf } from './positions.js'
import { MODEL_UNIT } from './rebalancing-model.js'

const environment = await testEnvironment()
const highs = await HighsOracle.load()

function secured(group: GroupDraft, draft: CollateralDraft) {
  const { state, resolved: bare } = groupOf(group)
  secureGroup(state, draft)
  const margins = { ...bare.policy.margins, collateralValuePercent: draft.marginPercent }
  return { state, resolved: { ...bare, policy: { ...bare.policy, margins } } }
}

test('a cover is never above the exact one, and below it by the rounding of a price at most', () => {
  let covers = 0
  fc.assert(
    fc.property(
      groupDraft,
      collateralDraft,
      fc.integer({ min: 1, max: 1_000_000 }),
      (group, draft, parts) => {
        const { state, resolved } = secured(group, draft)
        for (const facility of state.facilities.values()) {
          for (const asset of state.collateral.values()) {
            const holding = holdingCover(state, resolved, facility, asset, NOON)
            const cover = partsCover(holding, parts)
            const { over, under } = exactCover(state, draft, asset, facility.reference.currency, parts)
            // A chain of doubles prices a conversion: nine digits of it are relied on.
            const slack = over / under / 1_000_000_000n + 4n
            assert.ok(cover * under <= over + slack * under, `${cover} above ${over / under}`)
            assert.ok(
              (cover + 2n + over / under / 100_000_000n + slack) * under >= over,
              `${cover} far below ${over / under}`,
            )
            if (asset.currency === facility.reference.currency) assert.ok(cover * under <= over)
            if (cover > 0n) covers++
          }
        }
      },
    ),
    { seed: 92, numRuns: 1_000 },
  )
  assert.ok(covers > 1_000, `${covers}`)
})

test('the gate refuses no plan that deliberation built on collateral, and each is covered and no asset used twice', () => {
  const optimizer = new GroupOptimizer(environment.optimizer, () => 0)
  const met = new Map<string, number>()
  fc.assert(
    fc.property(groupDraft, collateralDraft, (group, draft) => {
      const { state, resolved } = secured(group, draft)
      const positions = positionsOf(state, resolved, NOON, new Map())
      const deliberation = deliberate(state, resolved, positions, NOON, optimizer)
      const { outcome, reason, moves, dependsOn, solve } = deliberation
      const forRounding = reason === 'rounding-breaks-floor' || reason === 'limit-cannot-be-kept'
      assert.ok(!forRounding || group.instructionsPerCycle < 20, reason)
      if (solve !== null && solve.solution.status === 'optimal') {
        const { objective } = highs.solve(solve.model.sparse, 'optimal')
        assert.ok(Math.abs(solve.solution.objective - objective) <= 1e-7 * (1 + Math.abs(objective)))
      }
      if (outcome !== 'PLAN') return
      assert.equal(denialOf(state, resolved, positions, moves, NOON, dependsOn), undefined)
      const planned = plannedBalances(positions, moves)
      for (const { accountId, floorMinor } of positions) assert.ok(planned.get(accountId)! >= floorMinor)
      for (const [assetId, asset] of state.collateral) {
        const pledged = moves.filter(
          (move) => move.kind === 'PLEDGE' && move.collateral!.asset.assetId === assetId,
        )
        assert.ok(pledged.reduce((sum, move) => sum + move.collateral!.parts, 0) <= freeParts(asset))
      }
      const bound = (solve!.solution.objective - objectiveOffset(resolved, positions)) * MODEL_UNIT
      assert.ok(planCost(resolved, positions, moves) >= bound - 1e-6 * Math.abs(bound) - 1)
      for (const { kind } of moves) met.set(kind, (met.get(kind) ?? 0) + 1)
      // A pledge is made for a draw, never for its own sake.
      for (const pledge of moves.filter(({ kind }) => kind === 'PLEDGE'))
        assert.ok(moves.some(({ kind, facility }) => kind === 'DRAW' && facility === pledge.facility))
    }),
    { seed: 5, numRuns: 2_000 },
  )
  for (const [kind, least] of [
    ['PLEDGE', 50],
    ['DRAW', 100],
    ['RELEASE', 20],
  ] as const)
    assert.ok((met.get(kind) ?? 0) > least, `${kind}: ${met.get(kind)}`)
})

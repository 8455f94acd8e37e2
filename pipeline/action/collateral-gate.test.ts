/** No plan, however it was made, draws beyond what is covered or pledges what is not there: held against exact fractions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  collateralDraft,
  exactCover,
  type Fraction,
  isAtLeast,
  plus,
  secureGroup,
} from '../../tests/support/random-collateral.js'
import { groupDraft, groupOf, NOON } from '../../tests/support/random-group.js'
import { type Channels, channelsOf, type FacilityChannel } from '../deliberation/channels.js'
import { collateralMove, type Move, priceMove } from '../deliberation/plan.js'
import { positionsOf } from '../deliberation/positions.js'
import type { GroupState } from '../perception/state.js'
import { denialOf } from './gate.js'
import { gateReport } from './gate-report.js'

/** Pledges to a facility, releases from it, and a draw of about what they and what is there cover: of 1 to 120 percent of it. */
const planDraft = fc.record({
  facility: fc.nat(2),
  collateral: fc.array(
    fc.record({
      kind: fc.constantFrom('PLEDGE' as const, 'PLEDGE' as const, 'RELEASE' as const),
      asset: fc.nat(3),
      parts: fc.noBias(fc.integer({ min: 1, max: 500_000 })),
    }),
    { maxLength: 3 },
  ),
  percent: fc.noBias(fc.integer({ min: 1, max: 120 })),
  /** Whether each leg waits for the one before it, as it should. */
  isLinked: fc.constantFrom(true, true, true, false),
})

function planOf(channels: Channels, draft: typeof planDraft extends fc.Arbitrary<infer T> ? T : never) {
  const channel = channels.facilities[draft.facility % channels.facilities.length]!
  const moves: Move[] = []
  const dependsOn: number[] = []
  let coverMinor = channel.cover!.roomMinor
  let last = -1
  for (const { kind, asset, parts } of draft.collateral) {
    const its = channel.cover!.assets[asset % channel.cover!.assets.length]
    if (its === undefined) continue
    moves.push(collateralMove(kind, channel, its, parts))
    dependsOn.push(kind === 'PLEDGE' && draft.isLinked ? last : -1)
    if (kind === 'PLEDGE') last = moves.length - 1
    coverMinor += (kind === 'PLEDGE' ? 0.99 : -1) * its.holdingCoverMinor * (parts / 1_000_000)
  }
  const step = channel.facility.reference.roundingMinor
  const amountMinor = Math.floor((coverMinor * draft.percent) / 100 / step) * step
  if (amountMinor > 0) {
    moves.push(priceMove('DRAW', null, channel, amountMinor))
    dependsOn.push(draft.isLinked ? last : -1)
  }
  return { moves, dependsOn }
}

test('whatever the gate lets pass is covered by what is settled, and by pledges that it waits for', () => {
  let [passed, refused, waited] = [0, 0, 0]
  const codes = new Map<string, number>()
  fc.assert(
    fc.property(groupDraft, collateralDraft, planDraft, (group, draft, plan) => {
      const roomy = {
        ...group,
        maximumInstruction: 4_000_000,
        perCycle: 9_000_000,
        movedToday: 0,
        lender: 90_000_000,
      }
      const { state, resolved: bare } = groupOf({
        ...roomy,
        concentration: 900_000_000,
        instructionsPerCycle: 20,
      })
      secureGroup(state, draft)
      const margins = { ...bare.policy.margins, collateralValuePercent: draft.marginPercent }
      const resolved = { ...bare, policy: { ...bare.policy, margins } }
      const positions = positionsOf(state, resolved, NOON, new Map())
      const channels = channelsOf(state, resolved, positions, NOON)
      const { moves, dependsOn } = planOf(channels, plan)
      const denial = denialOf(state, resolved, positions, moves, NOON, dependsOn)
      const lines = gateReport({ state, resolved, positions, moves, dependsOn, nowMicros: NOON })
      // Kills and links have no line; every other denial is the first line that does not pass.
      if (denial?.code !== 'link-invalid')
        assert.equal(lines.find(({ passes }) => !passes)?.code, denial?.code)
      if (denial !== undefined) {
        codes.set(denial.code, (codes.get(denial.code) ?? 0) + 1)
        if (denial.code === 'draw-not-covered') refused++
        return
      }
      const parts = (kind: string, assetId: string, at?: FacilityChannel): number =>
        moves
          .filter(
            (m) =>
              m.kind === kind &&
              m.collateral?.asset.assetId === assetId &&
              (at === undefined || m.facility === at),
          )
          .reduce((sum, { collateral }) => sum + collateral!.parts, 0)
      for (const [assetId, { pledges }] of state.collateral) {
        let away = parts('PLEDGE', assetId)
        for (const { pledgedParts, comingParts } of pledges.values()) away += pledgedParts + comingParts
        if (parts('PLEDGE', assetId) > 0) assert.ok(away <= 1_000_000, `${assetId}: ${away} parts are away`)
      }
      for (const facility of channels.facilities) {
        const { outstandingMinor, reservedDrawMinor, reference } = facility.facility
        const draws = moves.filter((move) => move.kind === 'DRAW' && move.facility === facility)
        if (draws.length === 0) continue
        const needed = draws.reduce(
          (sum, { amountMinor }) => sum + BigInt(amountMinor),
          BigInt(outstandingMinor + reservedDrawMinor),
        )
        let covered: Fraction = { over: 0n, under: 1n }
        for (const [assetId, asset] of state.collateral) {
          const pledge = asset.pledges.get(reference.facilityId)
          const settled =
            (pledge?.pledgedParts ?? 0) - (pledge?.leavingParts ?? 0) - parts('RELEASE', assetId, facility)
          const pledged = waitedFor(moves, dependsOn, draws[0]!, assetId)
          if (pledged > 0) waited++
          covered = plus(covered, exactCover(state, draft, asset, reference.currency, settled + pledged))
        }
        passed++
        assert.ok(isAtLeast(covered, { over: needed, under: 1n }), `${reference.facilityId}: ${needed}`)
      }
    }),
    { seed: 92, numRuns: 6_000 },
  )
  for (const met of [passed, refused, waited])
    assert.ok(met > 100, `${[passed, refused, waited]} ${[...codes].join(' ')}`)
})

function waitedFor(
  moves: readonly Move[],
  dependsOn: readonly number[],
  draw: Move,
  assetId: string,
): number {
  let sum = 0
  for (let at = dependsOn[moves.indexOf(draw)]!; at >= 0; at = dependsOn[at]!) {
    const { kind, facility, collateral } = moves[at]!
    if (kind === 'PLEDGE' && facility === draw.facility && collateral!.asset.assetId === assetId)
      sum += collateral!.parts
  }
  return sum
}

test('collateral does not move when it, its kind or its facility is killed', () => {
  const draft = { assets: [], marginPercent: undefined, acceptedLevels: [], outstandingPercent: 0 as const }
  const account = {
    currency: 'EUR' as const,
    bank: 0,
    balance: 1_000,
    target: 100_000,
    line: 0,
    step: 1,
    minimum: 0,
  } as const
  const { state, resolved } = groupOf({
    accounts: [account, account],
    euroInDollars: 1,
    euroInYen: 100,
    base: 'EUR',
    maximumInstruction: 1_000_000,
    perCycle: 1_000_000,
    movedToday: 0,
    concentration: 12_000_000,
    lender: 2_000_000,
    instructionsPerCycle: 20,
  })
  secureGroup(state, draft)
  const fresh = { valueMinor: 1_000_000_00, haircutBp: 100, currency: 'EUR', eventTimeMicros: NOON }
  const reference = { groupId: state.groupId, assetId: 'BUND', level: 'LEVEL_1', eligible: true }
  state.collateral.set('BUND', { ...fresh, reference: reference as never, pledges: new Map() })
  const denial = (other: GroupState = state): string | undefined => {
    const positions = positionsOf(other, resolved, NOON, new Map())
    // The channels of before the kill: the gate asks the kills themselves.
    const open = channelsOf(state, resolved, positions, NOON).facilities[0]!
    const pledge = collateralMove('PLEDGE', open, open.cover!.assets[0]!, 1_000)
    return denialOf(other, resolved, positions, [pledge], NOON)?.code
  }
  assert.equal(denial(), undefined)
  for (const subject of ['asset:BUND', 'instruction-kind:PLEDGE', 'facility:F0', 'all']) {
    const kills = new Map([['00', { subject } as never]])
    assert.equal(denial({ ...state, people: { ...state.people, kills } }), 'killed', subject)
  }
})

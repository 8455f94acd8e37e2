/**
 * Random mornings of a group whose credit line is secured, with a bank that keeps its own book of collateral, settles, rejects and keeps
 * silent in any order, and bonds whose value moves: nothing that the agent sends is refused by that book. Seeds are fixed; a failure names its own.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHeld } from '../pipeline/action/life-cycle.js'
import { createAgent } from '../pipeline/agent.js'
import { toHex } from '../pipeline/identity.js'
import type { AppliedCycle } from '../pipeline/ports.js'
import { decodeState } from '../pipeline/state-codec.js'
import { CollateralBook } from '../sandbox/bank/collateral-book.js'
import { Random } from '../sandbox/random.js'
import type { Instruction } from '../schemas/generated/types.js'
import { testEnvironment } from './support/environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  MORNING,
  movement,
  POLICY_TEXT,
  SECOND,
} from './support/small-group.js'
import { asset, report, SECURED, valuation } from './support/small-group-collateral.js'

const environment = await testEnvironment()
const SEEDS = Array.from({ length: 30 }, (_, index) => index + 1)
const STEPS = 14
const STEP_SECONDS = 90
const QUIET_STEPS = 80

const HAIRCUTS_BP: Readonly<Record<string, number>> = { BUND: 200, OAT: 350 }

class Morning {
  readonly driver: GroupDriver
  readonly random: Random
  readonly values = new Map([
    ['BUND', 4_000_000_00],
    ['OAT', 5_000_000_00],
  ])
  readonly book = new CollateralBook({
    facilities: [{ groupId: GROUP, facilityId: 'RCF', outstandingMinor: 0 }],
    pledges: [{ groupId: GROUP, facilityId: 'RCF', assetId: 'OAT', pledgedParts: 100_000 }],
    coverMinor: (_group, _facility, assetId) =>
      Math.floor((this.values.get(assetId)! * (10_000 - HAIRCUTS_BP[assetId]!)) / 10_000),
  })
  readonly sent = new Map<Instruction['kind'], number>()
  atBank: { order: Instruction; isSilent: boolean }[] = []
  broken = 0
  private now = MORNING + SECOND

  constructor(readonly seed: number) {
    this.random = new Random('secured plans', seed)
    const isSupervised = seed % 3 === 0
    const policy = isSupervised ? POLICY_TEXT.replace('mode: autonomous', 'mode: supervised') : POLICY_TEXT
    const agent = createAgent(GROUP, environment, () => this.random.chance(0.5))
    const openings = { OPERATING: 3_000_000_00, PAYROLL: 1_500_000_00, DOLLARS: 900_000_00 }
    this.driver = feedSmallGroup(new GroupDriver(agent), { policy, openings, facility: SECURED })
    this.driver.input('collateral-asset', asset('BUND'))
    this.driver.input('collateral-asset', asset('OAT', { pledgedFacilityId: 'RCF', pledgedParts: 100_000 }))
    for (const assetId of this.values.keys()) this.revalue(assetId, 1, this.now)
    this.take(this.driver.close(this.now))
  }

  step(index: number, isQuiet: boolean): void {
    this.now += STEP_SECONDS * SECOND
    if (!isQuiet) this.addNews(index)
    for (const one of [...this.atBank])
      if (!one.isSilent && (isQuiet || this.random.chance(0.4))) this.answer(one.order)
    this.take(this.driver.close(this.now))
  }

  private addNews(index: number): void {
    const add = (account: string, amountMinor: number) =>
      this.driver.input(
        'cash-movement',
        movement(`${account}-${index}`, account, amountMinor),
        this.now - SECOND,
      )
    if (this.random.chance(0.6)) add('OPERATING', this.random.integer(-2_500_000_00, 2_000_000_00))
    if (this.random.chance(0.4)) add('PAYROLL', this.random.integer(-900_000_00, 600_000_00))
    if (this.random.chance(0.5))
      this.revalue(this.random.pick(['BUND', 'OAT']), this.random.between(0.93, 1.06), this.now - SECOND)
  }

  private revalue(assetId: string, factor: number, atMicros: number): void {
    const valueMinor = Math.round(this.values.get(assetId)! * factor)
    this.values.set(assetId, valueMinor)
    this.driver.input(
      'collateral-valuation',
      valuation(assetId, valueMinor, { haircutBp: HAIRCUTS_BP[assetId] }),
      atMicros,
    )
  }

  private answer(order: Instruction): void {
    this.atBank = this.atBank.filter((one) => one.order !== order)
    const status = this.random.chance(0.75) ? 'SETTLED' : 'REJECTED'
    this.book.end(order, status === 'SETTLED' ? order.amountMinor : 0)
    this.driver.input('execution', report(order, status), this.now - SECOND)
  }

  private take({ result, release, query }: AppliedCycle): void {
    const place = `seed ${this.seed}, cycle ${result.cycle}`
    assert.deepEqual(result.deadLetters, [], place)
    for (const order of release) {
      assert.equal(
        this.book.refusal(order, this.now),
        '',
        `${place}: ${order.kind} ${order.assetId} ${order.amountMinor}`,
      )
      this.book.hold(order)
      this.sent.set(order.kind, (this.sent.get(order.kind) ?? 0) + 1)
      this.atBank.push({ order, isSilent: this.random.chance(0.1) })
    }
    for (const order of query)
      for (const one of this.atBank)
        if (toHex(one.order.instructionId) === toHex(order.instructionId))
          one.isSilent = this.random.chance(0.3)
    this.broken += result.alerts.filter(({ code }) => code === 'plan-broken').length
    this.checkState(place)
  }

  /** What is kept as pledged, coming and leaving is what the instructions add up to. */
  private checkState(place: string): void {
    const state = decodeState(this.driver.agent.snapshot())
    for (const [assetId, { pledges }] of state.collateral) {
      const orders = [...state.instructions.values()].filter((one) => one.assetId === assetId)
      const sum = (kind: string, counts: (one: (typeof orders)[number]) => boolean): number =>
        orders
          .filter((one) => one.kind === kind && counts(one))
          .reduce((all, { assetParts }) => all + assetParts, 0)
      const settled = ({ state: at }: (typeof orders)[number]): boolean => at === 'SETTLED'
      const held = ({ state: at }: (typeof orders)[number]): boolean => isHeld(at)
      const kept = pledges.get('RCF') ?? { pledgedParts: 0, comingParts: 0, leavingParts: 0 }
      const first = assetId === 'OAT' ? 100_000 : 0
      const expected = {
        pledgedParts: first + sum('PLEDGE', settled) - sum('RELEASE', settled),
        comingParts: sum('PLEDGE', held),
        leavingParts: sum('RELEASE', held),
      }
      assert.deepEqual(kept, expected, `${place}: ${assetId}`)
      assert.ok(
        kept.pledgedParts + kept.comingParts <= 1_000_000 && kept.leavingParts <= kept.pledgedParts,
        place,
      )
    }
  }

  get isOver(): boolean {
    return this.driver.agent.outstanding().length === 0
  }
}

test('whatever the bank answers and the bonds are worth: nothing is drawn uncovered, and no bond is pledged twice', () => {
  const sent = new Map<string, number>()
  let broken = 0
  for (const seed of SEEDS) {
    const morning = new Morning(seed)
    for (let index = 0; index < STEPS; index++) morning.step(index, false)
    for (let index = 0; index < QUIET_STEPS && !morning.isOver; index++) morning.step(STEPS + index, true)
    for (const [kind, count] of morning.sent) sent.set(kind, (sent.get(kind) ?? 0) + count)
    broken += morning.broken
  }
  const least = { PLEDGE: 50, DRAW: 30, RELEASE: 5, REPAY: 5 }
  for (const [kind, count] of Object.entries(least))
    assert.ok((sent.get(kind) ?? 0) > count, `${[...sent].join(' ')}; ${broken} broken`)
  assert.ok(broken > 10, `only ${broken} plans were broken`)
})

/**
 * Invariants of the agent over random days with a bank that rejects, delays and keeps silent: what must hold after every
 * cycle whatever happens. Seeds are fixed; a failure names its own.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFinal, isHeld, isOutstanding } from '../pipeline/action/life-cycle.js'
import { createAgent } from '../pipeline/agent.js'
import { toHex } from '../pipeline/identity.js'
import type { GroupState } from '../pipeline/perception/state.js'
import type { AppliedCycle } from '../pipeline/ports.js'
import { decodeState } from '../pipeline/state-codec.js'
import { SimulatedBank } from '../sandbox/bank/simulated-bank.js'
import { Random } from '../sandbox/random.js'
import type { Execution } from '../schemas/generated/types.js'
import { testEnvironment } from './support/environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  MORNING,
  movement,
  quote,
  SECOND,
} from './support/small-group.js'

const environment = await testEnvironment()
const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1)
const STEPS = 150
const STEP_SECONDS = 20

class RandomDay {
  readonly driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)))
  readonly bank: SimulatedBank
  private readonly random: Random
  private scheduled: Execution[] = []
  private settledByInstruction = new Map<string, Execution>()
  private now = MORNING + SECOND

  constructor(readonly seed: number) {
    this.random = new Random('invariants', seed)
    this.bank = new SimulatedBank({ venueId: 'bank', seed })
    this.driver.close(this.now)
  }

  private readonly deliver = (execution: Execution): void => {
    this.scheduled.push(execution)
  }

  step(index: number, quiet: boolean): void {
    this.now += STEP_SECONDS * SECOND
    if (!quiet) this.addMovements(index)
    quote(this.driver, 1.05 + 0.1 * this.random.uniform(), this.now - SECOND)
    for (const execution of this.scheduled.filter((report) => report.eventTime <= this.now)) {
      if (execution.status === 'SETTLED')
        this.settledByInstruction.set(toHex(execution.instructionId), execution)
      this.driver.input('execution', execution, execution.eventTime)
    }
    this.scheduled = this.scheduled.filter((report) => report.eventTime > this.now)
    const applied = this.driver.close(this.now)
    for (const order of applied.release) this.bank.send(order, this.now, this.deliver)
    for (const order of applied.query) this.bank.query(order, this.now, this.deliver)
    this.check(applied, decodeState(this.driver.agent.snapshot()))
  }

  private addMovements(index: number): void {
    const account = ['OPERATING', 'PAYROLL', 'DOLLARS'][this.random.integer(0, 2)]!
    const amount = this.random.integer(-1_500_000_00, 1_500_000_00)
    this.driver.input('cash-movement', movement(`m${index}`, account, amount), this.now - 2 * SECOND)
    if (this.random.uniform() < 0.2) {
      this.driver.input('cash-movement', movement(`m${index}`, account, amount), this.now - SECOND)
    }
  }

  private check(applied: AppliedCycle, state: GroupState): void {
    assert.deepEqual(applied.result.deadLetters, [])
    this.checkReservations(state)
    this.checkBooks(state)
    for (const order of applied.release) {
      const source = state.accounts.get(order.sourceAccountId)
      if (source === undefined) continue
      const unsent = [...state.instructions.values()]
        .filter((one) => one.sourceAccountId === order.sourceAccountId)
        .filter((one) => isHeld(one.state) && !isOutstanding(one.state))
        .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
      const available = source.settledMinor - source.reservedMinor + unsent
      const floor = { OPERATING: 1_000_000_00, PAYROLL: 500_000_00, DOLLARS: 200_000_00 }[
        order.sourceAccountId
      ]!
      assert.ok(available >= floor, `seed ${this.seed}: ${order.sourceAccountId} has ${available} left`)
    }
  }

  /** What is held is exactly what is on its way, or waits to be sent. */
  private checkReservations(state: GroupState): void {
    const reserved = new Map<string, number>()
    const incoming = new Map<string, number>()
    const add = (map: Map<string, number>, key: string, amount: number) =>
      map.set(key, (map.get(key) ?? 0) + amount)
    for (const order of state.instructions.values()) {
      if (!isHeld(order.state)) continue
      add(reserved, order.sourceAccountId, order.amountMinor)
      add(incoming, order.destinationAccountId, order.counterAmountMinor)
    }
    for (const [id, account] of state.accounts) {
      assert.equal(account.reservedMinor, reserved.get(id) ?? 0, `seed ${this.seed}: reserved on ${id}`)
      assert.equal(account.incomingMinor, incoming.get(id) ?? 0, `seed ${this.seed}: incoming on ${id}`)
    }
  }

  /** Managed less unmanaged balance is what settled instructions moved, to the unit. */
  private checkBooks(state: GroupState): void {
    const moved = new Map<string, number>()
    const add = (key: string, amount: number) => moved.set(key, (moved.get(key) ?? 0) + amount)
    let drawn = 0
    for (const order of state.instructions.values()) {
      if (order.state !== 'SETTLED') continue
      const execution = this.settledByInstruction.get(order.instructionId)!
      add(order.sourceAccountId, -execution.settledMinor)
      add(order.destinationAccountId, execution.counterSettledMinor)
      if (order.kind === 'DRAW') drawn += execution.settledMinor
      if (order.kind === 'REPAY') drawn -= execution.settledMinor
    }
    for (const [id, account] of state.accounts) {
      assert.equal(
        account.settledMinor - account.unmanagedMinor,
        moved.get(id) ?? 0,
        `seed ${this.seed}: ${id}`,
      )
    }
    assert.equal(state.facilities.get('RCF')!.outstandingMinor, drawn)
  }

  finish(): GroupState {
    return decodeState(this.driver.agent.snapshot())
  }
}

test('reservations, books and floors hold after every cycle, and nothing is left open at the end', () => {
  let instructions = 0
  for (const seed of SEEDS) {
    const day = new RandomDay(seed)
    for (let index = 0; index < STEPS; index++) day.step(index, index > STEPS - 60)
    // Silent feeds freeze their accounts after two hours, a silent bank is asked after ten minutes: give both the time.
    for (let index = 0; index < 600; index++) day.step(STEPS + index, true)
    const state = day.finish()
    for (const order of state.instructions.values()) {
      assert.ok(isFinal(order.state), `seed ${seed}: ${order.instructionId} is ${order.state}`)
    }
    for (const facility of state.facilities.values()) {
      assert.equal(facility.reservedDrawMinor, 0)
      assert.equal(facility.reservedRepayMinor, 0)
    }
    instructions += state.instructions.size
  }
  assert.ok(instructions > 100, `only ${instructions} instructions in ${SEEDS.length} days`)
})

/** The simulated bank keeps the promises of the venue port, for any instruction. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Execution, Instruction } from '../../schemas/generated/types.js'
import { SimulatedBank } from './simulated-bank.js'

const CREATED_AT = 1_773_820_800_000_000
const bank = new SimulatedBank({ venueId: 'bank', seed: 7 })
const kinds = ['TRANSFER', 'FX', 'DRAW', 'REPAY'] as const

const anyInstruction = fc
  .record({
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    kind: fc.constantFrom(...kinds),
    amountMinor: fc.integer({ min: 1, max: 2 ** 52 - 1 }),
  })
  .map(({ id, kind, amountMinor }) => instructionOf(id, kind, amountMinor))

function instructionOf(id: Uint8Array, kind: Instruction['kind'], amountMinor: number): Instruction {
  return {
    instructionId: id,
    decisionId: new Uint8Array(16),
    groupId: 'g',
    cycle: 1,
    leg: 0,
    kind,
    channelId: 'rail',
    venueId: 'bank',
    sourceAccountId: 'A',
    destinationAccountId: 'B',
    currency: 'EUR',
    amountMinor,
    counterCurrency: kind === 'FX' ? 'USD' : 'EUR',
    counterAmountMinor: amountMinor,
    createdAt: CREATED_AT,
    expiresAt: CREATED_AT + 600_000_000,
    dependsOn: -1,
    assetId: '',
    assetParts: 0,
  }
}

function sent(instruction: Instruction, at: number, venue = bank): Execution[] {
  const reports: Execution[] = []
  venue.send(instruction, at, (execution) => reports.push(execution))
  return reports
}

function asked(instruction: Instruction, at: number): Execution {
  const reports: Execution[] = []
  bank.query(instruction, at, (execution) => reports.push(execution))
  assert.equal(reports.length, 1)
  return reports[0]
}

const isFinal = ({ status }: Execution) => status === 'SETTLED' || status === 'REJECTED'
const idOf = (execution: Execution) => Buffer.from(execution.executionId).toString('hex')

/** `count` instructions with different ids. */
function many(count: number, kind: Instruction['kind'] = 'TRANSFER'): Instruction[] {
  return Array.from({ length: count }, (_, index) => {
    const id = Buffer.alloc(16)
    id.writeUInt32BE(index)
    return instructionOf(id, kind, 100_000_000)
  })
}

test('reports: same again for the same sending, at most one final and it is the last, times rise', () => {
  fc.assert(
    fc.property(anyInstruction, fc.nat({ max: 1_000_000_000 }), (instruction, delay) => {
      const at = CREATED_AT + delay
      const reports = sent(instruction, at)
      assert.deepEqual(sent(instruction, at), reports)
      assert.deepEqual(sent(instruction, at, new SimulatedBank({ venueId: 'bank', seed: 7 })), reports)
      assert.equal(new Set(reports.map(idOf)).size, reports.length)
      assert.equal(reports.findIndex(isFinal), reports.length - 1)
      let previous = at + bank.minimumLatencyMicros - 1
      for (const report of reports) {
        assert.ok(Number.isSafeInteger(report.eventTime) && report.eventTime > previous)
        previous = report.eventTime
        assert.equal(report.settledMinor, report.status === 'SETTLED' ? instruction.amountMinor : 0)
        assert.equal(report.reasonCode !== '', report.status === 'REJECTED')
        assert.equal(report.sourceSequence, -1)
      }
    }),
    { seed: 20260318, numRuns: 3000 },
  )
})

test('a second sending at another time gives the same reports under the same ids', () => {
  for (const instruction of many(500)) {
    const first = sent(instruction, CREATED_AT)
    const second = sent(instruction, CREATED_AT + 3_600_000_000)
    assert.deepEqual(second.map(idOf), first.map(idOf))
    assert.deepEqual(
      second.map((one) => one.status),
      first.map((one) => one.status),
    )
  }
})

test('a question is answered in agreement with what was or would have been reported', () => {
  const seen = { silentSettled: 0, silentRejected: 0, unknown: 0, pending: 0 }
  for (const instruction of many(5000)) {
    const reports = sent(instruction, CREATED_AT)
    const askedAt = CREATED_AT + 600_000_000
    const answer = asked(instruction, askedAt)
    assert.ok(answer.eventTime >= askedAt + bank.minimumLatencyMicros)
    const final = reports.at(-1)
    if (final === undefined) {
      assert.ok(isFinal(answer), 'after silence the question must bring the fate to light')
      assert.equal(idOf(asked(instruction, askedAt + 1_000_000)), idOf(answer))
      if (answer.status === 'SETTLED') seen.silentSettled++
      else if (answer.reasonCode === 'DS24') seen.unknown++
      else seen.silentRejected++
    } else if (isFinal(answer)) {
      assert.equal(idOf(answer), idOf(final))
      assert.equal(answer.status, final.status)
      assert.equal(answer.counterSettledMinor, final.counterSettledMinor)
    } else {
      assert.ok(final.eventTime > answer.eventTime, 'still under way')
      assert.ok(reports.every((report) => idOf(report) !== idOf(answer)))
      seen.pending++
    }
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `${what} never happened`)
})

test('shares and delays are as documented', () => {
  const range = { TRANSFER: [20, 90], FX: [60, 180], DRAW: [120, 600], REPAY: [120, 600] } as const
  for (const kind of kinds) {
    let silent = 0
    let rejected = 0
    let slow = 0
    for (const instruction of many(5000, kind)) {
      const reports = sent(instruction, CREATED_AT)
      const final = reports.at(-1)
      if (final === undefined) silent++
      else if (final.status === 'REJECTED') rejected++
      else {
        const accepted = reports.find((report) => report.status === 'ACCEPTED')
        assert.ok(accepted !== undefined)
        assert.ok(accepted.eventTime - CREATED_AT <= 8_000_000)
        const settleSeconds = (final.eventTime - accepted.eventTime) / 1e6
        assert.ok(settleSeconds >= range[kind][0] - 1e-6)
        if (settleSeconds > range[kind][1]) slow++
      }
    }
    assert.ok(silent >= 25 && silent <= 85, `silent ${silent} of 5000`)
    assert.ok(rejected >= 60 && rejected <= 140, `rejected ${rejected} of 5000`)
    assert.ok(slow >= 40 && slow <= 120, `slow ${slow} of 5000`)
  }
})

test('FX is done within 0.3 bp of the expected amount, everything else exactly', () => {
  fc.assert(
    fc.property(anyInstruction, (instruction) => {
      const final = sent(instruction, CREATED_AT).at(-1)
      if (final?.status !== 'SETTLED') return
      const expected = BigInt(instruction.counterAmountMinor)
      const difference = BigInt(final.counterSettledMinor) - expected
      const magnitude = difference < 0n ? -difference : difference
      if (instruction.kind === 'FX') assert.ok(magnitude * 10_000_000n <= expected * 300n)
      else assert.equal(difference, 0n)
    }),
    { seed: 20260318, numRuns: 3000 },
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { makeSyntheticDay, movementId, type SyntheticDay } from '../testing/synthetic-day.js'
import { withShadows } from '../testing/synthetic-trial.js'
import { Projection } from './projection.js'
import type { RowSink, Table } from './table.js'

type AnyRow = Record<string, unknown>

class CollectedRows implements RowSink {
  readonly tables = new Map<string, AnyRow[]>()

  add<Row>(table: Table<Row>, row: Row): void {
    const rows = this.tables.get(table.name) ?? []
    rows.push(row as AnyRow)
    this.tables.set(table.name, rows)
  }

  of(table: string): AnyRow[] {
    return this.tables.get(table) ?? []
  }
}

function project(day: SyntheticDay): CollectedRows {
  const rows = new CollectedRows()
  const projection = new Projection()
  for (const entry of day.entries) projection.add(rows, entry)
  return rows
}

const day = makeSyntheticDay({ seed: 1, groups: 2, cycles: 40, movements: 5 })
const rows = project(day)

test('each input becomes one row with its coordinates, what it said and what became of it', () => {
  const inputs = day.entries.flatMap(({ body }) => ('weir.Cycle' in body ? body['weir.Cycle'].inputs : []))
  assert.equal(rows.of('inputs').length, inputs.length)
  const id = Buffer.from(movementId('G-1', 3, 2))
  const row = rows
    .of('inputs')
    .find((one) => id.equals((one.recordId as Uint8Array | null) ?? Buffer.alloc(0)))
  assert.ok(row)
  assert.equal(row.stream, 'cash-movement')
  assert.equal(row.sourceName, 'cash-movement/morning.avro')
  assert.equal(row.disposition, 'duplicate')
  assert.equal(row.kind, 'CUSTOMER_PAYMENT')
  assert.match(String(row.accountId), /^G-1-[ABC]$/)
  assert.ok(Number.isSafeInteger(row.amountMinor))
  const expected = ['accepted', 'dead-letter', 'duplicate', 'late', 'superseded']
  assert.deepEqual([...new Set(rows.of('inputs').map((one) => one.disposition))].sort(), expected)
})

test('a cycle counts its inputs by disposition', () => {
  for (const cycle of rows.of('cycles')) {
    const mine = rows.of('inputs').filter((row) => row.groupId === cycle.groupId && row.cycle === cycle.cycle)
    assert.equal(cycle.inputs, mine.length)
    const counted = ['accepted', 'duplicates', 'superseded', 'late', 'deadLetters'].map((name) =>
      Number(cycle[name]),
    )
    assert.equal(
      counted.reduce((sum, count) => sum + count, 0),
      mine.length,
    )
    assert.equal(cycle.late, mine.filter((row) => row.disposition === 'late').length)
    assert.equal(cycle.configuration, 'c0'.repeat(32))
  }
})

test('new edges partition the applied inputs among the decisions of a group', () => {
  const applied = rows
    .of('inputs')
    .filter((row) => row.disposition === 'accepted' || row.disposition === 'late')
  const fresh = rows.of('decision_inputs').filter((row) => row.role === 'new')
  const key = (group: unknown, cycle: unknown, index: unknown): string => `${group} ${cycle} ${index}`
  const edges = new Set(fresh.map((row) => key(row.groupId, row.inputCycle, row.inputIndex)))
  assert.equal(edges.size, fresh.length)
  for (const decision of rows.of('decisions')) {
    const seen = applied.filter(
      (row) =>
        row.groupId === decision.groupId &&
        Number(row.cycle) > Number(decision.previousCycle) &&
        Number(row.cycle) <= Number(decision.cycle),
    )
    const mine = fresh.filter((row) => row.decisionId === decision.decisionId)
    assert.equal(mine.length, seen.length)
    for (const row of seen) assert.ok(edges.has(key(row.groupId, row.cycle, row.inputIndex)))
  }
})

test('a policy that decides beside the one in force has a row of its own, and its inputs once, with the decision in force', () => {
  const projected = project(withShadows(day))
  assert.deepEqual(projected.of('decision_inputs'), rows.of('decision_inputs'))
  const inForce = projected.of('decisions').filter(({ arm }) => arm === '')
  assert.deepEqual(inForce, rows.of('decisions'))
  assert.equal(projected.of('decisions').length, 2 * inForce.length)
})

test('standing edges name the latest earlier input of everything that was touched', () => {
  const applied = rows
    .of('inputs')
    .filter((row) => row.disposition === 'accepted' || row.disposition === 'late')
  for (const decision of rows.of('decisions')) {
    const standing = rows
      .of('decision_inputs')
      .filter((row) => row.role === 'standing' && row.decisionId === decision.decisionId)
    const expected = new Map<string, string>()
    for (const row of applied) {
      const touched = String(row.touched)
      const mine = row.groupId === decision.groupId && Number(row.cycle) <= Number(decision.cycle)
      if (mine && !touched.startsWith('instruction:')) expected.set(touched, `${row.cycle} ${row.inputIndex}`)
    }
    for (const [touched, at] of expected) {
      if (Number(at.split(' ')[0]) > Number(decision.previousCycle)) expected.delete(touched)
    }
    if (decision.outcome === 'NOTHING_TO_DO') expected.clear()
    const found = new Map(standing.map((row) => [String(row.touched), `${row.inputCycle} ${row.inputIndex}`]))
    assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()))
  }
})

test('decisions, explanations, optimizer runs, instructions and their lives arrive whole', () => {
  const results = day.entries.flatMap(({ body }) =>
    'weir.CycleResult' in body ? [body['weir.CycleResult']] : [],
  )
  const total = (pick: (result: (typeof results)[number]) => readonly unknown[]): number =>
    results.reduce((sum, result) => sum + pick(result).length, 0)
  assert.equal(
    rows.of('decisions').length,
    total((result) => result.decisions),
  )
  assert.equal(
    rows.of('decision_explanations').length,
    total((result) => result.explanations),
  )
  assert.equal(
    rows.of('instructions').length,
    total((result) => result.instructions),
  )
  assert.equal(
    rows.of('instruction_events').length,
    total((result) => result.instructionEvents),
  )
  assert.equal(
    rows.of('reservations').length,
    total((result) => result.reservations),
  )
  assert.equal(
    rows.of('alerts').length,
    total((result) => result.alerts),
  )
  assert.equal(
    rows.of('dead_letters').length,
    total((result) => result.deadLetters),
  )
  const solved = rows.of('decisions').filter((row) => row.solverStatus !== 'not-run')
  assert.equal(rows.of('solver_runs').length, solved.length)
  assert.ok(solved.length > 0 && solved.length < rows.of('decisions').length)
  const reported = rows.of('instruction_events').filter((row) => row.executionId !== null)
  assert.equal(reported.length, rows.of('executions').length)
})

test('a result without its cycle and an undeclared source are refused', () => {
  const result = day.entries.find(({ body }) => 'weir.CycleResult' in body)!
  const cycle = day.entries.find(({ body }) => 'weir.Cycle' in body)!
  const refused = (error: unknown): boolean => error instanceof WeirError && error.code === 'WEIR_JOURNAL'
  assert.throws(() => new Projection().add(new CollectedRows(), result), refused)
  const projection = new Projection()
  projection.add(new CollectedRows(), cycle)
  assert.throws(() => projection.add(new CollectedRows(), result), refused)
})

test('an unreadable payload leaves its fields empty and the row stands', () => {
  const broken = makeSyntheticDay({ seed: 1, groups: 1, cycles: 2, movements: 2 })
  for (const { body } of broken.entries) {
    if (!('weir.Cycle' in body)) continue
    for (const input of body['weir.Cycle'].inputs) input.payload = input.payload.subarray(0, 5)
  }
  const found = project(broken)
  assert.ok(found.of('inputs').length > 0)
  for (const row of found.of('inputs')) {
    assert.equal(row.eventTime, null)
    assert.equal(row.recordId, null)
    assert.equal(row.amountMinor, null)
  }
  assert.equal(found.of('executions').length, 0)
})

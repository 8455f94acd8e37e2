/**
 * The agents live through the simulated day with the simulated bank: floors hold, and they would not have held alone.
 *
 * Cycles, bank and agents run in this thread without journal or rings; `tests/` of the runtime cover those. The balances
 * are kept by the test itself, from movements and executions, and compared with what the agents report.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import { createAgent } from '../pipeline/agent.js'
import { parsePolicy } from '../pipeline/governance/policy.js'
import { NO_DIGEST } from '../pipeline/identity.js'
import { toMinor } from '../pipeline/money.js'
import type { Agent, AppliedCycle, GroupSummary } from '../pipeline/ports.js'
import { SimulatedBank } from '../sandbox/bank/simulated-bank.js'
import { type Day, generateDay } from '../sandbox/day/day.js'
import { EncodedRecord } from '../sandbox/day/faulty-records.js'
import { SIMULATED_VENUE } from '../sandbox/day/reference-data.js'
import { examplePolicies } from '../sandbox/day/write-day.js'
import { SCHEMA_JSON, type StreamName } from '../schemas/generated/schemas.js'
import type {
  Account,
  BalanceReport,
  CashMovement,
  CycleInput,
  Execution,
  Instruction,
} from '../schemas/generated/types.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'

const CYCLE_MICROS = 5_000_000
const HEARTBEAT_MICROS = 300_000_000

const policies = examplePolicies()
const day = generateDay({ seed: 7, date: '2026-03-18', policies })
const optimizer = await compileOptimizer()

interface Arrival extends CycleInput {
  readonly stream: string
  readonly record: object
}

interface Book {
  balanceMinor: number
  lowestMinor: number
  unmanagedMinor: number
  lowestUnmanagedMinor: number
}

interface LivedDay {
  readonly summary: GroupSummary
  readonly books: ReadonlyMap<string, Book>
  readonly refusals: readonly string[]
  readonly instructions: readonly Instruction[]
  readonly deadLetters: readonly string[]
}

function typeOf(stream: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(SCHEMA_JSON[stream as StreamName]) as avro.Schema)
}

/** Inputs of a group in the order of arrival: the highest event time of the file so far. */
function arrivals(agent: Agent, from: Day): Arrival[] {
  const inputs: Arrival[] = []
  for (const [source, { stream, name, records }] of from.files.entries()) {
    const schema = SCHEMA_JSON[stream as StreamName]
    agent.declareSource({ source, stream, name, writerSchema: schema, fingerprint: new Uint8Array(32) })
    const type = typeOf(stream)
    let arrivedAt = 0
    for (const [position, record] of records.entries()) {
      if (record instanceof EncodedRecord) continue
      const { groupId, eventTime } = record as { groupId: string; eventTime: number }
      arrivedAt = Math.max(arrivedAt, eventTime)
      if (groupId !== agent.groupId && groupId !== '*') continue
      inputs.push({ source, position, arrivedAt, payload: type.toBuffer(record), stream, record })
    }
  }
  return inputs.sort((a, b) => a.arrivedAt - b.arrivedAt || a.source - b.source || a.position - b.position)
}

/** The test's own bookkeeping. */
class Ledger {
  readonly books = new Map<string, Book>()
  readonly #seen = new Set<string>()
  readonly #instructions = new Map<string, Instruction>()

  released(instruction: Instruction): void {
    const id = hex(instruction.instructionId)
    assert.ok(!this.#instructions.has(id), 'an instruction was released twice')
    this.#instructions.set(id, instruction)
  }

  apply(stream: string, record: object): void {
    if (stream === 'balance-report') {
      const { kind, accountId, bookedMinor } = record as BalanceReport
      const balances = { balanceMinor: bookedMinor, unmanagedMinor: bookedMinor }
      const lows = { lowestMinor: bookedMinor, lowestUnmanagedMinor: bookedMinor }
      if (kind === 'OPENING') this.books.set(accountId, { ...balances, ...lows })
    } else if (stream === 'cash-movement') {
      const { movementId, accountId, amountMinor } = record as CashMovement
      if (this.#isNew(movementId)) this.#add(accountId, amountMinor, amountMinor)
    } else if (stream === 'execution') {
      const execution = record as Execution
      if (execution.status !== 'SETTLED' || !this.#isNew(execution.executionId)) return
      const instruction = this.#instructions.get(hex(execution.instructionId))!
      this.#add(instruction.sourceAccountId, -execution.settledMinor, 0)
      this.#add(instruction.destinationAccountId, execution.counterSettledMinor, 0)
    }
  }

  #isNew(id: Uint8Array): boolean {
    const key = hex(id)
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return true
  }

  #add(accountId: string, amountMinor: number, unmanagedMinor: number): void {
    const book = this.books.get(accountId)
    if (book === undefined) return
    book.balanceMinor += amountMinor
    book.unmanagedMinor += unmanagedMinor
    book.lowestMinor = Math.min(book.lowestMinor, book.balanceMinor)
    book.lowestUnmanagedMinor = Math.min(book.lowestUnmanagedMinor, book.unmanagedMinor)
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function live(groupId: string): LivedDay {
  const environment = { optimizer: optimizer.module, optimizerDigest: optimizer.digest, nowMicros: () => 0 }
  const agent = createAgent(groupId, environment)
  const inputs = arrivals(agent, day)
  const venue = day.files.length
  const name = `venue:${SIMULATED_VENUE}`
  const writerSchema = SCHEMA_JSON.execution
  agent.declareSource({
    source: venue,
    stream: 'execution',
    name,
    writerSchema,
    fingerprint: new Uint8Array(32),
  })
  const bank = new SimulatedBank({ venueId: SIMULATED_VENUE, seed: 7 })
  const executionType = typeOf('execution')
  const ledger = new Ledger()
  const lived = { refusals: [] as string[], instructions: [] as Instruction[], deadLetters: [] as string[] }
  let reports: Execution[] = []
  let reported = 0
  let next = 0
  let lastClosed = 0
  const first = inputs[0].arrivedAt
  for (let closedAt = first + CYCLE_MICROS; closedAt <= first + 86_400e6; closedAt += CYCLE_MICROS) {
    const batch: Arrival[] = []
    for (; next < inputs.length && inputs[next].arrivedAt < closedAt; next++) batch.push(inputs[next])
    const due = reports
      .filter(({ eventTime }) => eventTime < closedAt)
      .sort((a, b) => a.eventTime - b.eventTime)
    reports = reports.filter(({ eventTime }) => eventTime >= closedAt)
    for (const record of due) {
      const payload = executionType.toBuffer(withBuffers(record))
      batch.push({
        source: venue,
        position: reported++,
        arrivedAt: record.eventTime,
        payload,
        stream: 'execution',
        record,
      })
    }
    if (batch.length === 0 && closedAt - lastClosed < HEARTBEAT_MICROS) continue
    lastClosed = closedAt
    const applied = agent.apply({
      groupId,
      cycle: agent.nextCycle,
      closedAt,
      inputs: batch,
      configuration: NO_DIGEST,
    })
    for (const { stream, record } of batch.filter((_, index) => isUsed(applied, index)))
      ledger.apply(stream, record)
    for (const decision of applied.result.decisions) {
      if (decision.outcome === 'REFUSED') lived.refusals.push(decision.reason)
    }
    lived.deadLetters.push(...applied.result.deadLetters.map((letter) => letter.reason))
    for (const instruction of applied.release) {
      ledger.released(instruction)
      lived.instructions.push(instruction)
      bank.send(instruction, closedAt, (execution) => reports.push(execution))
    }
    for (const instruction of applied.query)
      bank.query(instruction, closedAt, (execution) => reports.push(execution))
  }
  return { summary: agent.summary(), books: ledger.books, ...lived }
}

/** avsc encodes fixed values from buffers only. */
function withBuffers(execution: Execution): object {
  const { executionId, instructionId } = execution
  return { ...execution, executionId: Buffer.from(executionId), instructionId: Buffer.from(instructionId) }
}

function isUsed({ result }: AppliedCycle, input: number): boolean {
  return result.deadLetters.every((letter) => letter.input !== input)
}

const lived = new Map(
  policies.map(({ text, place }) => parsePolicy(text, place)).map((policy) => [policy, live(policy.groupId)]),
)
const accounts = new Map(
  day.files
    .filter((file) => file.stream === 'account')
    .flatMap((file) => file.records as Account[])
    .map((account) => [`${account.groupId}/${account.accountId}`, account]),
)

test('every floor holds all day, and several would have been broken', () => {
  for (const [policy, { books }] of lived) {
    let saved = 0
    for (const { accountId, floor } of policy.accounts) {
      const { currencyExponent } = accounts.get(`${policy.groupId}/${accountId}`)!
      const floorMinor = toMinor(floor, currencyExponent)
      const book = books.get(accountId)!
      assert.ok(book.lowestMinor >= floorMinor, `${policy.groupId} ${accountId} fell to ${book.lowestMinor}`)
      if (book.lowestUnmanagedMinor < floorMinor) saved++
    }
    assert.ok(saved >= 2, `${policy.groupId}: only ${saved} accounts needed the agent`)
  }
})

test('the agents report the balances that movements and executions add up to', () => {
  for (const [policy, { books, summary }] of lived) {
    const pools = new Map<string, { closing: number; unmanaged: number }>()
    for (const [accountId, book] of books) {
      const account = accounts.get(`${policy.groupId}/${accountId}`)!
      if (!account.controllable) continue
      const pool = pools.get(account.currency) ?? { closing: 0, unmanaged: 0 }
      pool.closing += book.balanceMinor
      pool.unmanaged += book.unmanagedMinor
      pools.set(account.currency, pool)
    }
    assert.equal(summary.currencies.length, pools.size)
    for (const { currency, closingMinor, closingUnmanagedMinor } of summary.currencies) {
      assert.deepEqual({ closing: closingMinor, unmanaged: closingUnmanagedMinor }, pools.get(currency))
    }
  }
})

test('the agents act visibly, not constantly, by every kind of instruction, and cheaper than doing nothing', () => {
  const kinds = new Set<string>()
  let total = 0
  for (const [policy, { instructions, summary }] of lived) {
    total += instructions.length
    for (const { kind } of instructions) kinds.add(kind)
    assert.ok(instructions.length >= 15, `${policy.groupId}: ${instructions.length} instructions`)
    assert.ok(summary.decisions.acted * 2 < summary.decisions.nothingToDo, policy.groupId)
    assert.ok(summary.cost.managed < summary.cost.unmanaged / 5, policy.groupId)
  }
  assert.ok(total >= 300 && total <= 1500, `${total} instructions`)
  assert.deepEqual([...kinds].sort(), ['DRAW', 'FX', 'REPAY', 'TRANSFER'])
})

test('what cannot be funded any more is refused', () => {
  const europe = [...lived].find(([policy]) => policy.groupId === 'europe')![1]
  assert.ok(europe.refusals.includes('floor-cannot-be-held'), europe.refusals.join())
})

test('every faulty record that reaches the group is a dead letter', () => {
  const europe = [...lived].find(([policy]) => policy.groupId === 'europe')![1]
  // Two of each kind, less the unknown group; the undecodable one is left to the tests of the reader.
  assert.equal(europe.deadLetters.length, 12, europe.deadLetters.join())
  for (const [policy, { deadLetters }] of lived) {
    if (policy.groupId !== 'europe') assert.deepEqual(deadLetters, [])
  }
})

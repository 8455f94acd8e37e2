/** The live bank may be killed between any two writes, and within one: every instruction is carried out once, and the books add up. */
import assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { derivedId, toHex } from '../../../pipeline/identity.js'
import type { Execution, Instruction } from '../../../schemas/generated/types.js'
import type { CollateralTerms } from '../collateral-book.js'
import { fateOf } from '../fate.js'
import { Ledger, readBook } from './ledger.js'
import { LiveBank } from './live-bank.js'

const SEED = '7'
const VENUE = 'bank'
const folder = await mkdtemp(join(tmpdir(), 'weir-bank-'))
after(() => rm(folder, { recursive: true, force: true }))
let files = 0

function instructionOf(number: number): Instruction {
  const kind = (['TRANSFER', 'FX', 'DRAW', 'REPAY'] as const)[number % 4] ?? 'TRANSFER'
  return {
    instructionId: derivedId('live bank test', number),
    decisionId: new Uint8Array(16),
    groupId: `g${number % 3}`,
    cycle: number,
    leg: 0,
    kind,
    channelId: 'rail',
    venueId: VENUE,
    sourceAccountId: kind === 'DRAW' ? '' : 'A',
    destinationAccountId: kind === 'REPAY' ? '' : 'B',
    currency: 'EUR',
    amountMinor: 2 ** 51 + number,
    counterCurrency: kind === 'FX' ? 'USD' : 'EUR',
    counterAmountMinor: 2 ** 51 + number,
    createdAt: 1_773_820_800_000_000,
    expiresAt: 1_773_820_800_000_000 + 600_000_000,
    dependsOn: -1,
    assetId: '',
    assetParts: 0,
  }
}

interface Life {
  readonly ledger: Ledger
  readonly bank: LiveBank
  readonly reports: Execution[]
}

/** A bank whose clock leaps, so that every step is due at once. */
async function live(
  path: string,
  acknowledges: () => boolean = () => true,
  collateral?: CollateralTerms,
): Promise<Life> {
  const ledger = await Ledger.open(path, { venueId: VENUE, seed: SEED, collateral })
  const reports: Execution[] = []
  let clock = 0
  const bank = new LiveBank({
    venueId: VENUE,
    ledger,
    timeScale: 1e9,
    report: async (execution) => {
      reports.push(execution)
      if (!acknowledges()) await new Promise(() => {})
    },
    nowMicros: () => ++clock,
    failed: (error) => {
      throw error
    },
  })
  bank.resume()
  return { ledger, bank, reports }
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2_000 && !holds(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 1))
  assert.ok(holds(), 'it does not come to an end')
}

async function end({ bank, ledger }: Life): Promise<void> {
  bank.close()
  await ledger.close()
}

const isOver = ({ ledger }: Life, count: number): boolean => {
  const all = [...ledger.book.instructions.values()]
  return (
    all.length === count && all.every(({ fate, stepsAtMicros }) => stepsAtMicros.length === fate.steps.length)
  )
}

/** Whole reports, by id: what the topic would hold once duplicates are put together. */
const idsOf = (reports: readonly Execution[]) => new Set(reports.map(({ executionId }) => toHex(executionId)))

function expectedBalances(instructions: readonly Instruction[]): Map<string, bigint> {
  const moved = new Map<string, bigint>()
  const move = (key: string, minor: number) => moved.set(key, (moved.get(key) ?? 0n) + BigInt(minor))
  for (const instruction of instructions) {
    const fate = fateOf(SEED, instruction)
    if (fate.steps.at(-1)?.status !== 'SETTLED') continue
    if (instruction.sourceAccountId !== '') move(`${instruction.groupId}/A`, -instruction.amountMinor)
    if (instruction.destinationAccountId !== '') move(`${instruction.groupId}/B`, fate.counterSettledMinor)
  }
  return moved
}

test('a bank that is killed at any byte of its ledger goes on, carries out once and reports everything', async () => {
  const instructions = Array.from({ length: 24 }, (_, number) => instructionOf(number))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (cuts, acknowledged) => {
        const path = join(folder, `killed-${files++}`)
        const told: Execution[] = []
        let nth = 0
        for (const cut of cuts) {
          const life = await live(path, () => (nth++ % 10) / 10 < acknowledged)
          const known = life.ledger.book.instructions.size
          // What was taken for good is not sent again by every gateway; here all of it is, which must change nothing.
          for (const instruction of instructions) await life.bank.send(instruction)
          assert.ok(life.bank.redelivered >= known)
          await until(() => isOver(life, instructions.length))
          await end(life)
          // The kill: what was written after the cut never reached the disk, nor was a word of it told.
          const bytes = readFileSync(path)
          const kept = Math.floor(bytes.length * cut)
          truncateSync(path, kept)
          told.push(...life.reports)
        }
        const last = await live(path)
        for (const instruction of instructions) await last.bank.send(instruction)
        await until(() => isOver(last, instructions.length))
        const wanted = instructions.flatMap((instruction) =>
          fateOf(SEED, instruction).silent ? [] : fateOf(SEED, instruction).steps,
        )
        await until(() => idsOf([...told, ...last.reports]).size === wanted.length)
        assert.deepEqual(
          new Map([...last.ledger.book.moved].sort()),
          new Map([...expectedBalances(instructions)].sort()),
        )
        await end(last)
        assert.equal(readBook(path).book.settled, last.ledger.book.settled)
      },
    ),
    { seed: 20261129, numRuns: 10 },
  )
})

test('a report that was acknowledged is not told again after a restart, one that was not is, with the same id and time', async () => {
  const path = join(folder, 'acknowledged')
  const numbers = Array.from({ length: 40 }, (_, number) => number)
  const first = await live(path, () => false)
  for (const number of numbers) await first.bank.send(instructionOf(number))
  await until(() => isOver(first, numbers.length))
  await end(first)
  const second = await live(path)
  await until(() => second.reports.length === first.reports.length)
  const facts = (life: Life) =>
    life.reports.map(({ executionId, eventTime }) => `${toHex(executionId)} ${eventTime}`).sort()
  assert.deepEqual(facts(second), facts(first))
  await until(() =>
    [...second.ledger.book.instructions.values()].every((b) => b.fate.silent || b.reported.size > 0),
  )
  await end(second)
  const third = await live(path)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(third.reports, [])
  await end(third)
})

test('a question brings the fate of a silent instruction to light, and of an unknown one nothing', async () => {
  const silent = Array.from({ length: 2_000 }, (_, number) => instructionOf(number)).find(
    (instruction) => fateOf(SEED, instruction).silent,
  )
  assert.ok(silent)
  const life = await live(join(folder, 'silent'))
  await life.bank.query(silent)
  assert.deepEqual(life.reports, [])
  await life.bank.send(silent)
  await until(() => isOver(life, 1))
  assert.deepEqual(life.reports, [])
  await life.bank.query(silent)
  assert.equal(life.reports.length, 1)
  assert.deepEqual(
    life.reports.map(({ status }) => status),
    fateOf(SEED, silent).steps.map(({ status }) => status),
  )
  await end(life)
})

test("damage before the end, another bank's ledger and a second process are refused", async () => {
  const path = join(folder, 'damaged')
  const life = await live(path)
  await assert.rejects(Ledger.open(path, { venueId: VENUE, seed: SEED }), { code: 'WEIR_LOCKED' })
  for (let number = 0; number < 8; number++) await life.bank.send(instructionOf(number))
  await end(life)
  await assert.rejects(Ledger.open(path, { venueId: VENUE, seed: '8' }), { code: 'WEIR_INPUT' })
  const bytes = readFileSync(path)
  bytes[200] ^= 1
  writeFileSync(path, bytes)
  await assert.rejects(Ledger.open(path, { venueId: VENUE, seed: SEED }), /damaged/)
  assert.throws(() => readBook(path), /damaged/)
})

test('a draw that the own book does not see covered is refused, in the next life, too, until collateral has settled', async () => {
  const path = join(folder, 'secured')
  const collateral: CollateralTerms = {
    facilities: [{ groupId: 'g0', facilityId: 'REPO', outstandingMinor: 0 }],
    pledges: [],
    coverMinor: () => 1_000_000,
  }
  const of = (kind: 'DRAW' | 'PLEDGE', number: number): Instruction => ({
    ...instructionOf(number),
    groupId: 'g0',
    kind,
    channelId: 'REPO',
    amountMinor: 400_000,
    ...(kind === 'PLEDGE' ? { assetId: 'BUND', assetParts: 500_000 } : {}),
  })
  // Fates are by id: one that settles, and tells of it.
  const numbers = Array.from({ length: 500 }, (_, number) => number)
  const settling = (kind: 'DRAW' | 'PLEDGE'): Instruction[] =>
    numbers
      .map((number) => of(kind, number))
      .filter((one) => fateOf(SEED, one).steps.at(-1)?.status === 'SETTLED' && !fateOf(SEED, one).silent)
  const [early, late] = settling('DRAW') as [Instruction, Instruction]
  const pledge = settling('PLEDGE').find(({ cycle }) => cycle > late.cycle) as Instruction
  const first = await live(path, () => true, collateral)
  await first.bank.send(early)
  await until(() => isOver(first, 1))
  await end(first)
  assert.deepEqual(
    first.reports.map(({ status, reasonCode }) => `${status} ${reasonCode}`),
    ['REJECTED AM04'],
  )

  const second = await live(path, () => true, collateral)
  await second.bank.send(early)
  await second.bank.send(pledge)
  await until(() => isOver(second, 2))
  await second.bank.send(late)
  await until(() => isOver(second, 3))
  await end(second)
  assert.equal(second.ledger.book.rejected, 1)
  assert.equal(second.ledger.book.settled, 2)
  assert.equal(second.ledger.book.refusal(of('DRAW', 999), 0), 'AM04')
  assert.equal(readBook(path).book.rejected, 1)
})

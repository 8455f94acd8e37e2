/**
 * What the simulated bank does with an instruction: a pure function of seed, venue and instruction.
 *
 * Delays count from the instruction's creation, which is part of the instruction, so that a second sending
 * and a later question meet the same fate without the bank keeping any state. Depends on `Random`.
 */
import type { Instruction } from '../../schemas/generated/types.js'
import { Random } from '../random.js'

/** One status of an instruction's life; `afterMicros` counts from the instruction's creation. */
export interface FateStep {
  readonly status: 'ACCEPTED' | 'PENDING' | 'SETTLED' | 'REJECTED'
  readonly afterMicros: number
  /** ISO 20022 external status reason; empty when there is none. */
  readonly reasonCode: string
}

export interface Fate {
  /** In order of time, the last one final. */
  readonly steps: readonly FateStep[]
  /** The bank reports nothing on its own; only a question brings the final status to light. */
  readonly silent: boolean
  /** Credited to the destination account when settled, minor units of its currency. */
  readonly counterSettledMinor: number
}

/** The fastest answer; every first report takes at least this long. */
export const MINIMUM_LATENCY_MICROS = 2_000_000

const SECOND = 1_000_000

/** Probabilities and delays; they are assumptions made to exercise every path, not measurements. */
const REJECTED = 0.02
const SILENT = 0.01
const PENDING = 0.05
const SLOW = 0.015
const SLOW_FACTOR = { least: 8, most: 20 }
const ACCEPT_SECONDS = { least: 2, most: 8 }
const SETTLE_SECONDS: Record<Instruction['kind'], { least: number; most: number }> = {
  TRANSFER: { least: 20, most: 90 },
  FX: { least: 60, most: 180 },
  DRAW: { least: 120, most: 600 },
  REPAY: { least: 120, most: 600 },
  PLEDGE: { least: 60, most: 300 },
  RELEASE: { least: 60, most: 300 },
}
/** Funds, account closed, transaction forbidden, cut-off, unspecified. */
const REASONS = ['AM04', 'AC04', 'AG01', 'TM01', 'MS03'] as const
/** The bank has never seen the instruction and will not execute it any more (waiting time expired). */
const NEVER_ARRIVED = 'DS24'

/** FX is done within 0.3 basis points of the expected counter amount, in thousandths of a basis point. */
const SLIPPAGE_MILLI_BP = 300

export function fateOf(seed: string | number, instruction: Instruction): Fate {
  const random = new Random('bank', seed, instruction.venueId, instruction.instructionId)
  const acceptedAfter = seconds(random, ACCEPT_SECONDS)
  const settledAfter = acceptedAfter + settleMicros(random, instruction.kind)
  const counterSettledMinor = counterAmount(random, instruction)
  if (random.chance(SILENT))
    return { ...silentFate(random, acceptedAfter, settledAfter), counterSettledMinor }
  const steps: FateStep[] = []
  if (random.chance(REJECTED)) {
    // Half of the rejections come at the door, half after the bank had accepted.
    const late = random.chance(0.5)
    if (late) steps.push({ status: 'ACCEPTED', afterMicros: acceptedAfter, reasonCode: '' })
    const afterMicros = late ? settledAfter : acceptedAfter
    steps.push({ status: 'REJECTED', afterMicros, reasonCode: random.pick(REASONS) })
    return { steps, silent: false, counterSettledMinor: 0 }
  }
  steps.push({ status: 'ACCEPTED', afterMicros: acceptedAfter, reasonCode: '' })
  if (random.chance(PENDING)) {
    const afterMicros = acceptedAfter + Math.floor((settledAfter - acceptedAfter) * random.between(0.2, 0.8))
    steps.push({ status: 'PENDING', afterMicros, reasonCode: '' })
  }
  steps.push({ status: 'SETTLED', afterMicros: settledAfter, reasonCode: '' })
  return { steps, silent: false, counterSettledMinor }
}

/** Of an instruction that the bank's own book refuses at the door. */
export function refusedFate(reasonCode: string): Fate {
  const steps = [{ status: 'REJECTED' as const, afterMicros: MINIMUM_LATENCY_MICROS, reasonCode }]
  return { steps, silent: false, counterSettledMinor: 0 }
}

/** Lost answers: most were executed all the same, some rejected, some never reached the bank. */
function silentFate(
  random: Random,
  acceptedAfter: number,
  settledAfter: number,
): Omit<Fate, 'counterSettledMinor'> {
  const draw = random.uniform()
  const final: FateStep =
    draw < 0.6
      ? { status: 'SETTLED', afterMicros: settledAfter, reasonCode: '' }
      : draw < 0.8
        ? { status: 'REJECTED', afterMicros: acceptedAfter, reasonCode: random.pick(REASONS) }
        : { status: 'REJECTED', afterMicros: acceptedAfter, reasonCode: NEVER_ARRIVED }
  return { steps: [final], silent: true }
}

function settleMicros(random: Random, kind: Instruction['kind']): number {
  const usual = seconds(random, SETTLE_SECONDS[kind])
  return random.chance(SLOW) ? usual * random.integer(SLOW_FACTOR.least, SLOW_FACTOR.most) : usual
}

function seconds(random: Random, range: { least: number; most: number }): number {
  return range.least * SECOND + Math.floor(random.uniform() * (range.most - range.least) * SECOND)
}

/** BigInt, because amount times slippage leaves the exact range of a double. */
function counterAmount(random: Random, instruction: Instruction): number {
  const expected = instruction.counterAmountMinor
  if (instruction.kind !== 'FX') return expected
  const milliBp = random.integer(-SLIPPAGE_MILLI_BP, SLIPPAGE_MILLI_BP)
  return expected + Number((BigInt(expected) * BigInt(milliBp)) / 10_000_000n)
}

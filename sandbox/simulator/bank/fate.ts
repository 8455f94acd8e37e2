/**
 * What the bank of the simulator does with an instruction: a pure function of seed and instruction.
 *
 * Unlike the bank of the demonstration it is meant to hurt: one in eight is met with silence, one in twelve is rejected, one in ten
 * is settled in part.
 * Depends on the sandbox's randomness.
 */
import type { Execution, Instruction } from '../../../schemas/generated/types.js'
import { Random } from '../../random.js'
import { SECOND } from '../scheduler.js'

export interface FateStep {
  readonly status: Execution['status']
  /** After the bank has taken the instruction. */
  readonly afterMicros: number
  readonly reasonCode: string
}

export interface Fate {
  /** In order of time, the last one final. */
  readonly steps: readonly FateStep[]
  /** Nothing is reported; only a question brings the outcome to light. */
  readonly silent: boolean
  /** What is debited when it is settled, at most the amount; and what is credited. */
  readonly settledMinor: number
  readonly counterSettledMinor: number
}

const SILENT = 0.125
const REJECTED = 0.08
const PENDING = 0.2
const IN_PART = 0.1
const REASONS = ['AM04', 'AC04', 'AG01', 'TM01', 'MS03'] as const

export function fateOf(seed: number, instruction: Instruction): Fate {
  const random = new Random('simulator bank', seed, instruction.instructionId)
  const acceptedAfter = random.integer(SECOND / 10, 4 * SECOND)
  const finalAfter = acceptedAfter + random.integer(SECOND, 45 * SECOND)
  const silent = random.chance(SILENT)
  const rejected = random.chance(REJECTED)
  const steps: FateStep[] = [{ status: 'ACCEPTED', afterMicros: acceptedAfter, reasonCode: '' }]
  if (random.chance(PENDING))
    steps.push({ status: 'PENDING', afterMicros: acceptedAfter + SECOND / 2, reasonCode: '' })
  const reasonCode = rejected ? random.pick(REASONS) : ''
  steps.push({ status: rejected ? 'REJECTED' : 'SETTLED', afterMicros: finalAfter, reasonCode })
  if (rejected) return { steps, silent, settledMinor: 0, counterSettledMinor: 0 }
  const counterMinor = counterAmount(random, instruction)
  const { amountMinor } = instruction
  // Collateral is delivered whole.
  if (amountMinor < 2 || !random.chance(IN_PART) || instruction.assetId !== '') {
    return { steps, silent, settledMinor: amountMinor, counterSettledMinor: counterMinor }
  }
  const settledMinor = random.integer(1, amountMinor - 1)
  const counterSettledMinor = Number((BigInt(counterMinor) * BigInt(settledMinor)) / BigInt(amountMinor))
  return { steps, silent, settledMinor, counterSettledMinor }
}

/** BigInt, because amount times slippage leaves the exact range of a double. */
function counterAmount(random: Random, { kind, counterAmountMinor }: Instruction): number {
  if (kind !== 'FX') return counterAmountMinor
  const milliBp = random.integer(-300, 300)
  return counterAmountMinor + Number((BigInt(counterAmountMinor) * BigInt(milliBp)) / 10_000_000n)
}

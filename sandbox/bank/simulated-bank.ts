/**
 * A bank behind the venue port, for demonstrations and tests: no network, no clock, no state.
 *
 * Every report is a function of the seed, the instruction and the time of sending or asking, so a replay, a
 * restart or a second sending meets the same bank. Report ids come from the instruction and the
 * report's ordinal: a repeated report is recognised as a duplicate. Depends on the venue port.
 */
import type { Venue } from '../../pipeline/ports.js'
import type { Execution, Instruction } from '../../schemas/generated/types.js'
import { type FateStep, fateOf, MINIMUM_LATENCY_MICROS } from './fate.js'
import { reportOf } from './report.js'

type Deliver = (execution: Execution) => void

export interface SimulatedBankOptions {
  readonly venueId: string
  /** Same seed, same fates. */
  readonly seed: string | number
}

export class SimulatedBank implements Venue {
  readonly venueId: string
  readonly minimumLatencyMicros = MINIMUM_LATENCY_MICROS
  readonly #seed: string | number

  constructor({ venueId, seed }: SimulatedBankOptions) {
    this.venueId = venueId
    this.#seed = seed
  }

  send(instruction: Instruction, sentAtMicros: number, deliver: Deliver): void {
    const fate = fateOf(this.#seed, instruction)
    if (fate.silent) return
    let earliest = sentAtMicros + MINIMUM_LATENCY_MICROS
    for (const [ordinal, step] of fate.steps.entries()) {
      const at = Math.max(instruction.createdAt + step.afterMicros, earliest)
      deliver(reportOf(instruction, step, at, fate.counterSettledMinor, String(ordinal)))
      earliest = at + 1
    }
  }

  /**
   * Tells the final status when there is one by now, or when the bank will not report it by itself; else PENDING.
   * The final status has the id of the report that `send` gave or would have given.
   */
  query(instruction: Instruction, askedAtMicros: number, deliver: Deliver): void {
    const fate = fateOf(this.#seed, instruction)
    const answeredAt = askedAtMicros + MINIMUM_LATENCY_MICROS
    const ordinal = fate.steps.length - 1
    const final = fate.steps[ordinal]
    const finalAt = instruction.createdAt + final.afterMicros
    if (fate.silent || finalAt <= answeredAt) {
      const at = Math.max(answeredAt, finalAt)
      deliver(reportOf(instruction, final, at, fate.counterSettledMinor, String(ordinal)))
      return
    }
    const pending: FateStep = { status: 'PENDING', afterMicros: 0, reasonCode: '' }
    deliver(reportOf(instruction, pending, answeredAt, 0, `asked at ${askedAtMicros}`))
  }
}

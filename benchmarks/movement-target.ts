/** What the latency benchmark drives: something that takes cash movements and releases instructions. */
import type { Instruction } from '../schemas/generated/types.js'

export interface MovementTarget {
  /** Event time for the next record, microseconds. */
  readonly nowMicros: () => number
  /** Takes one cash movement as Avro bytes. */
  movement(payload: Uint8Array): void
  /** Reports a released instruction as settled. */
  settle(instruction: Instruction): void
  /** Does what can be done without waiting. */
  turn(): void
  /** Runs until nothing is under way. */
  drain(): Promise<void>
}

/**
 * The clocks of one machine: its wall clock is off, drifts and jumps; its monotonic clock does none of that.
 *
 * Depends on the scheduler.
 */
import type { Clock } from '../../pipeline/runtime/distributed/ports.js'
import type { Scheduler } from './scheduler.js'

export class SimulatedClock implements Clock {
  #offsetMicros = 0

  constructor(
    private readonly scheduler: Scheduler,
    private readonly startMicros: number,
    /** Microseconds gained a second. */
    private readonly drift: number,
  ) {}

  nowMicros(): number {
    const { nowMicros } = this.scheduler
    return this.startMicros + nowMicros + this.#offsetMicros + Math.round((nowMicros / 1e6) * this.drift)
  }

  monotonicMs(): number {
    return this.scheduler.nowMicros / 1_000
  }

  /** Moves the wall clock, back or forth. */
  jump(micros: number): void {
    this.#offsetMicros += micros
  }
}

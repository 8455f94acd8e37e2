/**
 * The time by which an owner closes cycles: the wall clock, except that it never stands still and never goes back.
 *
 * A wall clock that is behind what the journal already says (it was set back, or the owner before had a fast one) would stop time for the
 * groups: no silent venue would be asked until it has caught up. Until then time passes at half speed, so that the lead
 * shrinks and deadlines still come. Depends on the clock port.
 */
import type { Clock } from './ports.js'

const SPEED_WHILE_AHEAD = 0.5

export class SteadyClock {
  readonly #clock: Clock
  #lastMicros: number
  #lastMs: number

  /** @param atLeastMicros time that the journal has reached */
  constructor(clock: Clock, atLeastMicros: number) {
    this.#clock = clock
    this.#lastMicros = atLeastMicros
    this.#lastMs = clock.monotonicMs()
  }

  nowMicros(): number {
    const monotonicMs = this.#clock.monotonicMs()
    const passedMicros = (monotonicMs - this.#lastMs) * 1_000
    this.#lastMs = monotonicMs
    // Kept as a fraction: many short steps must add up.
    this.#lastMicros = Math.max(this.#clock.nowMicros(), this.#lastMicros + passedMicros * SPEED_WHILE_AHEAD)
    return Math.floor(this.#lastMicros)
  }
}

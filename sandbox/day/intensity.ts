/**
 * When payments happen: the bumps of a payment system as a distribution over the day, with its quantiles.
 * Pure; depends on the exact exponential and the calendars.
 */
import type { Calendar } from '../../schemas/generated/types.js'
import { exp } from '../exact-functions.js'
import { utcOfLocal } from './calendars.js'
import { type PaymentSystem, secondsOfDay } from './payment-systems.js'

const MINUTE_MICROS = 60_000_000

/** Distribution of payment times over one day of a system, cut to its hours and to the simulated day. */
export class Intensity {
  readonly #firstMinuteMicros: number
  /** Share of payments up to the end of each minute, ascending to 1. */
  readonly #cumulative: number[] = []

  /**
   * @param day days since 1970-01-01
   * @param lagMinutes shift of the bumps; receipts follow payments, which is what makes the morning tight
   * @param bounds first and last microsecond of the simulated day, UTC
   */
  constructor(
    system: PaymentSystem,
    calendar: Calendar,
    day: number,
    lagMinutes: number,
    bounds: readonly [number, number],
  ) {
    const opens = Math.max(utcOfLocal(calendar, day, secondsOfDay(system.open)), bounds[0])
    const closes = Math.min(utcOfLocal(calendar, day, secondsOfDay(system.close)), bounds[1])
    this.#firstMinuteMicros = opens
    const bumps = system.bumps.map((bump) => ({
      ...bump,
      centreMicros: utcOfLocal(calendar, day, secondsOfDay(bump.centre)) + lagMinutes * MINUTE_MICROS,
    }))
    let sum = 0
    for (let minute = opens; minute + MINUTE_MICROS <= closes; minute += MINUTE_MICROS) {
      for (const { centreMicros, deviationMinutes, weight } of bumps) {
        const z = (minute - centreMicros) / MINUTE_MICROS / deviationMinutes
        if (z > -6 && z < 6) sum += (weight / deviationMinutes) * exp(-0.5 * z * z)
      }
      this.#cumulative.push(sum)
    }
    for (let i = 0; i < this.#cumulative.length; i++) this.#cumulative[i] /= sum
  }

  /** Time at which the share `u` in (0, 1) of the day's payments is done, microseconds UTC. */
  quantile(u: number): number {
    let low = 0
    let high = this.#cumulative.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#cumulative[middle] < u) low = middle + 1
      else high = middle
    }
    const before = low === 0 ? 0 : this.#cumulative[low - 1]
    const width = this.#cumulative[low] - before
    const inside = width > 0 ? Math.min(0.999999, Math.max(0, (u - before) / width)) : 0.5
    return Math.floor(this.#firstMinuteMicros + (low + inside) * MINUTE_MICROS)
  }
}

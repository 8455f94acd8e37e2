/**
 * The grid of virtual time, and what of a run's options decides where cycles end.
 *
 * A cell `[k * cycle, (k + 1) * cycle)` holds what arrives in it; its cycle closes at the cell's end.
 * Pure. Depends on nothing.
 */

/** Everything besides the inputs that cycle boundaries depend on. */
export interface CycleTiming {
  readonly cycleMicros: number
  /** An empty cycle closes when this has passed since the last one, rounded up to the grid. */
  readonly heartbeatMicros: number
  /** After the last input of all, heartbeats run on until nothing is outstanding, and at most for this. */
  readonly drainMicros: number
}

/**
 * Heartbeats stop when a group has been silent for this long and begin again with its next input: silence has been
 * noticed by then, and reference data dated years back does not cause a heartbeat for each five minutes since.
 */
export const QUIET_LIMIT_MICROS = 24 * 3_600 * 1_000_000

/** End of the cell that holds `arrivalMicros`: the closing time of its cycle. */
export function closingOf(arrivalMicros: number, cycleMicros: number): number {
  return (Math.floor(arrivalMicros / cycleMicros) + 1) * cycleMicros
}

/** Latest closing time of which no further input can arrive when the next input arrives at `arrivalMicros`. */
export function sealedUntil(arrivalMicros: number, cycleMicros: number): number {
  return Math.floor(arrivalMicros / cycleMicros) * cycleMicros
}

/** `durationMicros` rounded up to whole cells. */
export function wholeCells(durationMicros: number, cycleMicros: number): number {
  return Math.ceil(durationMicros / cycleMicros) * cycleMicros
}

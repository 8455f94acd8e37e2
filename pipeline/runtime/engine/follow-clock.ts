/**
 * The clock of a run that goes on after its last input: virtual time from there on, at the pace of the machine's clock.
 *
 * It says only when cycles close; the journal holds their times, so a replay needs no clock. Depends on Node alone.
 */
export class FollowClock {
  readonly #fromMicros: number
  readonly #startedAtMs = performance.now()

  constructor(fromMicros: number) {
    this.#fromMicros = fromMicros
  }

  /** Never falls. */
  get nowMicros(): number {
    return this.#fromMicros + Math.floor((performance.now() - this.#startedAtMs) * 1_000)
  }
}

/**
 * An operating-system process of the simulated world: it is alive or not, and while alive it may be stopped (SIGSTOP).
 *
 * A stopped process does nothing, but what was sent to it waits, and its timers fire when it is continued. What was meant for an
 * earlier life of it never happens. Depends on the scheduler.
 */
import type { Scheduler } from './scheduler.js'

const CONTINUE_SPREAD_MICROS = 50

export class Process {
  #alive = true
  #stopped = false
  readonly #held: { readonly label: string; readonly action: () => void }[] = []

  constructor(
    readonly name: string,
    readonly scheduler: Scheduler,
  ) {}

  get alive(): boolean {
    return this.#alive
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** kill -9: nothing of this process happens any more. */
  kill(): void {
    this.#alive = false
    this.#held.length = 0
  }

  /** SIGSTOP. */
  stop(): void {
    this.#stopped = true
  }

  /** SIGCONT. What waited happens now, in the order in which it came. */
  continue(): void {
    if (!this.#stopped) return
    this.#stopped = false
    for (const [index, { label, action }] of this.#held.splice(0).entries())
      this.after((index + 1) * CONTINUE_SPREAD_MICROS, label, action)
  }

  after(delayMicros: number, label: string, action: () => void): { cancel(): void } {
    return this.scheduler.after(delayMicros, label, () => this.run(label, action))
  }

  /** Runs the action in this process: at once, when it is continued, or never. */
  run(label: string, action: () => void): void {
    if (!this.#alive) return
    if (this.#stopped) this.#held.push({ label, action })
    else action()
  }
}

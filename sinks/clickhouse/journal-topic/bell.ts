/**
 * Lets loops sleep until something may have come: rung by whoever brings it. Depends on Node alone.
 */

export class Bell {
  readonly #waiting = new Set<() => void>()

  ring(): void {
    // Whoever wakes may wait again at once: that is for the next ring.
    for (const wake of [...this.#waiting]) wake()
  }

  /** Resolves at the next ring, when the time is over, or when the signal is aborted. */
  wait(mostMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, mostMs)
      signal.addEventListener('abort', wake)
      this.#waiting.add(wake)
    })
  }
}

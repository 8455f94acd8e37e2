/** What ends a running solve early: a word that other threads may set, and a time. Depends on nothing. */

/** The word that stops a running `resolve`; another thread may hold the same shared memory. */
export class StopWord {
  word: Int32Array = new Int32Array(new SharedArrayBuffer(4))
  deadlineAt = Number.POSITIVE_INFINITY

  /** Called by the module between iterations. */
  readonly requested = (): number => {
    if (Atomics.load(this.word, 0) !== 0) return 1
    return this.deadlineAt < Number.POSITIVE_INFINITY && performance.now() >= this.deadlineAt ? 1 : 0
  }
}

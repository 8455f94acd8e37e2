/**
 * How long the main thread has waited for a processor that others had, from Linux' accounting of its scheduler: what a
 * pause holds that is not the program's own. Depends on Node.
 */
import { openSync, readSync } from 'node:fs'

/** Of `run time, wait time, time slices`, two of nanoseconds. */
const LINE_BYTES_MOST = 128

export class ProcessorWait {
  readonly #file: number | undefined
  readonly #line = Buffer.alloc(LINE_BYTES_MOST)

  constructor() {
    try {
      // The thread whose number is that of the process is the main one.
      this.#file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
    } catch {
      // Other systems, and kernels without it: nothing is known, and pauses stay as the wall clock has them.
      this.#file = undefined
    }
  }

  /** Since the thread began; costs some 4 us. */
  totalMs(): number {
    if (this.#file === undefined) return 0
    const length = readSync(this.#file, this.#line, 0, LINE_BYTES_MOST, 0)
    return Number(this.#line.toString('latin1', 0, length).split(' ')[1]) / 1e6
  }
}

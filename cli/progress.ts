/**
 * Progress on standard error: a bar on a terminal, a line each tenth elsewhere, nothing with `--json`.
 *
 * Depends on cli-progress.
 */
import { Presets, SingleBar } from 'cli-progress'
import type { ProgressCounts } from '../pipeline/runtime/engine.js'
import { stopOnInterruption } from './interruption.js'
import { note } from './output.js'

const STEPS = 1_000

export class Progress {
  readonly #bar: SingleBar | undefined
  readonly #silent: boolean
  #saidTenth = 0
  #ended = false

  constructor(silent: boolean) {
    this.#silent = silent
    if (silent || !process.stderr.isTTY || !process.stdout.isTTY) return
    this.#bar = new SingleBar(
      {
        format: '{bar} {percentage}%  {inputs} inputs  {cycles} cycles  {instructions} instructions',
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        // The loop of the run is busy; a bar that draws itself ten times a second is enough.
        fps: 10,
      },
      Presets.shades_classic,
    )
    // The bar hides the cursor, which must be back when the process is interrupted.
    stopOnInterruption(async () => {
      this.close()
      this.#ended = true
    })
  }

  /** `fraction` of the day from 0 to 1. */
  update(fraction: number, counts: ProgressCounts): void {
    if (this.#silent || this.#ended) return
    const shown = {
      inputs: counts.inputs.toLocaleString('en-US'),
      cycles: counts.cycles.toLocaleString('en-US'),
      instructions: counts.instructions.toLocaleString('en-US'),
    }
    if (this.#bar !== undefined) {
      if (!this.#bar.isActive) this.#bar.start(STEPS, 0, shown)
      this.#bar.update(Math.floor(fraction * STEPS), shown)
      return
    }
    const tenth = Math.floor(fraction * 10)
    if (tenth <= this.#saidTenth) return
    this.#saidTenth = tenth
    note(
      `${String(tenth * 10).padStart(3)} %  ${shown.inputs} inputs, ${shown.cycles} cycles, ${shown.instructions} instructions`,
    )
  }

  /** A step without a measure. */
  say(text: string): void {
    if (this.#silent) return
    this.close()
    note(text)
  }

  close(): void {
    if (this.#bar?.isActive === true) this.#bar.stop()
  }
}

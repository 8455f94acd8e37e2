/**
 * The name of a set of a section (RHS, RANGES, BOUNDS), which stands before its values on each line.
 * Depends on line-reader.ts.
 */
import type { Field } from './data-line.js'
import { type LineReader, quoted } from './line-reader.js'

export class SetName {
  #held: string | undefined

  /** @param what is in the set, as messages say it */
  constructor(
    private readonly lines: LineReader,
    private readonly what: string,
  ) {}

  /** A second set would be another model; which one is meant, the file does not say. A blank name belongs to any. */
  check(label: Field): void {
    if (label.text === '') return
    this.#held ??= label.text
    if (label.text === this.#held) return
    const [first, second] = [quoted(this.#held), quoted(label.text)]
    this.lines.refuse(
      label.column,
      `a second set ${second} of ${this.what} after ${first}`,
      'leave one set in the file',
    )
  }
}

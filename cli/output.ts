/**
 * What goes to standard output: one JSON document with `--json`, else text. Logs and progress go to standard error.
 *
 * Depends on Node alone.
 */

/** Prints the one JSON document of a command. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, process.stdout.isTTY ? 2 : undefined)}\n`)
}

export function printText(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** A line for a person who waits; never part of a command's result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** A reader that went away (`weir ... | head`) is no failure. */
export function tolerateClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

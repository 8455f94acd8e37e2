/**
 * Entry of the `weir` command: runs it and turns what it throws into one line and an exit code.
 *
 * The process ends by itself when nothing is left to do; it is not forced, so that output is never cut off.
 */
import { reportFailure } from './failure.js'
import { handleInterruptions } from './interruption.js'
import { tolerateClosedPipe } from './output.js'
import { createProgram } from './program.js'

const words = process.argv.slice(2)
tolerateClosedPipe()
handleInterruptions()
try {
  const program = await createProgram(words)
  await program.parseAsync(process.argv)
} catch (error) {
  process.exitCode = reportFailure(error, words)
}

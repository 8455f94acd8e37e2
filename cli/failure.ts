/**
 * From anything thrown to one line for a person, one JSON document for a program, and an exit code.
 *
 * Exit codes are part of the interface (`docs/cli.md`). A stack trace is shown with `WEIR_DEBUG=1` only: what a user
 * did wrong is told by place, cause and remedy. Depends on commander's error class and `WeirError`.
 */
import { CommanderError } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { printJson } from './output.js'

export const EXIT = {
  ok: 0,
  /** Weir or its environment failed. */
  failed: 1,
  /** Input or usage is wrong; nothing was done. */
  badInput: 2,
  /** A check found a difference: a replay that is not identical, a part that is missing, a record that cannot be read. */
  different: 3,
  /** A command of a person was sent, and its effect was not seen in time. */
  notSeen: 4,
  interrupted: 130,
} as const

export const EXIT_CODE_HELP = `
Exit codes:
  0    done
  1    Weir or its environment failed
  2    input or usage is wrong
  3    a check found a difference: a replay is not identical, a required part is missing, a topic differs,
       a record could not be sent or read, a command was refused
  4    a command was sent, and its effect was not seen in time
  130  interrupted
Some commands have codes of their own, which their --help tells.`

/** Help and version are no failures, though commander throws them. */
function isAnswered(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0
}

/** Reports a failure and gives the exit code of the process. `words` are the arguments after `weir`. */
export function reportFailure(error: unknown, words: readonly string[]): number {
  if (isAnswered(error)) return EXIT.ok
  const failure = toWeirError(error, words)
  if (words.includes('--json')) {
    const { code, message, place, remedy } = failure
    printJson({ error: { code, message, place, remedy } })
  }
  process.stderr.write(`weir: ${failure.toLine().replace(/\s*\n\s*/g, ' ')}\n`)
  if (process.env.WEIR_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return exitCodeOf(failure)
}

export function exitCodeOf(failure: WeirError): number {
  if (failure.code === 'WEIR_DIVERGED') return EXIT.different
  return failure.domain === 'input' || failure.domain === 'policy' ? EXIT.badInput : EXIT.failed
}

export function toWeirError(error: unknown, words: readonly string[]): WeirError {
  if (error instanceof WeirError) return error
  if (error instanceof CommanderError) return usageError(error, words)
  const message = error instanceof Error ? error.message : String(error)
  return new WeirError('WEIR_BUG', `unexpected: ${message}`, {
    remedy: 'this should not happen; WEIR_DEBUG=1 shows where it did',
    cause: error,
  })
}

/**
 * Commander's words in our form. Its messages are such as `error: unknown option '--worker'` with a second line
 * `(Did you mean --workers?)`.
 */
function usageError(error: CommanderError, words: readonly string[]): WeirError {
  const [first = '', second = ''] = error.message.replace(/^error: /, '').split('\n')
  const [, before = first, quoted = '', after = ''] = /^(.*?)'([^']*)'(.*)$/.exec(first) ?? []
  const suggestion = /\(Did you mean (.*)\?\)/.exec(second)?.[1]
  const command = commandOf(words)
  const remedy = suggestion === undefined ? `see: ${command} --help` : `did you mean ${suggestion}?`
  if (error.code === 'commander.help') {
    return new WeirError('WEIR_USAGE', 'no command given', { remedy: `see: ${command} --help` })
  }
  if (error.code === 'commander.excessArguments') {
    return new WeirError('WEIR_USAGE', 'too many arguments', { place: command, remedy })
  }
  const message = `${before}${after}`.replace(/\s+/g, ' ').trim()
  if (quoted === '') return new WeirError('WEIR_USAGE', message, { remedy })
  return new WeirError('WEIR_USAGE', message, { place: quoted, remedy })
}

/** The command that the arguments begin with, for `--help`. */
function commandOf(words: readonly string[]): string {
  const end = words.findIndex((word) => !/^[a-z]+$/.test(word))
  // No command is deeper than two words, and what follows them is an argument.
  return ['weir', ...words.slice(0, Math.min(end < 0 ? words.length : end, 2))].join(' ')
}

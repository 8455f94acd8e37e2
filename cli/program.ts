/**
 * The `weir` command with all its subcommands; each registers itself from a file of its own.
 *
 * Built apart from `main.ts`, so that tests and documentation can look at it. Depends on commander and the commands.
 */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import * as doctor from './doctor.js'
import { EXIT_CODE_HELP } from './failure.js'
import { LOG_LEVELS, parseLogLevel } from './log.js'
import * as policy from './policy.js'
import * as sandbox from './sandbox.js'

const commands = [doctor, policy, sandbox]

export function createProgram(): Command {
  const program = new Command('weir')
    .description('Governed agents that keep intraday liquidity buffers where they should be.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option(
      '--log-level <level>',
      `least level of the log on standard error: ${LOG_LEVELS.join(', ')}`,
      (text: string) => parseLogLevel(text, '--log-level'),
    )
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    // Failures are told in one form for all commands, by failure.ts.
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .exitOverride()
    .addHelpText('after', EXIT_CODE_HELP)
    .addHelpText('after', '\nEvery command has --help and --json (one JSON document on standard output).')
  for (const { register } of commands) register(program)
  return program
}

/** Version of the package, for `--version` and the journal. */
export function packageVersion(): string {
  // Compiled code is in dist/cli, two folders below the package.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/**
 * The `weir` command with all its subcommands; each registers itself from a file of its own.
 *
 * Built apart from `main.ts`, so that tests and documentation can look at it. Depends on commander and the commands.
 */
import { Command } from 'commander'
import { EXIT_CODE_HELP } from './failure.js'
import { LOG_LEVELS, parseLogLevel } from './log.js'
import { packageVersion } from './package-version.js'

interface CommandModule {
  register(program: Command): void
}

/** A file of commands, and the words that it registers. */
type Part = readonly [words: readonly string[], load: () => Promise<CommandModule>]

/** In the order of the help. Loaded when it is needed: all of them take a second, most of it the libraries that one of them uses. */
const PARTS: readonly Part[] = [
  [['demo'], () => import('./demo.js')],
  [['run'], () => import('./run.js')],
  [['status'], () => import('./status.js')],
  [['project'], () => import('./project.js')],
  [['notify'], () => import('./notify.js')],
  [['replay'], () => import('./replay.js')],
  [['explain'], () => import('./explain.js')],
  [['lineage'], () => import('./lineage.js')],
  [['sql'], () => import('./sql.js')],
  [['sandbox'], () => import('./sandbox.js')],
  [['simulate'], () => import('./simulate.js')],
  [['pending'], () => import('./people/pending.js')],
  [['kill'], () => import('./people/kill.js')],
  [['lift'], () => import('./people/lift.js')],
  [['hold', 'release'], () => import('./people/hold.js')],
  [['approve', 'reject'], () => import('./people/approve.js')],
  [['forbid', 'adjust', 'force'], () => import('./people/plans.js')],
  [['delegate', 'revoke'], () => import('./people/delegate.js')],
  [['policy'], () => import('./policy.js')],
  [['roster'], () => import('./people/roster.js')],
  [['audit'], () => import('./audit.js')],
  [['identity'], () => import('./identity.js')],
  [['solve'], () => import('./solve.js')],
  [['bench'], () => import('./bench.js')],
  [['doctor'], () => import('./doctor.js')],
  [['topics'], () => import('./topics.js')],
  [['produce'], () => import('./produce.js')],
  [['consume'], () => import('./consume.js')],
  [['bank'], () => import('./bank.js')],
]

/**
 * The command with the parts that a command line needs: the one whose word is in it, or all, so that what it says of an unknown word and
 * in its help is the same as with all.
 *
 * @param words of the command line; all parts when left out
 */
export async function createProgram(words: readonly string[] = []): Promise<Command> {
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
  for (const { register } of await Promise.all(partsFor(words).map(([, load]) => load()))) register(program)
  return program
}

/** The first word that is no option decides, as commander has it; one that is no command is told of with all of them at hand. */
function partsFor(words: readonly string[]): readonly Part[] {
  const command = words.find((word, at) => !word.startsWith('-') && words[at - 1] !== '--log-level')
  const asked = words.slice(0, command === undefined ? words.length : words.indexOf(command))
  if (asked.some((word) => word === '-V' || word === '--version')) return []
  const part = PARTS.find(([names]) => command !== undefined && names.includes(command))
  return part === undefined || asked.some((word) => word === '-h' || word === '--help') ? PARTS : [part]
}

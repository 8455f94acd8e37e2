/**
 * The `weir` command with all its subcommands; each registers itself from a file of its own.
 *
 * Built apart from `main.ts`, so that tests and documentation can look at it. Depends on commander and the commands.
 */
import { Command } from 'commander'
import * as audit from './audit.js'
import * as bank from './bank.js'
import * as bench from './bench.js'
import * as consume from './consume.js'
import * as demo from './demo.js'
import * as doctor from './doctor.js'
import * as explain from './explain.js'
import { EXIT_CODE_HELP } from './failure.js'
import * as identity from './identity.js'
import * as lineage from './lineage.js'
import { LOG_LEVELS, parseLogLevel } from './log.js'
import * as notify from './notify.js'
import { packageVersion } from './package-version.js'
import * as approve from './people/approve.js'
import * as delegate from './people/delegate.js'
import * as hold from './people/hold.js'
import * as kill from './people/kill.js'
import * as lift from './people/lift.js'
import * as pending from './people/pending.js'
import * as plans from './people/plans.js'
import * as roster from './people/roster.js'
import * as policy from './policy.js'
import * as produce from './produce.js'
import * as project from './project.js'
import * as replay from './replay.js'
import * as run from './run.js'
import * as sandbox from './sandbox.js'
import * as simulate from './simulate.js'
import * as solve from './solve.js'
import * as sql from './sql.js'
import * as status from './status.js'
import * as topics from './topics.js'

const commands = [
  demo,
  run,
  status,
  project,
  notify,
  replay,
  explain,
  lineage,
  sql,
  sandbox,
  simulate,
  pending,
  kill,
  lift,
  hold,
  approve,
  plans,
  delegate,
  policy,
  roster,
  audit,
  identity,
  solve,
  bench,
  doctor,
  topics,
  produce,
  consume,
  bank,
]

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

/**
 * `weir run`: lives through a folder of Avro input; the same command again goes on where an earlier one ended.
 * Depends on commander and `live-day.ts`.
 */
import type { Command } from 'commander'
import { describeDay, reportAsJson } from './day-report.js'
import { required } from './flags.js'
import { liveDay } from './live-day.js'
import { printJson, printText } from './output.js'
import { Progress } from './progress.js'
import { addRunFlags, settingsOf } from './run-settings.js'

interface InputFlags {
  readonly input?: string
  readonly json?: boolean
}

const DEFAULT_DATA_DIR = '.weir/data'

export function register(program: Command): void {
  const command = program
    .command('run')
    .description('live through a folder of input; the same command again resumes')
    .option('--input <dir>', 'needed: folder with <stream>/*.avro, see docs/streams.md')
  addRunFlags(command)
    .addHelpText(
      'after',
      `
The data directory is ${DEFAULT_DATA_DIR} unless given. With --json: inputs, cycles, decisions, instructions,
deadLetters, stateDigest, decisionDigest and more; equal input gives equal digests.

Example:
  $ weir run --input ./day --data-dir ./data --json`,
    )
    .action(run)
}

async function run(flags: InputFlags, command: Command): Promise<void> {
  const input = required(flags.input, '--input', 'weir run')
  const settings = settingsOf(command, DEFAULT_DATA_DIR)
  const progress = new Progress(flags.json === true)
  const { report, projection } = await liveDay(input, settings, progress, async () => undefined)
  if (flags.json === true) printJson(reportAsJson(report, settings.dataDir, projection))
  else printText(describeDay(report, projection))
}

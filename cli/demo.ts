/**
 * `weir demo`: one simulated trading day from nothing, by the path of `weir run`, and what to look at next.
 *
 * Each demo lives the day anew: what an earlier one left in the data directory is removed, the input is kept as long
 * as the same day would be written again. Depends on the sandbox and `live-day.ts`.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { lockDataDirectory } from '../pipeline/runtime/data-directory.js'
import { generateDay } from '../sandbox/day/day.js'
import { examplePolicies, writeDay } from '../sandbox/day/write-day.js'
import { colors } from './colors.js'
import { describeDay, reportAsJson } from './day-report.js'
import { wholeNumber } from './flags.js'
import { liveDay } from './live-day.js'
import { nextCommands } from './next-commands.js'
import { printJson, printText } from './output.js'
import { Progress } from './progress.js'
import { addRunFlags, settingsOf } from './run-settings.js'

interface DemoFlags {
  readonly seed: number
  readonly json?: boolean
}

export const DEMO_DATA_DIR = '.weir/demo'
const DEMO_DATE = '2026-03-18'
const SEED_MOST = 2 ** 31 - 1

/** What a run leaves in its data directory, apart from the lock that the demo itself holds. */
const REMAINS = ['journal', 'snapshots', 'clickhouse', 'run.json', 'finished.json']

export function register(program: Command): void {
  const command = program
    .command('demo')
    .description('live through one simulated trading day and sum it up')
    .option('--seed <n>', 'seed of the simulated day', wholeNumber('--seed', 0, SEED_MOST), 7)
  addRunFlags(command)
    .addHelpText(
      'after',
      `\nThe data directory is ${DEMO_DATA_DIR} unless given; an earlier demo in it is replaced.`,
    )
    .action(demo)
}

async function demo(flags: DemoFlags, command: Command): Promise<void> {
  const settings = settingsOf(command, DEMO_DATA_DIR)
  const progress = new Progress(flags.json === true)
  const lock = await lockDataDirectory(settings.dataDir)
  const input = join(settings.dataDir, 'input')
  try {
    for (const name of REMAINS) await rm(join(settings.dataDir, name), { recursive: true, force: true })
    provideInput(input, flags.seed, progress)
  } finally {
    await lock.release()
  }
  progress.say(`living through ${DEMO_DATE} in virtual time`)
  const { report, projection, answer } = await liveDay(input, settings, progress, (clickhouse, lived) =>
    nextCommands(clickhouse, lived, settings.dataDir === DEMO_DATA_DIR ? undefined : settings.dataDir),
  )
  if (flags.json === true) {
    printJson({ seed: flags.seed, next: answer, ...reportAsJson(report, settings.dataDir, projection) })
    return
  }
  printText(describeDay(report, projection))
  if (answer.length > 0)
    printText(`\n${colors.bold('Look closer')}\n${answer.map((line) => `  ${line}`).join('\n')}\n`)
}

/** Writes the day unless the folder holds it: same seed, same date, same generator, same policies. */
function provideInput(folder: string, seed: number, progress: Progress): void {
  const marker = `${folder}.json`
  const wanted = JSON.stringify({ seed, date: DEMO_DATE, generator: digestOfGenerator() })
  if (read(marker) === wanted) return
  progress.say(`writing the simulated day of seed ${seed} to ${folder}`)
  const day = generateDay({ seed, date: DEMO_DATE, policies: examplePolicies() })
  writeDay(folder, day, { force: true })
  writeFileSync(marker, wanted)
}

/** Over the compiled sandbox and the example policies: another version of either writes another day. */
function digestOfGenerator(): string {
  const hash = createHash('sha256')
  const sandbox = fileURLToPath(new URL('../sandbox/', import.meta.url))
  for (const name of readdirSync(sandbox, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.js')) hash.update(readFileSync(join(sandbox, name)))
  }
  for (const { text } of examplePolicies()) hash.update(text)
  return hash.digest('hex')
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

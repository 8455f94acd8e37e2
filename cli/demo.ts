/**
 * `weir demo`: one simulated trading day from nothing, by the path of `weir run`, and what to look at next.
 *
 * Each demo lives the day anew: what an earlier one left in the data directory is removed, the input is kept as long
 * as the same day would be written again. Depends on the sandbox and `live-day.ts`.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { lockDataDirectory } from '../pipeline/runtime/data-directory.js'
import { generateDay } from '../sandbox/day/day.js'
import { examplePolicies, writeDay } from '../sandbox/day/write-day.js'
import { colors } from './colors.js'
import { describeDay, reportAsJson } from './day-report.js'
import { DEMO_DATA_DIR, wholeNumber } from './flags.js'
import { liveDay } from './live-day.js'
import { nextCommands } from './next-commands.js'
import { printJson, printText } from './output.js'
import { Progress } from './progress.js'
import { addRunFlags, settingsOf } from './run-settings.js'

interface DemoFlags {
  readonly seed: number
  readonly json?: boolean
}

const DEMO_DATE = '2026-03-18'
const SEED_MOST = 2 ** 31 - 1

/** What a run leaves in its data directory, apart from the lock that the demo itself holds. */
const REMAINS = ['journal', 'snapshots', 'clickhouse', 'audit', 'run.json', 'finished.json']

/** Says which day `input` holds, and tells a demo's data directory from a run's. */
const MARK = 'input.json'

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
    claim(settings.dataDir)
    for (const name of REMAINS) await rm(join(settings.dataDir, name), { recursive: true, force: true })
    provideInput(settings.dataDir, flags.seed, progress)
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

/**
 * The demo deletes what an earlier demo left. Anything else is somebody's: a directory that holds the remains of a run or an
 * input, and not the demo's mark, is refused. The mark comes before the first deletion, so that a demo that is
 * killed half-way can be started again.
 */
function claim(dataDir: string): void {
  const mark = join(dataDir, MARK)
  if (existsSync(mark)) return
  const found = [...REMAINS, 'input'].find((name) => existsSync(join(dataDir, name)))
  if (found !== undefined) {
    throw new WeirError('WEIR_USAGE', `it holds ${found}, which no demo made`, {
      place: dataDir,
      remedy: 'give a --data-dir that is empty; a demo replaces what is there',
    })
  }
  writeFileSync(mark, '{}')
}

/** Writes the day unless the folder holds it: same seed, same date, same generator, same policies. */
function provideInput(dataDir: string, seed: number, progress: Progress): void {
  const folder = join(dataDir, 'input')
  const marker = join(dataDir, MARK)
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

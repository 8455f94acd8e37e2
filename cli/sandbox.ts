/**
 * `weir sandbox day`: writes the simulated trading day of the demo as Avro files. Its neighbour `feed` is in a file of its own.
 * Depends on the sandbox and on commander.
 */

import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { generateDay } from '../sandbox/day/day.js'
import { examplePolicies, type WrittenDay, writeDay } from '../sandbox/day/write-day.js'
import { required } from './flags.js'
import { registerFeed } from './sandbox-feed.js'

interface DayFlags {
  readonly seed: string
  readonly date: string
  readonly scale: string
  readonly out?: string
  readonly force?: boolean
  readonly json?: boolean
}

export function register(program: Command): void {
  const sandbox = program.command('sandbox').description('simulated input for demonstrations and tests')
  sandbox
    .command('day')
    .description('write one simulated trading day as Avro files: DIR/<stream>/*.avro')
    .option('--out <dir>', 'needed: folder to write; must be empty or new unless --force is given')
    .option('--seed <n>', 'same seed, same day; an integer', '7')
    .option('--date <date>', 'business day of 2026 in all calendars, YYYY-MM-DD', '2026-03-18')
    .option('--scale <x>', 'multiplies the number of payments, not their sum', '1')
    .option('--force', 'replace the streams of an earlier day in the folder')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  $ weir sandbox day --seed 7 --out ./day && weir run --input ./day --data-dir ./data',
    )
    .action(day)
  registerFeed(sandbox)
}

function day(flags: DayFlags): void {
  const out = required(flags.out, '--out', 'weir sandbox day')
  const seed = number(flags.seed, '--seed')
  if (!Number.isSafeInteger(seed)) throw notANumber(flags.seed, '--seed', 'an integer')
  const scale = number(flags.scale, '--scale')
  const generated = generateDay({ seed, date: flags.date, scale, policies: examplePolicies() })
  const written = writeDay(out, generated, { force: flags.force === true })
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ seed, date: flags.date, scale, out, ...written })}\n`)
  } else {
    process.stdout.write(describe(written, flags))
  }
}

function describe({ files, bytes, records }: WrittenDay, { date, seed, out }: DayFlags): string {
  const width = Math.max(...Object.keys(records).map((stream) => stream.length))
  const lines = Object.entries(records)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([stream, count]) => `  ${stream.padEnd(width)}  ${count.toLocaleString('en-US').padStart(9)}`)
  const total = Object.values(records)
    .reduce((sum, count) => sum + count, 0)
    .toLocaleString('en-US')
  const size = (bytes / 1e6).toFixed(1)
  return `${date}, seed ${seed}: ${total} records in ${files} files (${size} MB) below ${out}\n${lines.join('\n')}\n`
}

function number(text: string, flag: string): number {
  const value = /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) throw notANumber(text, flag, 'a number')
  return value
}

function notANumber(text: string, flag: string, wanted: string): WeirError {
  return new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is not ${wanted}`, {
    place: flag,
    remedy: `give ${wanted}`,
  })
}

/**
 * The small day of the kill test: the simulated day with few payments and every fortieth quote, so that a run takes
 * well under a second and still has every kind of record, decisions of every outcome, and rejected instructions.
 */
import { generateDay } from '../../sandbox/day/day.js'
import { examplePolicies, writeDay } from '../../sandbox/day/write-day.js'

const SEED = 7
const SCALE = 0.01
const KEEP_EVERY = 40
const THINNED = new Set(['quote', 'expected-flow'])

/** Writes the small day's files below `directory`. */
export function writeSmallDay(directory: string): void {
  const day = generateDay({ seed: SEED, date: '2026-03-18', scale: SCALE, policies: examplePolicies() })
  const files = day.files.map((file) =>
    THINNED.has(file.stream)
      ? { ...file, records: file.records.filter((_, index) => index % KEEP_EVERY === 0) }
      : file,
  )
  writeDay(directory, { ...day, files })
}

/**
 * `DIR/run.json`: what the cycles of a run depend on, written at its first start and compared at each later one.
 *
 * A journal continued with another grid, other files or another venue would no longer be the journal of one run.
 * Depends on node:fs.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WeirError } from '../../errors.js'
import { replaceFile } from '../encoding/files.js'

const VERSION = 1

export interface RunIdentity {
  readonly cycleMicros: number
  readonly heartbeatMicros: number
  readonly drainMicros: number
  readonly venues: readonly { readonly venueId: string; readonly minimumLatencyMicros: number }[]
  readonly settings: Readonly<Record<string, string | number>>
  readonly groups: readonly string[]
  /** Files below the input folder, in the order of their source numbers. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  /** Whether the journal knows the sources of drops: settled at the first start, since declarations come before the first cycle. */
  readonly takesDrops?: boolean
}

/** Reads the identity of the run in a data directory; undefined when none was begun. */
export async function readRunFile(dataDir: string): Promise<RunIdentity | undefined> {
  const path = join(dataDir, 'run.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { version, ...identity } = JSON.parse(text) as RunIdentity & { version: number }
    if (version === VERSION) return identity
  } catch {
    // Told below, with the place.
  }
  throw new WeirError('WEIR_CONFIG', 'it is damaged or of another version of Weir', {
    place: path,
    remedy: 'use another --data-dir, or move this one away',
  })
}

/**
 * Writes the identity at a first start, compares it at a later one; gives that of the first start.
 * @throws WeirError WEIR_CONFIG that says what differs
 */
export async function claimRun(dataDir: string, identity: RunIdentity): Promise<RunIdentity> {
  const held = await readRunFile(dataDir)
  if (held === undefined) {
    await replaceFile(
      join(dataDir, 'run.json'),
      `${JSON.stringify({ version: VERSION, ...identity }, undefined, 2)}\n`,
    )
    return identity
  }
  const difference = differenceOf(held, identity)
  if (difference === undefined) return held
  throw new WeirError('WEIR_CONFIG', `this data directory belongs to another run: ${difference}`, {
    place: join(dataDir, 'run.json'),
    remedy: 'give the same options and input as at its first start, or another --data-dir',
  })
}

function differenceOf(held: RunIdentity, now: RunIdentity): string | undefined {
  for (const name of ['cycleMicros', 'heartbeatMicros', 'drainMicros'] as const)
    if (held[name] !== now[name])
      return `${name.replace('Micros', 'Millis')} was ${held[name] / 1000} and is ${now[name] / 1000}`
  const files = fileDifference(held.files, now.files)
  if (files !== undefined) return files
  for (const name of ['venues', 'settings', 'groups'] as const) {
    const [before, after] = [JSON.stringify(held[name]), JSON.stringify(now[name])]
    if (before !== after) return `${name} were ${before} and are ${after}`
  }
  return undefined
}

function fileDifference(held: RunIdentity['files'], now: RunIdentity['files']): string | undefined {
  const before = new Map(held.map(({ path, bytes }) => [path, bytes]))
  for (const { path, bytes } of now) {
    const was = before.get(path)
    if (was === undefined) return `the input file ${path} is new`
    if (was !== bytes) return `the input file ${path} had ${was} bytes and has ${bytes}`
    before.delete(path)
  }
  const [gone] = before.keys()
  return gone === undefined ? undefined : `the input file ${gone} is gone`
}

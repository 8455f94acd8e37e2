/**
 * What a live feed has sent and every broker has acknowledged, for whoever checks afterwards. Depends on node:fs.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { LiveFeed } from './live-feed.js'

export interface GroundTruth {
  readonly version: 1
  readonly startedAtMicros: number
  readonly endedAtMicros: number
  readonly partitions: number
  readonly groups: readonly string[]
  /** Those whose plans wait for people. */
  readonly supervised: readonly string[]
  readonly movements: number
  readonly repeated: number
  readonly faulty: number
  /** Messages by stream; a record for every group is one in each partition. */
  readonly messages: Readonly<Record<string, number>>
  /** Opening and movements, each movement once: minor units by `GROUP/ACCOUNT`. */
  readonly balances: Readonly<Record<string, number>>
}

export interface FeedRun {
  readonly startedAtMicros: number
  readonly endedAtMicros: number
  readonly partitions: number
  readonly messages: ReadonlyMap<string, number>
}

export function groundTruthOf(feed: LiveFeed, run: FeedRun): GroundTruth {
  const { groups, supervised, movements, repeated, faulty, balances } = feed
  return {
    version: 1,
    startedAtMicros: run.startedAtMicros,
    endedAtMicros: run.endedAtMicros,
    partitions: run.partitions,
    groups,
    supervised,
    movements,
    repeated,
    faulty,
    messages: Object.fromEntries(run.messages),
    balances: Object.fromEntries(balances),
  }
}

/** Whole or not at all. */
export function writeGroundTruth(path: string, truth: GroundTruth): void {
  writeFileSync(`${path}.draft`, `${JSON.stringify(truth, null, 2)}\n`)
  renameSync(`${path}.draft`, path)
}

export function readGroundTruth(path: string): GroundTruth {
  return JSON.parse(readFileSync(path, 'utf8')) as GroundTruth
}

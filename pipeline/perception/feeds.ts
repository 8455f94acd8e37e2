/**
 * Feeds: the sequence of each, what is missing from it, and how long it has been silent.
 *
 * Money is never held back for a gap: the record is applied, the missing numbers are remembered, and while
 * any are open the policy widens the margins of the accounts that depend on the feed. Depends on nothing.
 */

/** Ranges of missing numbers remembered a feed; more than that is a broken feed, and the oldest are given up. */
export const MISSING_RANGES_LIMIT = 256

export interface FeedState {
  /** Highest sequence number seen; -1 before the first. */
  lastSequence: number
  /** Latest event time seen, microseconds: the feed's clock. */
  clockMicros: number
  /** Missing numbers as inclusive ranges, ascending. */
  missing: [number, number][]
  /** Numbers that were given up because too many ranges were open. */
  givenUp: number
}

export type SequenceFinding = 'in-order' | 'unnumbered' | 'gap' | 'filled' | 'repeated' | 'restarted'

export function newFeed(): FeedState {
  return { lastSequence: -1, clockMicros: -1, missing: [], givenUp: 0 }
}

/** Notes a record's number and time. */
export function observeFeed(feed: FeedState, sequence: number, eventTimeMicros: number): SequenceFinding {
  if (eventTimeMicros > feed.clockMicros) feed.clockMicros = eventTimeMicros
  if (sequence < 0) return 'unnumbered'
  const expected = feed.lastSequence + 1
  if (feed.lastSequence < 0 || sequence === expected) {
    feed.lastSequence = sequence
    return 'in-order'
  }
  if (sequence > expected) {
    feed.missing.push([expected, sequence - 1])
    feed.lastSequence = sequence
    if (feed.missing.length > MISSING_RANGES_LIMIT) {
      const [from, to] = feed.missing.shift()!
      feed.givenUp += to - from + 1
    }
    return 'gap'
  }
  if (fillMissing(feed, sequence)) return 'filled'
  // A known number on a record that is no duplicate: an old one sent again, or a feed that began anew from 0 or 1.
  if (sequence > 1) return 'repeated'
  feed.lastSequence = sequence
  feed.missing = []
  return 'restarted'
}

function fillMissing(feed: FeedState, sequence: number): boolean {
  for (let i = 0; i < feed.missing.length; i++) {
    const [from, to] = feed.missing[i]!
    if (sequence < from || sequence > to) continue
    const rest: [number, number][] = []
    if (from < sequence) rest.push([from, sequence - 1])
    if (sequence < to) rest.push([sequence + 1, to])
    feed.missing.splice(i, 1, ...rest)
    return true
  }
  return false
}

export function missingCount(feed: FeedState): number {
  let missing = 0
  for (const [from, to] of feed.missing) missing += to - from + 1
  return missing
}

export type Staleness = 'fresh' | 'stale' | 'frozen'

export interface StalenessThresholds {
  readonly widenAfterSeconds: number
  readonly freezeAfterSeconds: number
}

/** Silence since `clockMicros`; a clock of -1 (never heard) is frozen. */
export function stalenessAt(
  clockMicros: number,
  nowMicros: number,
  thresholds: StalenessThresholds,
): Staleness {
  if (clockMicros < 0) return 'frozen'
  const silentSeconds = (nowMicros - clockMicros) / 1_000_000
  if (silentSeconds >= thresholds.freezeAfterSeconds) return 'frozen'
  return silentSeconds >= thresholds.widenAfterSeconds ? 'stale' : 'fresh'
}

/**
 * Notes the numbers and clocks of the feeds of a cycle's inputs, before any of them is folded.
 *
 * Numbers are looked at in the feed's own order, not in that of event times: a late record would otherwise open a gap
 * that its predecessor in the same cycle closes. Refused inputs count as received; duplicates do not. Depends on feeds.
 */
import { type FeedState, newFeed, observeFeed } from './feeds.js'
import type { InputColumns } from './input-columns.js'
import { sortNearlyOrdered } from './nearly-ordered.js'
import type { CycleCollector } from './outcome.js'
import { isExactInteger } from './outcome.js'
import { count, STATE_LIMITS } from './state.js'

/**
 * Observes the feeds in the order of their names; `rows` are the first `length` rows that could be read.
 * Gives each feed's place in that order, by its number.
 */
export function observeFeeds(
  collector: CycleCollector,
  columns: InputColumns,
  rows: Int32Array,
  length: number,
): Int32Array {
  const { feeds } = columns
  const ranks = ranksOf(feeds)
  const ends = new Int32Array(feeds.length + 1)
  for (let index = 0; index < length; index++)
    if (isFresh(columns, rows[index]!)) ends[ranks[columns.feed[rows[index]!]!]! + 1]!++
  for (let rank = 0; rank < feeds.length; rank++) ends[rank + 1]! += ends[rank]!
  const byFeed = new Int32Array(ends[feeds.length]!)
  const next = ends.slice()
  for (let index = 0; index < length; index++) {
    const row = rows[index]!
    if (isFresh(columns, row)) byFeed[next[ranks[columns.feed[row]!]!]!++] = row
  }
  const compare = byNumber(columns)
  for (let rank = 0; rank < feeds.length; rank++) {
    sortNearlyOrdered(byFeed, ends[rank]!, ends[rank + 1]!, compare)
    observeRows(collector, columns, byFeed, ends[rank]!, ends[rank + 1]!)
  }
  return ranks
}

/** Places of the feeds in the order of their names. */
function ranksOf(feeds: readonly string[]): Int32Array {
  const ranks = new Int32Array(feeds.length)
  const numbers = [...feeds.keys()].sort((a, b) => (feeds[a]! < feeds[b]! ? -1 : 1))
  for (const [rank, number] of numbers.entries()) ranks[number] = rank
  return ranks
}

function isFresh(columns: InputColumns, row: number): boolean {
  return (
    columns.seen[row] === 0 &&
    isExactInteger(columns.sequence[row]!) &&
    isExactInteger(columns.eventTimeMicros[row]!)
  )
}

function byNumber(columns: InputColumns): (a: number, b: number) => number {
  const { sequence } = columns
  const { sources, positions } = columns.packed!
  return (a, b) =>
    sequence[a]! - sequence[b]! || sources[a]! - sources[b]! || positions[a]! - positions[b]! || a - b
}

function observeRows(
  collector: CycleCollector,
  columns: InputColumns,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  if (from === to) return
  const feedId = columns.feeds[columns.feed[rows[from]!]!]!
  const feed = feedOf(collector, feedId)
  for (let index = from; index < to; index++) {
    const row = rows[index]!
    if (index > from && isRepetition(columns, rows[index - 1]!, row)) continue
    if (feed === undefined) count(collector.state, 'feeds-not-watched')
    else observe(collector, feedId, feed, columns.sequence[row]!, columns.eventTimeMicros[row]!)
  }
}

/** The same record twice in one cycle: same feed, number, stream and id. */
function isRepetition(columns: InputColumns, before: number, row: number): boolean {
  if (columns.sequence[before] !== columns.sequence[row]) return false
  if (columns.stream[before] !== columns.stream[row]) return false
  return columns.hasId[before] === 1 && columns.hasId[row] === 1 && columns.sameId(before, row)
}

/** The feed, made when it is new; undefined when there are too many. */
function feedOf({ state }: CycleCollector, feedId: string): FeedState | undefined {
  let feed = state.feeds.get(feedId)
  if (feed === undefined && state.feeds.size < STATE_LIMITS.names) {
    feed = newFeed()
    state.feeds.set(feedId, feed)
  }
  return feed
}

/** Moves the feed's clock and sequence; gaps are counted and told, never waited for. */
function observe(
  collector: CycleCollector,
  feedId: string,
  feed: FeedState,
  sequence: number,
  eventTimeMicros: number,
): void {
  const { state } = collector
  const before = feed.lastSequence
  const finding = observeFeed(feed, sequence, eventTimeMicros)
  if (finding === 'in-order' || finding === 'unnumbered') return
  count(state, `sequence:${finding}`)
  const subject = `feed:${feedId}`
  if (finding === 'gap') {
    const missing = sequence - before - 1
    collector.gaps += missing
    count(state, 'missing', missing)
    collector.alert(
      'WARNING',
      'sequence-gap',
      subject,
      `${missing} records are missing after number ${before}.`,
    )
  } else if (finding === 'filled') {
    count(state, 'missing', -1)
  } else if (finding === 'restarted') {
    const message = `Number ${sequence} follows ${before} on a new record: the feed began anew.`
    collector.alert('WARNING', 'feed-restarted', subject, message)
  }
}

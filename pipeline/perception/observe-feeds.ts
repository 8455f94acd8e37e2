/**
 * Notes the numbers and clocks of the feeds of a cycle's inputs, before any of them is folded.
 *
 * Numbers are looked at in the feed's own order, not in that of event times: a late record would otherwise open a gap
 * that its predecessor in the same cycle closes. Refused inputs count as received; duplicates do not. Depends on feeds.
 */
import { type DecodedInput, wasSeen } from './decoded-input.js'
import { newFeed, observeFeed } from './feeds.js'
import type { CycleCollector } from './outcome.js'
import { isExactInteger } from './outcome.js'
import { count, STATE_LIMITS } from './state.js'

export function observeFeeds(collector: CycleCollector, inputs: readonly DecodedInput[]): void {
  const fresh = inputs.filter(
    (input) =>
      isExactInteger(input.sequence) &&
      isExactInteger(input.eventTimeMicros) &&
      !wasSeen(collector.state, input),
  )
  fresh.sort(byFeedAndNumber)
  for (const [index, input] of fresh.entries()) {
    if (index === 0 || !isRepetition(fresh[index - 1]!, input)) observe(collector, input)
  }
}

function byFeedAndNumber(a: DecodedInput, b: DecodedInput): number {
  if (a.feedId !== b.feedId) return a.feedId < b.feedId ? -1 : 1
  return a.sequence - b.sequence || a.source - b.source || a.position - b.position
}

/** The same record twice in one cycle: same feed, number, stream and id. */
function isRepetition(before: DecodedInput, input: DecodedInput): boolean {
  if (before.body.stream !== input.body.stream) return false
  if (before.feedId !== input.feedId || before.sequence !== input.sequence) return false
  return before.id !== undefined && input.id !== undefined && before.id.join() === input.id.join()
}

/** Moves the feed's clock and sequence; gaps are counted and told, never waited for. */
function observe(collector: CycleCollector, input: DecodedInput): void {
  const { state } = collector
  let feed = state.feeds.get(input.feedId)
  if (feed === undefined) {
    if (state.feeds.size >= STATE_LIMITS.names) {
      count(state, 'feeds-not-watched')
      return
    }
    feed = newFeed()
    state.feeds.set(input.feedId, feed)
  }
  const before = feed.lastSequence
  const finding = observeFeed(feed, input.sequence, input.eventTimeMicros)
  if (finding === 'in-order' || finding === 'unnumbered') return
  count(state, `sequence:${finding}`)
  const subject = `feed:${input.feedId}`
  if (finding === 'gap') {
    const missing = input.sequence - before - 1
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
    const message = `Number ${input.sequence} follows ${before} on a new record: the feed began anew.`
    collector.alert('WARNING', 'feed-restarted', subject, message)
  }
}

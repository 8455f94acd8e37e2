/**
 * Reference data of the live feed: the simulator's groups, open around the clock, with limits that a long run does not use up.
 *
 * A trial starts at any hour of any day, so the calendar knows no weekend, and the windows of today end tomorrow night.
 * Depends on the simulator's material.
 */
import {
  type Draft,
  groupDrafts,
  type PolicyLimits,
  policyText,
  sharedDrafts,
} from '../simulator/feed/material.js'

const AROUND_THE_CLOCK = { openSeconds: 0, cutoffSeconds: 2 * 86_400 }
/** A thousandth of the largest exact amount: enough for days of any rate. */
const UNLIMITED_MINOR = 4_000_000_000_000
/**
 * The live bank is quick (`weir bank --time-scale`), and one that keeps silent is asked this much and `answerWithinSeconds` after sending: so a
 * run that comes to its end need not wait long for what only a question brings to light.
 */
const SETTLEMENT_DELAY_SECONDS = 15
const PER_DAY = 40_000_000_000

export interface LiveMaterialOptions {
  readonly venueId: string
  /** After so much silence the venue is asked. */
  readonly answerWithinSeconds: number
}

export function liveSharedDrafts(today: number): Draft[] {
  return sharedDrafts(today).map((draft) => ({
    ...draft,
    fields: {
      ...draft.fields,
      timeZone: 'Etc/UTC',
      weekendDays: [],
      offsets: [{ fromTime: 0, offsetSeconds: 0 }],
    },
  }))
}

/** @param mode of its policy: whether its plans wait for people */
export function liveGroupDrafts(
  groupId: string,
  options: LiveMaterialOptions,
  mode: PolicyLimits['mode'],
): Draft[] {
  return groupDrafts(groupId).map((draft) => ({
    ...draft,
    fields: { ...draft.fields, ...changes(draft, groupId, options, mode) },
  }))
}

function changes(
  { stream }: Draft,
  groupId: string,
  { venueId, answerWithinSeconds }: LiveMaterialOptions,
  mode: PolicyLimits['mode'],
): Readonly<Record<string, unknown>> {
  const channel = { ...AROUND_THE_CLOCK, venueId, settlementDelaySeconds: SETTLEMENT_DELAY_SECONDS }
  if (stream === 'rail') return { ...channel, dailyLimitMinor: UNLIMITED_MINOR }
  if (stream === 'facility') return channel
  if (stream === 'policy')
    return { document: policyText(groupId, { perDay: PER_DAY, mode, answerWithinSeconds }) }
  return {}
}

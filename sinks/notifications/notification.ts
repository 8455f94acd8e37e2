/**
 * What people are told: an alert of the journal, or that more alerts came than could be told one by one.
 *
 *   { "type": "alert.raised",   "timestamp", "data": { groupId, cycle, ordinal, raisedAt, severity, code, subject, message } }
 *   { "type": "alerts.omitted", "timestamp", "data": { count, critical, warning, info, firstRaisedAt, lastRaisedAt } }
 *
 * The id is made of the journal and the place of the alert in it, so a notification that is sent again has the same id and the same bytes,
 * whoever sends it. Pure; depends on the record types.
 */
import { createHash } from 'node:crypto'
import type { Alert } from '../../schemas/generated/types.js'

export type Severity = Alert['severity']

/** From least to most urgent. */
export const SEVERITIES = ['INFO', 'WARNING', 'CRITICAL'] as const satisfies readonly Severity[]

export interface Notification {
  /** The same for every attempt: receivers drop what they have by it. */
  readonly id: string
  /** One line for people. */
  readonly title: string
  /** JSON, the exact bytes that are signed. */
  readonly body: string
}

/** Which alerts a target is told of. */
export interface AlertRule {
  readonly leastSeverity: Severity
  /** All when empty. */
  readonly codes: readonly string[]
}

export function isWanted({ leastSeverity, codes }: AlertRule, { severity, code }: Alert): boolean {
  if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(leastSeverity)) return false
  return codes.length === 0 || codes.includes(code)
}

/** @param journalId identity of the journal's partition */
export function alertNotification(journalId: string, alert: Alert): Notification {
  const { groupId, cycle, ordinal, raisedAt, severity, code, subject, message } = alert
  const timestamp = timeText(raisedAt)
  const data = { groupId, cycle, ordinal, raisedAt: timestamp, severity, code, subject, message }
  return {
    id: idOf('alert', journalId, groupId, cycle, ordinal),
    title: `${severity} ${code}: ${subject} in ${groupId}`,
    body: JSON.stringify({ type: 'alert.raised', timestamp, data }),
  }
}

/** Alerts that were not told one by one. */
export interface Omitted {
  readonly count: number
  readonly critical: number
  readonly warning: number
  readonly info: number
  readonly firstRaisedAtMicros: number
  readonly lastRaisedAtMicros: number
  /** Of the first one that was left out: names the summary. */
  readonly firstId: string
}

export function omittedNotification(omitted: Omitted): Notification {
  const { count, critical, warning, info, firstRaisedAtMicros, lastRaisedAtMicros, firstId } = omitted
  const [firstRaisedAt, lastRaisedAt] = [timeText(firstRaisedAtMicros), timeText(lastRaisedAtMicros)]
  const data = { count, critical, warning, info, firstRaisedAt, lastRaisedAt }
  return {
    id: idOf('omitted', firstId, count),
    title: `${count} more ${count === 1 ? 'alert was' : 'alerts were'} not told one by one, ${critical} of them critical`,
    body: JSON.stringify({ type: 'alerts.omitted', timestamp: lastRaisedAt, data }),
  }
}

/** One more alert that is left out. */
export function omit(
  before: Omitted | undefined,
  alert: Pick<Alert, 'severity' | 'raisedAt'>,
  id: string,
): Omitted {
  const { severity, raisedAt } = alert
  return {
    count: (before?.count ?? 0) + 1,
    critical: (before?.critical ?? 0) + (severity === 'CRITICAL' ? 1 : 0),
    warning: (before?.warning ?? 0) + (severity === 'WARNING' ? 1 : 0),
    info: (before?.info ?? 0) + (severity === 'INFO' ? 1 : 0),
    firstRaisedAtMicros: Math.min(before?.firstRaisedAtMicros ?? raisedAt, raisedAt),
    lastRaisedAtMicros: Math.max(before?.lastRaisedAtMicros ?? raisedAt, raisedAt),
    firstId: before?.firstId ?? id,
  }
}

/** Two sums of alerts that were left out. */
export function together(a: Omitted | undefined, b: Omitted): Omitted {
  if (a === undefined) return b
  return {
    count: a.count + b.count,
    critical: a.critical + b.critical,
    warning: a.warning + b.warning,
    info: a.info + b.info,
    firstRaisedAtMicros: Math.min(a.firstRaisedAtMicros, b.firstRaisedAtMicros),
    lastRaisedAtMicros: Math.max(a.lastRaisedAtMicros, b.lastRaisedAtMicros),
    firstId: a.firstId,
  }
}

/** Names what was hashed first, so that an alert and a summary never have one id. */
function idOf(...parts: readonly (string | number)[]): string {
  return `ntf_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`
}

function timeText(micros: number): string {
  return new Date(Math.floor(micros / 1_000)).toISOString()
}

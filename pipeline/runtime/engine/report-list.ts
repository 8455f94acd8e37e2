/**
 * Reports that wait for their time, as the second part of a snapshot: JSON, a list of
 * `[source, event time in microseconds, execution id (hex), payload (base64)]`. Pure.
 */
import type { ScheduledReport } from '../cycles/report-queue.js'

export function encodeReports(reports: readonly ScheduledReport[]): Buffer {
  const list = reports.map((report) => [
    report.source,
    report.eventTimeMicros,
    report.executionId,
    report.payload.toString('base64'),
  ])
  return Buffer.from(JSON.stringify(list), 'utf8')
}

export function decodeReports(bytes: Uint8Array): ScheduledReport[] {
  const list = JSON.parse(Buffer.from(bytes).toString('utf8')) as [number, number, string, string][]
  return list.map(([source, eventTimeMicros, executionId, payload]) => ({
    source,
    eventTimeMicros,
    executionId,
    payload: Buffer.from(payload, 'base64'),
  }))
}

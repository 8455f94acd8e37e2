/**
 * Puts venue reports between the file inputs of a cycle, in order of arrival.
 *
 * At equal times file inputs come first: their sources have the lower numbers. Most cycles have no report and
 * are passed through untouched. Pure.
 */
import { LongReader } from '../encoding/long-reader.js'
import { type EncodedInputs, InputBuffer } from './cycle-codec.js'
import type { ScheduledReport } from './report-queue.js'

/**
 * @param reports in order of arrival
 * @param positions next position of each report source; advanced here, because a report gets its position when it
 *   enters a cycle
 */
export function mergeInputs(
  cell: EncodedInputs,
  reports: readonly ScheduledReport[],
  positions: Map<number, number>,
): EncodedInputs {
  if (reports.length === 0) return cell
  const merged = new InputBuffer()
  const reader = new LongReader()
  reader.reset(cell.bytes, 0, cell.bytes.length)
  let next = 0
  for (let index = 0; index < cell.count; index++) {
    const source = reader.readLong()
    const position = reader.readLong()
    const arrivedAt = reader.readLong()
    const length = reader.readLong()
    const start = reader.position
    reader.skip(length)
    while (next < reports.length && reports[next].eventTimeMicros < arrivedAt)
      appendReport(merged, reports[next++], positions)
    merged.append(source, position, arrivedAt, cell.bytes, start, start + length)
  }
  while (next < reports.length) appendReport(merged, reports[next++], positions)
  return merged.take()
}

function appendReport(target: InputBuffer, report: ScheduledReport, positions: Map<number, number>): void {
  const position = positions.get(report.source) ?? 0
  positions.set(report.source, position + 1)
  target.append(report.source, position, report.eventTimeMicros, report.payload)
}

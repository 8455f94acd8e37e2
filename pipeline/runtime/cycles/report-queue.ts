/**
 * Venue reports of one group that have not arrived yet in virtual time, in the order of their arrival.
 *
 * Order: event time, then venue, then execution id. It depends on the reports alone, not on when they became known.
 * A report with the id of one that waits is the same report, told again. Pure.
 */

/** One report, encoded as an input. */
export interface ScheduledReport {
  /** Source that stands for the venue and the group. */
  readonly source: number
  readonly eventTimeMicros: number
  /** Hex digits of the execution id. */
  readonly executionId: string
  readonly payload: Buffer
}

function isBefore(a: ScheduledReport, b: ScheduledReport): boolean {
  if (a.eventTimeMicros !== b.eventTimeMicros) return a.eventTimeMicros < b.eventTimeMicros
  if (a.source !== b.source) return a.source < b.source
  return a.executionId < b.executionId
}

export class ReportQueue {
  /** Ascending; tens of reports wait at a time, so that insertion by shifting is the fastest. */
  readonly #waiting: ScheduledReport[] = []
  readonly #ids = new Set<string>()

  get size(): number {
    return this.#waiting.length
  }

  /** Event time of the earliest report, or Infinity. */
  get earliest(): number {
    return this.#waiting[0]?.eventTimeMicros ?? Number.POSITIVE_INFINITY
  }

  add(report: ScheduledReport): void {
    const key = `${report.source}:${report.executionId}:${report.eventTimeMicros}`
    if (this.#ids.has(key)) return
    this.#ids.add(key)
    let low = 0
    let high = this.#waiting.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(report, this.#waiting[middle])) high = middle
      else low = middle + 1
    }
    this.#waiting.splice(low, 0, report)
  }

  /** Takes the reports with an event time before `untilMicros`. */
  takeBefore(untilMicros: number): ScheduledReport[] {
    let count = 0
    while (count < this.#waiting.length && this.#waiting[count].eventTimeMicros < untilMicros) count++
    const taken = this.#waiting.splice(0, count)
    for (const { source, executionId, eventTimeMicros } of taken)
      this.#ids.delete(`${source}:${executionId}:${eventTimeMicros}`)
    return taken
  }

  /** Those that wait now, in order. */
  list(): readonly ScheduledReport[] {
    return [...this.#waiting]
  }
}

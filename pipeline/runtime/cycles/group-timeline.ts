/**
 * Decides which cycles of one group close, when, and with which inputs, in virtual time.
 *
 * Closing times depend on the inputs alone: file inputs come in merge order, reports with their event times.
 * What also matters is only *whether it can be decided yet*: a cycle closing at T is given out once
 *   - every file input that arrives before T is known (`sealedUntil` has reached T), and
 *   - the effects of every cycle that closed before T - minimum latency of the venues are known: a report caused by
 *     a later cycle cannot arrive before T.
 * So a worker runs ahead inside that bound and no report ever comes too late. Pure.
 */
import { invariant } from '../../errors.js'
import { type EncodedInputs, encodeCycle, InputBuffer, type LastInput, NO_INPUTS } from './cycle-codec.js'
import { type CycleTiming, closingOf, QUIET_LIMIT_MICROS, wholeCells } from './grid.js'
import { mergeInputs } from './merge-inputs.js'
import { ReportQueue, type ScheduledReport } from './report-queue.js'

/** Cycles of a group whose effects are not known yet; more would only wait in the worker's ring. */
export const MAX_AHEAD = 64

export interface TimelineOptions {
  readonly timing: CycleTiming
  /** Least time from a cycle's end to a report that it causes; Infinity when the group has no venue. */
  readonly venueLatencyMicros: number
  /**
   * A group that only collects what cannot be routed closes no empty cycles, and no cycle of it has effects, so
   * that nothing ever holds it back.
   */
  readonly collectsOnly: boolean
  /** Digest of the configuration that its cycles are closed under. */
  readonly configuration: Uint8Array
}

/** Where a group stood when it was last journaled. */
export interface TimelineStart {
  readonly nextCycle: number
  /** Closing time of the last cycle; -1 when there is none. */
  readonly closedAtMicros: number
  /** Closing time of the last cycle that held an input; -1 when there is none. */
  readonly activeAtMicros: number
  /** Next position of each report source. */
  readonly positions: ReadonlyMap<number, number>
  /** Instructions without a final status after the last cycle. */
  readonly outstanding: number
}

export const FRESH_START: TimelineStart = {
  nextCycle: 0,
  closedAtMicros: -1,
  activeAtMicros: -1,
  positions: new Map(),
  outstanding: 0,
}

export interface ClosedCycle {
  readonly cycle: number
  readonly closedAtMicros: number
  readonly inputs: number
  readonly reports: number
  /** Last input of each source in it. */
  readonly lastInputs: ReadonlyMap<number, LastInput>
  /** The cycle as Avro. */
  readonly bytes: Buffer
}

interface SealedCell extends EncodedInputs {
  readonly closingMicros: number
}

export class GroupTimeline {
  readonly groupId: string
  readonly #options: TimelineOptions
  readonly #heartbeatMicros: number
  readonly #reports = new ReportQueue()
  readonly #positions: Map<number, number>
  readonly #open = new InputBuffer()
  #openClosing = -1
  readonly #sealed: SealedCell[] = []
  #sealedBytes = 0
  #sealedUntil = -1
  #inputEnd = Number.POSITIVE_INFINITY
  #nextCycle: number
  #closedAt: number
  #activeAt: number
  #outstanding: number
  /** Closing times of cycles whose effects are not known yet, ascending. */
  readonly #ahead: number[] = []

  constructor(groupId: string, options: TimelineOptions, start: TimelineStart = FRESH_START) {
    this.groupId = groupId
    this.#options = options
    this.#heartbeatMicros = wholeCells(options.timing.heartbeatMicros, options.timing.cycleMicros)
    this.#nextCycle = start.nextCycle
    this.#closedAt = start.closedAtMicros
    this.#activeAt = start.activeAtMicros
    this.#positions = new Map(start.positions)
    this.#outstanding = start.outstanding
  }

  /** Closing time of the last cycle given out; what arrives before is in the journal. -1 when there is none. */
  get closedAtMicros(): number {
    return this.#closedAt
  }

  get activeAtMicros(): number {
    return this.#activeAt
  }

  get nextCycle(): number {
    return this.#nextCycle
  }

  /** Bytes of inputs that wait for their cycle. */
  get waitingBytes(): number {
    return this.#sealedBytes + this.#open.length
  }

  /** Cells that wait for their cycle. */
  get waitingCells(): number {
    return this.#sealed.length
  }

  /** Cycles whose effects are not known yet. */
  get ahead(): number {
    return this.#ahead.length
  }

  /** Next position of each report source. */
  get positions(): ReadonlyMap<number, number> {
    return this.#positions
  }

  /** Takes a file input with the payload `bytes[start .. end)`, in merge order. */
  addInput(
    source: number,
    position: number,
    arrivedAtMicros: number,
    bytes: Uint8Array,
    start = 0,
    end = bytes.length,
  ): void {
    if (arrivedAtMicros >= this.#openClosing) {
      this.#sealOpen()
      this.#openClosing = closingOf(arrivedAtMicros, this.#options.timing.cycleMicros)
    }
    this.#open.append(source, position, arrivedAtMicros, bytes, start, end)
  }

  /** Tells that every file input that arrives before `micros` (on the grid) was added. */
  seal(micros: number): void {
    if (micros > this.#sealedUntil) this.#sealedUntil = micros
    if (this.#openClosing <= micros) this.#sealOpen()
  }

  /** Tells that there are no more file inputs; `endMicros` is the closing time of the last input of all groups. */
  finish(endMicros: number): void {
    this.#sealOpen()
    this.#sealedUntil = Number.POSITIVE_INFINITY
    this.#inputEnd = endMicros
  }

  /** Takes a report. One that the group's journal already holds must not be given. */
  addReport(report: ScheduledReport): void {
    invariant(report.eventTimeMicros >= this.#closedAt, 'a report arrives after the last closed cycle')
    this.#reports.add(report)
  }

  pendingReports(): readonly ScheduledReport[] {
    return this.#reports.list()
  }

  /** Tells that the oldest cycle without known effects has them now: its reports were added. */
  effectsKnown(outstanding: number): void {
    invariant(this.#ahead.length > 0, 'effects belong to a cycle that was given out')
    this.#ahead.shift()
    this.#outstanding = outstanding
  }

  /** Nothing will ever close again. */
  get done(): boolean {
    return (
      this.#ahead.length === 0 &&
      this.#sealedUntil === Number.POSITIVE_INFINITY &&
      this.#nextClosing() === undefined
    )
  }

  /** The next cycle if it can be decided now. */
  close(): ClosedCycle | undefined {
    if (this.#ahead.length >= MAX_AHEAD && !this.#options.collectsOnly) return undefined
    const closing = this.#nextClosing()
    if (closing === undefined || closing > this.#sealedUntil || !this.#effectsKnownBefore(closing))
      return undefined
    const cell = this.#sealed[0]?.closingMicros === closing ? this.#sealed.shift() : undefined
    this.#sealedBytes -= cell?.bytes.length ?? 0
    const reports = this.#reports.takeBefore(closing)
    const inputs = mergeInputs(cell ?? NO_INPUTS, reports, this.#positions)
    const cycle = this.#nextCycle++
    this.#closedAt = closing
    if (inputs.count > 0) this.#activeAt = closing
    this.#ahead.push(closing)
    const bytes = encodeCycle(this.groupId, cycle, closing, inputs, this.#options.configuration)
    const { count, last } = inputs
    return { cycle, closedAtMicros: closing, inputs: count, reports: reports.length, lastInputs: last, bytes }
  }

  #effectsKnownBefore(closing: number): boolean {
    if (this.#ahead.length === 0 || this.#options.collectsOnly) return true
    // After the last input it matters whether anything is outstanding, which only the last effects tell.
    if (closing > this.#inputEnd) return false
    return this.#ahead[0] >= closing - this.#options.venueLatencyMicros
  }

  /** Closing time of the next cycle by what is known; undefined when there is nothing left to close. */
  #nextClosing(): number | undefined {
    const { cycleMicros, drainMicros } = this.#options.timing
    let closing = this.#sealed[0]?.closingMicros ?? Number.POSITIVE_INFINITY
    const earliest = this.#reports.earliest
    if (earliest !== Number.POSITIVE_INFINITY) closing = Math.min(closing, closingOf(earliest, cycleMicros))
    if (this.#openClosing > 0 && this.#open.count > 0) closing = Math.min(closing, this.#openClosing)
    closing = Math.min(closing, this.#nextHeartbeat())
    const end = this.#inputEnd + wholeCells(drainMicros, cycleMicros)
    return closing === Number.POSITIVE_INFINITY || closing > end ? undefined : closing
  }

  #nextHeartbeat(): number {
    if (this.#options.collectsOnly || this.#closedAt < 0) return Number.POSITIVE_INFINITY
    const next = this.#closedAt + this.#heartbeatMicros
    if (this.#closedAt >= this.#inputEnd) {
      const settled = this.#outstanding === 0 && this.#ahead.length === 0 && this.#reports.size === 0
      return settled ? Number.POSITIVE_INFINITY : next
    }
    // All groups end with a cycle at the same time, so that their last balances can be put side by side.
    const capped = Math.min(next, this.#inputEnd)
    return capped === this.#inputEnd || capped - this.#activeAt <= QUIET_LIMIT_MICROS
      ? capped
      : Number.POSITIVE_INFINITY
  }

  #sealOpen(): void {
    if (this.#open.count === 0) return
    const inputs = this.#open.take()
    this.#sealed.push({ closingMicros: this.#openClosing, ...inputs })
    this.#sealedBytes += inputs.bytes.length
  }
}

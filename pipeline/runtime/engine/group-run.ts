/**
 * One group in a run, as the main thread keeps it: who owns it, where it stands, what is under way.
 *
 * Depends on the cycles and the messages of the workers.
 */
import { CycleReader } from '../cycles/cycle-codec.js'
import type { ClosedCycle, GroupTimeline, TimelineStart } from '../cycles/group-timeline.js'
import type { ScheduledReport } from '../cycles/report-queue.js'
import type { GroupStanding } from '../snapshots/snapshot-store.js'
import type { GroupReport } from '../workers/protocol.js'
import type { ResultMessage } from '../workers/result-message.js'

/** A cycle that was given to the worker and whose effects are not known. */
export interface CycleUnderWay {
  readonly cycle: number
  /** Journal entry of the cycle. */
  readonly sequence: number
  readonly closedAtMicros: number
  result: ResultMessage | undefined
  /** Journal entry of the result; -1 until it is known. */
  resultSequence: number
}

/** A snapshot in the making: its parts become known one after the other. */
export interface SnapshotDraft {
  readonly cycle: number
  readonly sequence: number
  /** Standing at the cycle's end; results of the cycle itself are added when they are known. */
  readonly standing: GroupStanding
  /** Reports that were known and had not arrived when the cycle closed, and those that cycles up to it caused. */
  readonly reports: ScheduledReport[]
  /** Set when the effects of the cycle are known; `resultSequence` is the journal entry of its result. */
  settled:
    | { readonly resultSequence: number; readonly outstanding: number; readonly deadLetters: number }
    | undefined
  /** Digest and bytes from the worker. */
  payload: Buffer | undefined
}

export class GroupRun {
  readonly index: number
  readonly groupId: string
  /** Stage worker that owns the group. */
  readonly worker: number
  readonly underWay: CycleUnderWay[] = []
  draft: SnapshotDraft | undefined
  /** Last input of each source that is in a cycle. */
  readonly lastInputs = new Map<number, { readonly position: number; readonly arrivedAtMicros: number }>()
  nextCycle = 0
  closedAtMicros = -1
  activeAtMicros = -1
  outstanding = 0
  executions = 0
  deadLetters = 0
  report: GroupReport | undefined
  #timeline: GroupTimeline | undefined
  readonly #reader = new CycleReader()

  constructor(index: number, groupId: string, worker: number) {
    this.index = index
    this.groupId = groupId
    this.worker = worker
  }

  get timeline(): GroupTimeline {
    if (this.#timeline === undefined) throw new Error(`group ${this.groupId} has no timeline yet`)
    return this.#timeline
  }

  set timeline(timeline: GroupTimeline) {
    this.#timeline = timeline
  }

  /** Takes note of a cycle that was just closed and is in the journal now. */
  noteClosed({ cycle, closedAtMicros, inputs, reports, lastInputs }: ClosedCycle): void {
    this.nextCycle = cycle + 1
    this.closedAtMicros = closedAtMicros
    if (inputs > 0) this.activeAtMicros = closedAtMicros
    this.executions += reports
    for (const [source, last] of lastInputs) this.lastInputs.set(source, last)
  }

  /**
   * Takes note of a cycle that was read from the journal.
   * @param isReport tells the sources that stand for venues
   */
  noteCycle(bytes: Buffer, isReport: (source: number) => boolean): void {
    const reader = this.#reader
    reader.open(bytes)
    this.nextCycle = reader.cycle + 1
    this.closedAtMicros = reader.closedAt
    while (reader.next()) {
      this.activeAtMicros = reader.closedAt
      if (isReport(reader.source)) this.executions++
      this.lastInputs.set(reader.source, { position: reader.position, arrivedAtMicros: reader.arrivedAt })
    }
  }

  standing(): GroupStanding {
    return {
      closedAtMicros: this.closedAtMicros,
      activeAtMicros: this.activeAtMicros,
      outstanding: this.outstanding,
      sources: [...this.lastInputs]
        .sort(([a], [b]) => a - b)
        .map(([source, { position, arrivedAtMicros }]) => [source, position, arrivedAtMicros] as const),
      executions: this.executions,
      deadLetters: this.deadLetters,
    }
  }

  /** Goes on from a snapshot of `cycle`. */
  restore(cycle: number, standing: GroupStanding): void {
    this.nextCycle = cycle + 1
    this.closedAtMicros = standing.closedAtMicros
    this.activeAtMicros = standing.activeAtMicros
    this.outstanding = standing.outstanding
    this.executions = standing.executions
    this.deadLetters = standing.deadLetters
    for (const [source, position, arrivedAtMicros] of standing.sources)
      this.lastInputs.set(source, { position, arrivedAtMicros })
  }

  timelineStart(isReport: (source: number) => boolean): TimelineStart {
    const positions = new Map<number, number>()
    for (const [source, { position }] of this.lastInputs)
      if (isReport(source)) positions.set(source, position + 1)
    const { nextCycle, closedAtMicros, activeAtMicros, outstanding } = this
    return { nextCycle, closedAtMicros, activeAtMicros, positions, outstanding }
  }
}

/** Makes the groups of a run; `groupIds` sorted, dealt out to the workers in turn. */
export function dealGroups(groupIds: readonly string[], workers: number): GroupRun[] {
  return groupIds.map((groupId, index) => new GroupRun(index, groupId, index % workers))
}

/** Order of group ids: by code unit, as everywhere. */
export function sortedGroups(groupIds: Iterable<string>): string[] {
  return [...new Set(groupIds)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

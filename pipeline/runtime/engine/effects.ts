/**
 * From a worker's result to its effects: the journal first, then the venues, then the snapshot.
 *
 * A cycle's instructions leave when the journal has acknowledged the cycle. Effects of a group are carried out in the order of its
 * cycles. A snapshot of a cycle is written when the cycle and its result are durable and its instructions have left, so a
 * restart from it owes nothing: what a snapshot covers is not applied again, and a result that was lost with the tail
 * of the journal would never be made good. Depends on the journal, the venues and the snapshots.
 */
import type { Logger } from 'pino'
import { crashPoint } from '../crash-points.js'
import type { Journal } from '../journal/journal.js'
import { CYCLE_RESULT_KIND } from '../journal/layout.js'
import { LatencyHistogram } from '../latency-histogram.js'
import type { SnapshotStore } from '../snapshots/snapshot-store.js'
import { decodeResultMessage } from '../workers/result-message.js'
import { logDecisions } from './decision-log.js'
import type { GroupRun, SnapshotDraft } from './group-run.js'
import { encodeReports } from './report-list.js'
import type { VenueDesk } from './venue-desk.js'

const DIGEST_BYTES = 32

export class Effects {
  readonly applyMicros = new LatencyHistogram()
  readonly solveMicros = new LatencyHistogram()
  readonly #journal: Journal
  readonly #desk: VenueDesk
  readonly #snapshots: SnapshotStore
  readonly #logger: Logger | undefined
  /** Snapshots are written one after the other. */
  #writing: Promise<void> = Promise.resolve()
  #failure: unknown

  constructor(journal: Journal, desk: VenueDesk, snapshots: SnapshotStore, logger: Logger | undefined) {
    this.#journal = journal
    this.#desk = desk
    this.#snapshots = snapshots
    this.#logger = logger
  }

  /** Takes the result of the group's next cycle. */
  takeResult(group: GroupRun, payload: Buffer): void {
    const result = decodeResultMessage(payload)
    const waiting = group.underWay.find((one) => one.result === undefined)
    if (waiting === undefined || waiting.cycle !== result.cycle)
      throw new Error(`result of cycle ${result.cycle} of group ${group.groupId} was not expected`)
    waiting.resultSequence = this.#journal.appendEncoded(CYCLE_RESULT_KIND, result.result)
    crashPoint('result-appended')
    logDecisions(this.#logger, result.result)
    waiting.result = result
    this.applyMicros.record(result.applyMicros)
    if (result.solveMicros > 0) this.solveMicros.record(result.solveMicros)
  }

  /** Takes the snapshot that was asked for with a cycle. */
  takeSnapshot(group: GroupRun, payload: Buffer): void {
    if (group.draft !== undefined) group.draft.payload = payload
  }

  /** Carries out what may be carried out now; gives the number of cycles whose effects became known. */
  proceed(group: GroupRun): number {
    let count = 0
    for (let head = group.underWay[0]; head?.result !== undefined; head = group.underWay[0]) {
      const { result } = head
      const leaves = result.release.length + result.query.length > 0
      if (leaves && this.#journal.durable < head.sequence) {
        this.#journal.hurry(head.sequence)
        break
      }
      group.underWay.shift()
      if (leaves) crashPoint('before-send')
      const reports = this.#desk.carryOut(group, head.closedAtMicros, result)
      if (leaves) crashPoint('after-send')
      for (const report of reports) group.timeline.addReport(report)
      group.outstanding = result.outstanding
      group.deadLetters += result.deadLetters
      group.timeline.effectsKnown(result.outstanding)
      const { draft } = group
      if (draft !== undefined && head.cycle <= draft.cycle) {
        draft.reports.push(...reports.filter((one) => one.eventTimeMicros >= draft.standing.closedAtMicros))
        if (head.cycle === draft.cycle) {
          const { outstanding, deadLetters } = group
          draft.settled = { resultSequence: head.resultSequence, outstanding, deadLetters }
        }
      }
      count++
    }
    this.#finishDraft(group)
    return count
  }

  /** Waits until no snapshot is being written. */
  async settle(): Promise<void> {
    await this.#writing
    if (this.#failure !== undefined) throw this.#failure
  }

  get failure(): unknown {
    return this.#failure
  }

  #finishDraft(group: GroupRun): void {
    const { draft } = group
    if (draft?.settled === undefined || draft.payload === undefined) return
    const { settled, payload } = draft
    // Results follow their cycles, and come in the order of the group's cycles: this one covers all before it.
    if (this.#journal.durable < settled.resultSequence) return
    group.draft = undefined
    const write = (): Promise<void> => this.#write(group.groupId, draft, settled, payload)
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#failure ??= error
    })
  }

  #write(
    groupId: string,
    draft: SnapshotDraft,
    settled: NonNullable<SnapshotDraft['settled']>,
    payload: Buffer,
  ): Promise<void> {
    const { resultSequence, outstanding, deadLetters } = settled
    return this.#snapshots.write({
      groupId,
      cycle: draft.cycle,
      sequence: draft.sequence,
      resultSequence,
      standing: { ...draft.standing, outstanding, deadLetters },
      agent: payload.subarray(DIGEST_BYTES),
      agentDigest: payload.subarray(0, DIGEST_BYTES),
      reports: encodeReports(draft.reports),
    })
  }
}

/**
 * The loop of a run: read inputs, close cycles, journal them and give them to the workers, take results, carry out
 * effects. One turn does what can be done without waiting; then it sleeps until a worker or the disk has news.
 *
 * Bounds: what is read and not yet in a cycle, what waits for the disk, what waits for a ring. Any of them at its bound
 * stops the reading, so memory does not grow with the input. Depends on everything of the runtime.
 */
import { crashPoint } from '../crash-points.js'
import { closingOf, sealedUntil } from '../cycles/grid.js'
import type { Journal } from '../journal/journal.js'
import { CYCLE_KIND } from '../journal/layout.js'
import type { Bell } from '../rings/bell.js'
import type { MergedFiles } from '../sources/merged-files.js'
import type { Router } from '../sources/router.js'
import * as protocol from '../workers/protocol.js'
import type { StagePool } from '../workers/stage-pool.js'
import type { Effects } from './effects.js'
import { FollowClock } from './follow-clock.js'
import type { GroupRun } from './group-run.js'
import { type LiveDrops, LOOK_EVERY_MS } from './live-drops.js'
import type { ProgressCounts, Timing } from './run-options.js'
import type { SourceNumbers } from './source-numbers.js'
import type { VenueDesk } from './venue-desk.js'

export interface LiveRunParts {
  readonly journal: Journal
  readonly pool: StagePool
  readonly bell: Bell
  readonly files: MergedFiles
  readonly sources: SourceNumbers
  /** All groups, by index. */
  readonly groups: readonly GroupRun[]
  /** Collects what cannot be routed. It comes first in every turn: see `#dispatchAll`. */
  readonly unrouted: GroupRun
  readonly router: Router<GroupRun>
  readonly effects: Effects
  readonly desk: VenueDesk
  readonly timing: Timing
  readonly onProgress: ((fraction: number, counts: ProgressCounts) => void) | undefined
  readonly drops: LiveDrops | undefined
  /** See `RunOptions.followUntil`. */
  readonly followUntil: AbortSignal | undefined
}

/** Inputs read in one turn: enough to fill a commit, few enough that results are not kept waiting. */
const INPUTS_A_TURN = 4_096
/** Inputs that wait for their cycles; a day of a large group is a few hundred MB. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024
const MOST_WAITING_CELLS = 1_024
/** What waits for a ring is in the journal already and in memory a second time. */
const MOST_BACKLOG_BYTES = 16 * 1024 * 1024
const PROGRESS_EVERY_MS = 100

export class LiveRun {
  readonly #parts: LiveRunParts
  #inputs = 0
  #reading = true
  #sealed = -1
  #reports = 0
  #durableSeen = -1
  #progressAt = 0
  /** Set when the inputs have ended and the run goes on. */
  #clock: FollowClock | undefined

  constructor(parts: LiveRunParts) {
    this.#parts = parts
  }

  /** Inputs and reports that this process put into cycles, for the rate. */
  get events(): number {
    return this.#inputs + this.#reports
  }

  /** Runs to the end of the inputs and of what they cause. Throws what stops the run. */
  async run(): Promise<void> {
    const { drops, followUntil, bell } = this.#parts
    // Neither a drop nor the clock rings the bell.
    const timer =
      drops === undefined && followUntil === undefined ? undefined : setInterval(bell.ring, LOOK_EVERY_MS)
    try {
      await this.#turn()
    } finally {
      clearInterval(timer)
    }
  }

  async #turn(): Promise<void> {
    const { pool, journal, bell, groups } = this.#parts
    for (;;) {
      this.#checkFailures()
      this.#durableSeen = journal.durable
      let progress = pool.receive((_worker, message) => this.#take(message))
      for (const group of groups) progress += this.#parts.effects.proceed(group)
      progress += this.#read()
      progress += this.#takeDrops()
      progress += this.#dispatchAll()
      this.#parts.drops?.settle()
      this.#tellProgress(false)
      if (!this.#reading && groups.every(({ timeline, draft }) => timeline.done && draft === undefined)) break
      if (progress === 0) await bell.sleep(() => this.#hasNews())
      // The disk's callbacks run in turns of the event loop, also while there is more to do.
      else await new Promise((resolve) => setImmediate(resolve))
    }
    this.#tellProgress(true)
  }

  #hasNews(): boolean {
    const { pool, journal } = this.#parts
    return (
      pool.hasMessages ||
      pool.canSend ||
      journal.durable !== this.#durableSeen ||
      journal.failure !== undefined ||
      this.#parts.effects.failure !== undefined
    )
  }

  #checkFailures(): void {
    const { pool, journal, effects } = this.#parts
    if (journal.failure !== undefined) throw journal.failure
    if (pool.failure !== undefined) throw pool.failure
    if (effects.failure !== undefined) throw effects.failure
  }

  #take(message: protocol.Message): void {
    const group = this.#parts.groups[message.first]
    if (message.kind === protocol.RESULT) this.#parts.effects.takeResult(group, message.payload)
    else if (message.kind === protocol.SNAPSHOT) this.#parts.effects.takeSnapshot(group, message.payload)
  }

  /** Reads a turn's inputs if there is room; gives their number. */
  #read(): number {
    if (!this.#reading || !this.#hasRoom()) return 0
    const { files, router, sources, timing } = this.#parts
    const { cycleMicros } = timing
    let count = 0
    for (; count < INPUTS_A_TURN; count++) {
      const input = files.current
      if (input === undefined) {
        this.#inputs += count
        return count + this.#endOfFiles()
      }
      const { arrivedAtMicros } = input
      if (arrivedAtMicros >= this.#sealed + cycleMicros)
        this.#sealAll(sealedUntil(arrivedAtMicros, cycleMicros))
      const source = input.isFault ? sources.ofFaults(input.file.source) : input.file.source
      const receivers = input.isFault ? router.unrouted : router.receivers(input.groupId)
      const { position, bytes, start, end } = input
      for (let index = 0; index < receivers.length; index++) {
        const group = receivers[index]
        if (arrivedAtMicros >= group.closedAtMicros)
          group.timeline.addInput(source, position, arrivedAtMicros, bytes, start, end)
      }
      files.advance()
    }
    this.#inputs += count
    return count
  }

  #hasRoom(): boolean {
    let [bytes, cells] = [0, 0]
    for (const { timeline } of this.#parts.groups) {
      bytes += timeline.waitingBytes
      cells += timeline.waitingCells
    }
    return bytes < MOST_WAITING_BYTES && cells < MOST_WAITING_CELLS && this.#canDispatch()
  }

  #sealAll(micros: number): void {
    this.#sealed = micros
    for (const { timeline } of this.#parts.groups) timeline.seal(micros)
  }

  /** Ends the reading, or goes on with the clock; gives 1 when something came of it. */
  #endOfFiles(): number {
    const { followUntil, timing, files } = this.#parts
    if (followUntil === undefined || (followUntil.aborted && this.#clock === undefined)) {
      this.#finishReading(files.lastArrivalMicros)
      return 1
    }
    this.#clock ??= new FollowClock(Math.max(files.lastArrivalMicros, this.#latestClosing()))
    const nowMicros = this.#clock.nowMicros
    if (followUntil.aborted) {
      this.#finishReading(nowMicros)
      return 1
    }
    const sealed = sealedUntil(nowMicros, timing.cycleMicros)
    if (sealed <= this.#sealed) return 0
    this.#sealAll(sealed)
    return 1
  }

  #finishReading(lastMicros: number): void {
    this.#reading = false
    const end = closingOf(lastMicros, this.#parts.timing.cycleMicros)
    for (const { timeline } of this.#parts.groups) timeline.finish(end)
  }

  #latestClosing(): number {
    return Math.max(...this.#parts.groups.map(({ closedAtMicros }) => closedAtMicros))
  }

  /**
   * Takes what people have sent, as of now: the time of the next input, or of the clock. While the inputs are read that a journal holds
   * already there is no now, and the drops wait.
   */
  #takeDrops(): number {
    const { drops, files, timing } = this.#parts
    if (drops === undefined || !this.#reading || !this.#hasRoom() || !drops.look()) return 0
    const nowMicros = files.current?.arrivedAtMicros ?? this.#clock?.nowMicros
    if (nowMicros === undefined || nowMicros < this.#latestClosing()) return 0
    if (nowMicros >= this.#sealed + timing.cycleMicros)
      this.#sealAll(sealedUntil(nowMicros, timing.cycleMicros))
    const count = drops.take(nowMicros)
    this.#inputs += count
    return count
  }

  #canDispatch(): boolean {
    return this.#parts.journal.hasRoom && this.#parts.pool.backlogBytes < MOST_BACKLOG_BYTES
  }

  /**
   * Closes and gives out what can be closed. The group that collects what cannot be routed goes first and is never held back:
   * so a journal that holds a cycle of another group holds all unrouted inputs that arrived before it, and a restart
   * may seek by the other groups alone.
   */
  #dispatchAll(): number {
    if (!this.#canDispatch()) return 0
    const { groups, unrouted } = this.#parts
    let count = this.#dispatch(unrouted)
    for (const group of groups) if (group !== unrouted) count += this.#dispatch(group)
    return count
  }

  #dispatch(group: GroupRun): number {
    const { journal, pool, timing, unrouted } = this.#parts
    let count = 0
    while (group === unrouted || this.#canDispatch()) {
      const closed = group.timeline.close()
      if (closed === undefined) break
      const { cycle, closedAtMicros, bytes } = closed
      const sequence = journal.appendEncoded(CYCLE_KIND, bytes)
      crashPoint('cycle-appended')
      group.noteClosed(closed)
      group.underWay.push({ cycle, sequence, closedAtMicros, result: undefined, resultSequence: -1 })
      const snapshot = group.draft === undefined && (cycle + 1) % timing.snapshotEveryCycles === 0
      if (snapshot) this.#beginSnapshot(group, cycle, sequence)
      pool.send(group.worker, protocol.CYCLE, group.index, snapshot ? 1 : 0, bytes)
      this.#reports += closed.reports
      count++
    }
    return count
  }

  #beginSnapshot(group: GroupRun, cycle: number, sequence: number): void {
    group.draft = {
      cycle,
      sequence,
      standing: group.standing(),
      reports: [...group.timeline.pendingReports()],
      settled: undefined,
      payload: undefined,
    }
  }

  #tellProgress(last: boolean): void {
    const { onProgress, files, desk } = this.#parts
    if (onProgress === undefined) return
    const now = performance.now()
    if (!last && now - this.#progressAt < PROGRESS_EVERY_MS) return
    this.#progressAt = now
    const { groups } = this.#parts
    const counts: ProgressCounts = {
      inputs: files.records,
      executions: groups.reduce((sum, group) => sum + group.executions, 0),
      cycles: groups.reduce((sum, group) => sum + group.nextCycle, 0),
      instructions: desk.sent,
    }
    // What is read is not done: the last per cent is left for what the last inputs cause.
    onProgress(last ? 1 : (0.99 * files.readBytes) / Math.max(1, files.totalBytes), counts)
  }
}

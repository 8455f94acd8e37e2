/**
 * Applies the cycles of the journal again, in the workers that own the groups, and compares each result with the
 * one that the journal holds, byte by byte up to the measured times.
 *
 * A restart uses it to catch up; a replay uses it to prove that the journal alone gives everything again.
 * Depends on the journal's reader and the workers.
 */
import { WeirError } from '../../errors.js'
import { compareResults } from '../cycles/compare-results.js'
import { CycleReader } from '../cycles/cycle-codec.js'
import { cycleBytesOf } from '../journal/cycle-bytes.js'
import { CYCLE_KIND, CYCLE_RESULT_KIND } from '../journal/layout.js'
import { type JournalRecord, readJournal } from '../journal/reader.js'
import type { Bell } from '../rings/bell.js'
import * as protocol from '../workers/protocol.js'
import { decodeResultMessage, type ResultMessage } from '../workers/result-message.js'
import type { StagePool } from '../workers/stage-pool.js'
import type { GroupRun } from './group-run.js'

export interface Difference {
  readonly groupId: string
  readonly cycle: number
  /** Journal entry of the cycle. */
  readonly sequence: number
  readonly what: string
}

export interface ReplayedCycle {
  readonly cycle: number
  readonly sequence: number
  readonly closedAtMicros: number
  readonly result: ResultMessage
  /** Whether the journal holds the result, too. */
  readonly journaled: boolean
}

export interface ReplayerOptions {
  readonly directory: string
  readonly pool: StagePool
  readonly bell: Bell
  readonly groups: readonly GroupRun[]
  readonly isReport: (source: number) => boolean
  /** Called for each cycle, in the order of the group's cycles. */
  readonly onCycle: (group: GroupRun, cycle: ReplayedCycle) => void
  readonly onDifference: (difference: Difference) => void
}

/** Cycles that may be under way: enough to keep the workers busy, few enough to bound the memory. */
const MOST_UNDER_WAY = 2_048
const MOST_BACKLOG_BYTES = 8 * 1024 * 1024

interface Pending {
  readonly cycle: number
  readonly sequence: number
  readonly closedAtMicros: number
  result: ResultMessage | undefined
  journaled: JournalRecord | undefined
}

export class Replayer {
  /** Cycles applied. */
  cycles = 0
  readonly #options: ReplayerOptions
  readonly #pending: Pending[][]
  readonly #byId: ReadonlyMap<string, GroupRun>
  readonly #reader = new CycleReader()
  #underWay = 0
  #ended = false

  constructor(options: ReplayerOptions) {
    this.#options = options
    this.#pending = options.groups.map(() => [])
    this.#byId = new Map(options.groups.map((group) => [group.groupId, group]))
  }

  /** Replays the entries `from <= sequence < until`; entries that a group's snapshot covers are passed over. */
  async run(from: number, until: number): Promise<void> {
    for await (const batch of readJournal(this.#options.directory, from, until)) {
      for (const record of batch) {
        if (record.kind === CYCLE_KIND) this.#takeCycle(record)
        else if (record.kind === CYCLE_RESULT_KIND) this.#takeJournaled(record)
      }
      await this.#catchUp(MOST_UNDER_WAY)
    }
    await this.#catchUp(0)
    this.#ended = true
    for (const group of this.#options.groups) this.#proceed(group)
  }

  #takeCycle(record: JournalRecord): void {
    const bytes = cycleBytesOf(record)
    this.#reader.open(bytes)
    const { groupId, cycle, closedAt } = this.#reader
    const group = this.#byId.get(groupId)
    if (group === undefined) throw foreign(record, `a cycle of group ${groupId}, which is not in this run`)
    if (cycle < group.nextCycle) return
    if (cycle > group.nextCycle)
      throw foreign(record, `cycle ${cycle} of group ${groupId} where ${group.nextCycle} is next`)
    group.noteCycle(bytes, this.#options.isReport)
    const { sequence } = record
    this.#pending[group.index].push({
      cycle,
      sequence,
      closedAtMicros: closedAt,
      result: undefined,
      journaled: undefined,
    })
    this.#underWay++
    this.cycles++
    this.#options.pool.send(group.worker, protocol.CYCLE, group.index, 0, bytes)
  }

  /** A result begins with the same three fields as its cycle. */
  #takeJournaled(record: JournalRecord): void {
    this.#reader.open(record.record)
    const group = this.#byId.get(this.#reader.groupId)
    if (group === undefined) return
    const { cycle } = this.#reader
    const pending = pendingOf(this.#pending[group.index], cycle)
    if (pending === undefined) return
    pending.journaled = record
    this.#proceed(group)
  }

  async #catchUp(most: number): Promise<void> {
    const { pool, bell } = this.#options
    for (;;) {
      pool.receive((_worker, message) => this.#takeResult(message))
      if (pool.failure !== undefined) throw pool.failure
      if (this.#underWay <= most && pool.backlogBytes <= MOST_BACKLOG_BYTES) return
      await bell.sleep(() => pool.hasMessages || pool.canSend)
    }
  }

  #takeResult(message: protocol.Message): void {
    if (message.kind !== protocol.RESULT) return
    const group = this.#options.groups[message.first]
    const result = decodeResultMessage(message.payload)
    const pending = pendingOf(this.#pending[group.index], result.cycle)
    if (pending === undefined) throw new WeirError('WEIR_BUG', 'a worker sent a result that nobody asked for')
    pending.result = result
    this.#underWay--
    this.#proceed(group)
  }

  /** Gives out the group's oldest cycles that are complete: both results are known, or the journal holds none. */
  #proceed(group: GroupRun): void {
    const list = this.#pending[group.index]
    while (list.length > 0) {
      const { cycle, sequence, closedAtMicros, result, journaled } = list[0]
      if (result === undefined || (journaled === undefined && !this.#ended)) return
      list.shift()
      if (journaled !== undefined) {
        const what = compareResults(journaled, result)
        if (what !== undefined) this.#options.onDifference({ groupId: group.groupId, cycle, sequence, what })
      }
      group.outstanding = result.outstanding
      group.deadLetters += result.deadLetters
      this.#options.onCycle(group, {
        cycle,
        sequence,
        closedAtMicros,
        result,
        journaled: journaled !== undefined,
      })
    }
  }
}

/** Cycles of a group have no gaps, so the place follows from the number. */
function pendingOf(list: readonly Pending[], cycle: number): Pending | undefined {
  return list.length === 0 ? undefined : list[cycle - list[0].cycle]
}

function foreign(record: JournalRecord, what: string): WeirError {
  return new WeirError('WEIR_JOURNAL', `the journal holds ${what}`, {
    place: `entry ${record.sequence}`,
    remedy: 'the data directory was mixed with another one: use a fresh --data-dir',
  })
}

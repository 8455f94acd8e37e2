/**
 * Follows one partition of the committed journal from outside and checks it as it grows: one chain, every input once, each
 * cycle followed by one result, every reservation ended once and only with its instruction.
 *
 * It sees what a committed reader sees, the moment it is visible. Depends on the logs and on the journal's format.
 */
import { isNoDigest, toHex } from '../../../pipeline/identity.js'
import type { JournalBody } from '../../../pipeline/ports.js'
import {
  JournalChain,
  type JournalTopicEntry,
} from '../../../pipeline/runtime/distributed/journal-entries.js'
import { JOURNAL_STREAM, topicOf } from '../../../pipeline/runtime/distributed/topics.js'
import { journalSchema, segmentSchema } from '../../../pipeline/runtime/journal/record-types.js'
import type { Cycle, CycleResult, SourceDeclaration } from '../../../schemas/generated/types.js'
import { Coverage } from './coverage.js'
import type { AuditedLogs } from './logs.js'
import type { PeopleAudit } from './people-audit.js'
import { hold, Violation } from './violation.js'

export interface AuditedEntry {
  readonly entry: JournalTopicEntry
  readonly body: JournalBody
}

interface GroupAudit {
  nextCycle: number
  closedAtMicros: number
  readonly open: Cycle[]
}

/** Sent, or waiting for people or for another leg. */
const UNDER_WAY = new Set(['AWAITING_APPROVAL', 'RESERVED', 'SENT'])
const ENDS = new Set(['SETTLED', 'REJECTED', 'CANCELLED', 'EXPIRED'])

export class JournalAudit {
  readonly entries: AuditedEntry[] = []
  readonly coverage: Coverage
  /** Takeovers that the journal shows. */
  takeovers = 0
  /** Instructions without a final status, with when they were made. */
  readonly outstanding = new Map<string, number>()
  readonly #chain = new JournalChain()
  readonly #groups = new Map<string, GroupAudit>()
  readonly #topics: string[] = []
  /** State of the reservation for each instruction. */
  readonly #reservations = new Map<string, { state: string; leftMinor: number }>()
  #offset = 0

  constructor(
    private readonly cluster: AuditedLogs,
    readonly partition: number,
    private readonly prefix: string,
    private readonly onResult: (partition: number, result: CycleResult) => void,
    private readonly people?: PeopleAudit,
  ) {
    this.coverage = new Coverage(cluster, partition, prefix)
  }

  /** Whether every cycle has its result. */
  get settled(): boolean {
    for (const { open } of this.#groups.values()) if (open.length > 0) return false
    return true
  }

  get groups(): Iterable<string> {
    return this.#groups.keys()
  }

  advance(): void {
    const log = this.cluster.logOf(topicOf(this.prefix, JOURNAL_STREAM), this.partition)
    for (;;) {
      const { records, next } = log.read(this.#offset, 1_000)
      if (next === this.#offset) return
      this.#offset = next
      for (const { offset, value } of records) {
        if (value === null) this.takeovers++
        else this.#take(offset, Buffer.from(value))
      }
    }
  }

  /** At the end nothing is held for anything. */
  finish(): void {
    this.coverage.finish()
    for (const [id, { leftMinor }] of this.#reservations)
      hold(leftMinor === 0, 'reservation-once', () => `${leftMinor} of the reservation of ${id} never ended`)
  }

  #take(offset: number, value: Buffer): void {
    let entry: JournalTopicEntry
    try {
      entry = this.#chain.accept(value, segmentSchema(journalSchema), `journal/${this.partition}@${offset}`)
    } catch (error) {
      throw new Violation(
        'journal-chain',
        (error as Error & { toLine?: () => string }).toLine?.() ?? String(error),
      )
    }
    const body = entry.decode()
    this.entries.push({ entry, body })
    if ('weir.SourceDeclaration' in body) this.#declare(body['weir.SourceDeclaration'])
    else if ('weir.Cycle' in body) this.#cycle(body['weir.Cycle'])
    else if ('weir.CycleResult' in body) this.#result(body['weir.CycleResult'])
    else if ('weir.SourcePositions' in body)
      for (const { topic, offset: before } of body['weir.SourcePositions'].positions)
        this.coverage.claim(topic, before)
  }

  #declare(declaration: SourceDeclaration): void {
    const { source, name } = declaration
    this.people?.declare(this.partition, declaration)
    hold(source === this.#topics.length, 'journal-chain', () => `source ${source} out of order`)
    this.#topics.push(name.slice(0, name.lastIndexOf('/')))
  }

  #cycle(cycle: Cycle): void {
    const { groupId, closedAt } = cycle
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = { nextCycle: 0, closedAtMicros: -1, open: [] }
      this.#groups.set(groupId, group)
    }
    const { nextCycle, closedAtMicros } = group
    hold(
      cycle.cycle === nextCycle,
      'journal-chain',
      () => `cycle ${cycle.cycle} of ${groupId}, ${nextCycle} is next`,
    )
    hold(
      closedAt >= closedAtMicros,
      'journal-chain',
      () => `cycle ${cycle.cycle} of ${groupId} closes too early`,
    )
    for (const { source, position } of cycle.inputs)
      hold(
        this.#topics[source] !== undefined,
        'journal-chain',
        () => `source ${source}@${position} is not declared`,
      )
    hold(
      !isNoDigest(cycle.configuration),
      'journal-chain',
      () => `cycle ${cycle.cycle} of ${groupId} does not tell its configuration`,
    )
    group.nextCycle++
    group.closedAtMicros = closedAt
    group.open.push(cycle)
    this.coverage.note(cycle, (source) => this.#topics[source])
  }

  #result(result: CycleResult): void {
    const { groupId } = result
    const cycle = this.#groups.get(groupId)?.open.shift()
    const fits = cycle?.cycle === result.cycle && cycle.inputs.length === result.dispositions.length
    hold(fits, 'journal-chain', () => `result of cycle ${result.cycle} of ${groupId} without its cycle`)
    const ended = new Set<string>()
    for (const { instructionId, state } of result.instructionEvents) {
      const id = toHex(instructionId)
      if (UNDER_WAY.has(state)) this.outstanding.set(id, result.closedAt)
      if (!ENDS.has(state)) continue
      ended.add(id)
      this.outstanding.delete(id)
    }
    for (const { instructionId, state, amountMinor } of result.reservations)
      this.#reserve(toHex(instructionId), state, amountMinor, ended)
    const letters = result.dispositions.filter((code) => code === 4).length
    const { deadLetters, decisions, explanations } = result
    hold(
      letters === deadLetters.length,
      'refusals-recorded',
      () => `${letters} refused, ${deadLetters.length} told`,
    )
    hold(
      decisions.length === explanations.length,
      'refusals-recorded',
      () => `a decision without explanation`,
    )
    if (cycle !== undefined) this.people?.take(this.partition, cycle, result)
    this.onResult(this.partition, result)
  }

  /** It begins once and ends once; a partial posting and what it gives back add up to what was held. */
  #reserve(id: string, state: string, amountMinor: number, ended: ReadonlySet<string>): void {
    const before = this.#reservations.get(id)
    const begins = before === undefined && state === 'PENDING'
    const ends =
      before?.state === 'PENDING'
        ? state !== 'PENDING'
        : before?.state === 'PARTLY_POSTED' && before.leftMinor > 0 && state === 'VOIDED'
    hold(
      begins || ends,
      'reservation-once',
      () => `reservation of ${id}: ${state} after ${before?.state ?? 'nothing'}`,
    )
    hold(begins || ended.has(id), 'reservation-once', () => `${state}, but instruction ${id} has not ended`)
    const leftMinor = begins ? amountMinor : before!.leftMinor - amountMinor
    const isPart = state === 'PARTLY_POSTED'
    hold(
      begins || (isPart ? leftMinor > 0 : leftMinor === 0),
      'reservation-once',
      () => `${state} of ${amountMinor} leaves ${leftMinor} of the reservation of ${id}`,
    )
    this.#reservations.set(id, { state, leftMinor })
  }
}

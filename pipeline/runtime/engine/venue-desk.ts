/**
 * Hands instructions to their venues and turns the venues' reports into inputs.
 *
 * In virtual time a venue tells all reports while it is called, with event times in the future; the port promises that
 * none is earlier than the venue's minimum latency, and the cycles rely on it, so it is checked here.
 * Depends on the venue port and the schema of a report.
 */
import type { Logger } from 'pino'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { Execution, Instruction } from '../../../schemas/generated/types.js'
import { invariant, WeirError } from '../../errors.js'
import { formatUuid, toHex } from '../../identity.js'
import { UNROUTED_GROUP, type Venue } from '../../ports.js'
import type { ScheduledReport } from '../cycles/report-queue.js'
import type { ResultMessage } from '../workers/result-message.js'
import type { GroupRun } from './group-run.js'
import type { SourceNumbers } from './source-numbers.js'

export class VenueDesk {
  /** Instructions handed over by this process. */
  sent = 0
  readonly #venues: ReadonlyMap<string, Venue>
  readonly #sources: SourceNumbers
  readonly #logger: Logger | undefined
  readonly #notConnected = new Set<string>()

  constructor(venues: readonly Venue[], sources: SourceNumbers, logger: Logger | undefined) {
    this.#venues = new Map(venues.map((venue) => [venue.venueId, venue]))
    this.#sources = sources
    this.#logger = logger
  }

  /** Least time from sending to a report over all venues; Infinity without venues. */
  get minimumLatencyMicros(): number {
    return Math.min(...[...this.#venues.values()].map((venue) => venue.minimumLatencyMicros))
  }

  /** Venues that instructions named and that are not connected: those instructions were not sent. */
  get notConnected(): readonly string[] {
    return [...this.#notConnected].sort()
  }

  /** Carries out what a cycle asks for and gives the reports that it causes. */
  carryOut(group: GroupRun, closedAtMicros: number, result: ResultMessage): ScheduledReport[] {
    const reports: ScheduledReport[] = []
    for (const instruction of result.release) this.#call('send', group, instruction, closedAtMicros, reports)
    for (const instruction of result.query) this.#call('query', group, instruction, closedAtMicros, reports)
    return reports
  }

  /** Sends again what was outstanding when the process before ended. What the venue reports to that is known already. */
  sendAgain(group: GroupRun, instruction: Instruction): void {
    this.#call('send', group, instruction, instruction.createdAt, [])
  }

  #call(
    what: 'send' | 'query',
    group: GroupRun,
    instruction: Instruction,
    atMicros: number,
    reports: ScheduledReport[],
  ): void {
    const { venueId } = instruction
    // Cycles of that group close without waiting for effects, so a report could come too late.
    invariant(group.groupId !== UNROUTED_GROUP, 'the group of what cannot be routed instructs nobody')
    const venue = this.#venues.get(venueId)
    const source = this.#sources.ofReports(group.index, venueId)
    if (venue === undefined || source === undefined) {
      // In doubt, do less: the instruction stays reserved, is asked for in vain, and shows as unknown.
      this.#notConnected.add(venueId)
      return
    }
    let open = true
    venue[what](instruction, atMicros, (execution) => {
      if (!open) throw brokenPromise(venueId, 'reported after it was called, which virtual time cannot order')
      if (execution.eventTime < atMicros + venue.minimumLatencyMicros)
        throw brokenPromise(venueId, 'reported earlier than its minimum latency')
      reports.push(reportOf(source, execution))
    })
    open = false
    if (what === 'send') this.sent++
    if (this.#logger?.isLevelEnabled('debug') === true)
      this.#logger.debug(
        { groupId: group.groupId, cycle: instruction.cycle, ...idsOf(instruction), venueId },
        what,
      )
  }
}

function reportOf(source: number, execution: Execution): ScheduledReport {
  return {
    source,
    eventTimeMicros: execution.eventTime,
    executionId: Buffer.from(execution.executionId).toString('hex'),
    payload: encodeRecord('execution', execution),
  }
}

/** As the rows in ClickHouse show them, so that a line of the log can be looked up. */
function idsOf(instruction: Instruction): { instructionId: string; decisionId: string } {
  return {
    instructionId: formatUuid(toHex(instruction.instructionId)),
    decisionId: formatUuid(toHex(instruction.decisionId)),
  }
}

function brokenPromise(venueId: string, what: string): WeirError {
  return new WeirError('WEIR_BUG', `the venue ${what}`, {
    place: `venue ${venueId}`,
    remedy: 'correct the adapter of the venue; nothing that was accepted is lost',
  })
}

/**
 * Brings the groups of a run to where the journal ends: newest valid snapshot, then the journal, then the places
 * from which the sources go on.
 *
 * Effects of replayed cycles are carried out again: venues know an instruction by its id, and what they
 * report is a function of it, so reports that had not arrived are known again. Those with an event time before the end of the
 * group's last cycle are in the journal already. Depends on snapshots, the replayer and the venues.
 */
import type { Logger } from 'pino'
import { typeOf } from '../../../schemas/avro/registry.js'
import type { Instruction, SourceDeclaration } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import type { ScheduledReport } from '../cycles/report-queue.js'
import type { Journal } from '../journal/journal.js'
import { CYCLE_KIND, CYCLE_RESULT_KIND, entryKinds } from '../journal/layout.js'
import { readJournal } from '../journal/reader.js'
import type { Bell } from '../rings/bell.js'
import type { SnapshotStore } from '../snapshots/snapshot-store.js'
import type { StagePool } from '../workers/stage-pool.js'
import type { GroupRun } from './group-run.js'
import { Replayer } from './replayer.js'
import { decodeReports } from './report-list.js'
import type { SourceNumbers } from './source-numbers.js'
import type { VenueDesk } from './venue-desk.js'
import { adoptGroup, askOutstanding, declareSources, restoreGroup } from './worker-requests.js'

const DECLARATION_KIND = entryKinds.indexOf('weir.SourceDeclaration')

export interface RecoveryParts {
  readonly journalDirectory: string
  readonly journal: Journal
  /** Entries `0 <= sequence < end` were there when the journal was opened. */
  readonly end: number
  readonly pool: StagePool
  readonly bell: Bell
  readonly groups: readonly GroupRun[]
  readonly sources: SourceNumbers
  readonly snapshots: SnapshotStore
  readonly desk: VenueDesk
  readonly logger: Logger | undefined
}

export interface Recovered {
  /** Reports of each group, by index, that had not arrived. */
  readonly reports: readonly (readonly ScheduledReport[])[]
  readonly cycles: number
  readonly notices: readonly string[]
}

/**
 * @throws WeirError WEIR_DIVERGED when a replayed cycle gives another result than the journal holds
 */
export async function recover(parts: RecoveryParts): Promise<Recovered> {
  const notices: string[] = []
  await declareAll(parts)
  const reports: ScheduledReport[][] = parts.groups.map(() => [])
  let from = parts.end
  for (const group of parts.groups)
    from = Math.min(from, await restore(parts, group, reports[group.index], notices))
  const resent = new Set<string>()
  const replayer = new Replayer({
    directory: parts.journalDirectory,
    pool: parts.pool,
    bell: parts.bell,
    groups: parts.groups,
    isReport: (source) => parts.sources.isReport(source),
    onDifference: ({ groupId, cycle, what }) => {
      throw diverged(groupId, cycle, what)
    },
    onCycle: (group, { closedAtMicros, result, journaled }) => {
      if (!journaled) parts.journal.appendEncoded(CYCLE_RESULT_KIND, result.result)
      for (const instruction of result.release) resent.add(idOf(instruction))
      const list = reports[group.index]
      list.push(...parts.desk.carryOut(group, closedAtMicros, result))
      // What arrived by now is in a cycle; the list must not grow with the journal.
      reports[group.index] = list.filter((report) => report.eventTimeMicros >= closedAtMicros)
    },
  })
  await replayer.run(from, parts.end)
  for (const group of parts.groups) {
    reports[group.index] = reports[group.index].filter(
      (report) => report.eventTimeMicros >= group.closedAtMicros,
    )
    if (group.outstanding > 0)
      for (const instruction of await askOutstanding(parts.pool, parts.bell, group))
        if (!resent.has(idOf(instruction))) parts.desk.sendAgain(group, instruction)
  }
  return { reports, cycles: replayer.cycles, notices }
}

/** Declares the sources to the journal, where it does not have them, and to the workers. */
async function declareAll(parts: RecoveryParts): Promise<void> {
  const { declarations } = parts.sources
  const type = typeOf('source-declaration')
  let known = 0
  for await (const batch of readJournal(parts.journalDirectory, 0, parts.end)) {
    let beyond = false
    for (const record of batch) {
      if (record.kind === DECLARATION_KIND) {
        const body = record.decode() as { readonly 'weir.SourceDeclaration': SourceDeclaration }
        const held = body['weir.SourceDeclaration']
        const expected = declarations[known++]
        if (expected === undefined || type.compare(held, expected) !== 0) throw otherSource(held)
      } else if (record.kind === CYCLE_KIND) beyond = true
    }
    // All declarations come before the first cycle.
    if (beyond) break
  }
  for (const declaration of declarations.slice(known))
    parts.journal.append({ 'weir.SourceDeclaration': declaration })
  declareSources(parts.pool, declarations)
}

/** Restores the group from its newest snapshot that can be used; gives the first entry that it needs from the journal. */
async function restore(
  parts: RecoveryParts,
  group: GroupRun,
  reports: ScheduledReport[],
  notices: string[],
): Promise<number> {
  for (const cycle of await parts.snapshots.cycles(group.groupId)) {
    try {
      const snapshot = await parts.snapshots.read(group.groupId, cycle)
      if (snapshot.resultSequence >= parts.end) throw unusable(group, cycle, 'it is newer than the journal')
      if (!(await restoreGroup(parts.pool, parts.bell, group, snapshot.agentDigest, snapshot.agent)))
        throw unusable(group, cycle, 'its state does not match its digest')
      group.restore(cycle, snapshot.standing)
      reports.push(...decodeReports(snapshot.reports))
      return snapshot.sequence + 1
    } catch (error) {
      if (!(error instanceof WeirError) || error.code !== 'WEIR_SNAPSHOT') throw error
      notices.push(error.toLine())
      parts.logger?.warn({ groupId: group.groupId, cycle }, error.toLine())
    }
  }
  await adoptGroup(parts.pool, parts.bell, group)
  return 0
}

function idOf(instruction: Instruction): string {
  return Buffer.from(instruction.instructionId).toString('hex')
}

function unusable(group: GroupRun, cycle: number, why: string): WeirError {
  return new WeirError('WEIR_SNAPSHOT', `the snapshot is not used: ${why}`, {
    place: `group ${group.groupId}, cycle ${cycle}`,
    remedy: 'an older one or the journal is used instead',
  })
}

function diverged(groupId: string, cycle: number, what: string): WeirError {
  return new WeirError('WEIR_DIVERGED', `applying the journal again gives another result: ${what} differs`, {
    place: `group ${groupId}, cycle ${cycle}`,
    remedy:
      'go on with the version of Weir that wrote the journal, and report this: results must not depend on the run',
  })
}

function otherSource(held: SourceDeclaration): WeirError {
  return new WeirError(
    'WEIR_CONFIG',
    'the journal knows this source otherwise: the input or its schema has changed',
    {
      place: `source ${held.source}, ${held.name}`,
      remedy: 'give the same input as at the first start, or another --data-dir',
    },
  )
}

/**
 * What a run tells at its end, and the file that keeps it so that a finished run can tell it again.
 *
 * Depends on the ports and node:fs.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type GroupSummary, UNROUTED_GROUP } from '../../ports.js'
import { replaceFile } from '../encoding/files.js'
import type { JournalStatistics } from '../journal/journal.js'
import type { TornTail } from '../journal/open.js'
import type { Percentiles } from '../latency-histogram.js'
import type { GroupReport } from '../workers/protocol.js'

export interface RunReport {
  /** Records read from files, each once. */
  readonly inputs: number
  /** Venue reports. */
  readonly executions: number
  readonly cycles: number
  readonly decisions: { readonly acted: number; readonly nothingToDo: number; readonly refused: number }
  readonly instructions: { readonly total: number; readonly byState: Readonly<Record<string, number>> }
  readonly deadLetters: number
  /** Hex; SHA-256 over the groups' state digests in order of group id. */
  readonly stateDigest: string
  /** Hex; SHA-256 over the groups' decision digests in order of group id. */
  readonly decisionDigest: string
  readonly groups: readonly GroupSummary[]
  readonly journal: JournalStatistics
  /** Of the cycles that this process applied. */
  readonly latency: { readonly solveMicros: Percentiles; readonly applyMicros: Percentiles }
  /** Inputs and reports a second, of this process. */
  readonly eventsPerSecond: number
  readonly seconds: number
  /** Entries of the journal that this process applied again at its start. */
  readonly replayedCycles: number
  /** What a person should know: a torn tail, a snapshot that was not used. */
  readonly notices: readonly string[]
  readonly torn?: TornTail
}

/** By group id, in which `~unrouted` need not be the last. */
function inIdOrder(reports: readonly GroupReport[]): GroupReport[] {
  return [...reports].sort((a, b) => (a.summary.groupId < b.summary.groupId ? -1 : 1))
}

/** Digests of a run: SHA-256 over those of its groups, in order of group id. */
export function runDigests(reports: readonly GroupReport[]): { stateDigest: string; decisionDigest: string } {
  const state = createHash('sha256')
  const decision = createHash('sha256')
  for (const report of inIdOrder(reports)) {
    state.update(Buffer.from(report.stateDigest, 'hex'))
    decision.update(Buffer.from(report.decisionDigest, 'hex'))
  }
  return { stateDigest: state.digest('hex'), decisionDigest: decision.digest('hex') }
}

/** Sums over groups: cycles, decisions and instructions. */
export function totalsOf(
  reports: readonly GroupReport[],
): Pick<RunReport, 'cycles' | 'decisions' | 'instructions' | 'groups'> {
  const decisions = { acted: 0, nothingToDo: 0, refused: 0 }
  const byState: Record<string, number> = {}
  let [cycles, total] = [0, 0]
  for (const { summary } of inIdOrder(reports)) {
    cycles += summary.cycles
    decisions.acted += summary.decisions.acted
    decisions.nothingToDo += summary.decisions.nothingToDo
    decisions.refused += summary.decisions.refused
    for (const [state, count] of Object.entries(summary.instructions)) {
      byState[state] = (byState[state] ?? 0) + count
      total += count
    }
  }
  const groups = inIdOrder(reports)
    .map(({ summary }) => summary)
    .filter(({ groupId }) => groupId !== UNROUTED_GROUP)
  return { cycles, decisions, instructions: { total, byState }, groups }
}

interface FinishedRun {
  /** Entries of the journal when the run was finished; another number means that the report is not of this journal. */
  readonly entries: number
  readonly report: RunReport
}

const FINISHED = 'finished.json'

export async function writeFinished(dataDir: string, entries: number, report: RunReport): Promise<void> {
  const finished: FinishedRun = { entries, report }
  await replaceFile(join(dataDir, FINISHED), `${JSON.stringify(finished, undefined, 2)}\n`)
}

/** The report of a finished run; undefined when it was not finished, or the file cannot be read. */
export async function readFinished(dataDir: string): Promise<FinishedRun | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, FINISHED), 'utf8')) as FinishedRun
  } catch {
    // Not there, or torn: the run is finished again from its journal, which gives the same digests.
    return undefined
  }
}

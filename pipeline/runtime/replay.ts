/**
 * Rebuilds everything of a run from its journal alone, from the first entry, and compares with what the run wrote.
 *
 * Takes neither snapshots nor input files nor venues: that the same digests come out proves that the journal holds all
 * that the decisions rest on. Depends on the engine's parts.
 */
import { join } from 'node:path'
import type { SourceDeclaration } from '../../schemas/generated/types.js'
import { WeirError } from '../errors.js'
import { UNROUTED_GROUP } from '../ports.js'
import { moduleUrl } from './agent-module.js'
import { lockDataDirectory } from './data-directory.js'
import { dealGroups } from './engine/group-run.js'
import { type Difference, Replayer } from './engine/replayer.js'
import { readFinished, runDigests } from './engine/report.js'
import { readRunFile } from './engine/run-file.js'
import { type EngineOptions, workersOf } from './engine/run-options.js'
import { adoptGroup, declareSources, finishGroups } from './engine/worker-requests.js'
import { Journal } from './journal/journal.js'
import { CYCLE_KIND, entryKinds } from './journal/layout.js'
import { readJournal } from './journal/reader.js'
import { Bell } from './rings/bell.js'
import { StagePool } from './workers/stage-pool.js'

export interface ReplayReport {
  /** Every journaled result and, for a finished run, both final digests came out again. */
  readonly identical: boolean
  readonly cycles: number
  /** Whether the run had come to its end, so that there were final digests to compare. */
  readonly finished: boolean
  /** Hex, as in the run's report. */
  readonly stateDigest: string
  readonly decisionDigest: string
  readonly seconds: number
  readonly cyclesPerSecond: number
  readonly firstDifference?: Difference
}

const DECLARATION_KIND = entryKinds.indexOf('weir.SourceDeclaration')

/**
 * @throws WeirError WEIR_NOT_FOUND when the directory holds no run; WEIR_LOCKED, WEIR_JOURNAL as a start does
 */
export async function replay(options: EngineOptions): Promise<ReplayReport> {
  const { dataDir } = options
  const identity = await readRunFile(dataDir)
  if (identity === undefined)
    throw new WeirError('WEIR_NOT_FOUND', 'there is no run in this data directory', {
      place: dataDir,
      remedy: 'give the --data-dir of a run',
    })
  const lock = await lockDataDirectory(dataDir)
  try {
    // Opening checks all segments and cuts a torn tail, as a start does.
    const journal = await Journal.open({ directory: join(dataDir, 'journal') })
    const end = journal.nextSequence
    await journal.close()
    return await replayJournal(options, identity.groups, end)
  } finally {
    await lock.release()
  }
}

async function replayJournal(
  options: EngineOptions,
  groupIds: readonly string[],
  end: number,
): Promise<ReplayReport> {
  const begun = performance.now()
  const bell = new Bell()
  const workers = workersOf(options)
  const { module: optimizer, digest: optimizerDigest } = options.optimizer
  const agentModule = moduleUrl(options.agentModule)
  const pool = new StagePool({ workers, agentModule, optimizer, optimizerDigest, bell })
  const directory = join(options.dataDir, 'journal')
  const groups = dealGroups([...groupIds, UNROUTED_GROUP], workers)
  let firstDifference: Difference | undefined
  const onDifference = (difference: Difference): void => {
    if (firstDifference === undefined || difference.sequence < firstDifference.sequence)
      firstDifference = difference
  }
  const finished = await readFinished(options.dataDir)
  const compared = finished?.entries === end ? finished.report : undefined
  try {
    declareSources(pool, await readDeclarations(directory, end))
    for (const group of groups) await adoptGroup(pool, bell, group)
    const replayer = new Replayer({
      directory,
      pool,
      bell,
      groups,
      isReport: () => false,
      onCycle: ({ groupId }, { cycle, sequence, journaled }) => {
        // A run that was cut off may owe the last results; a finished one owes none.
        if (!journaled && compared !== undefined)
          onDifference({ groupId, cycle, sequence, what: 'no result is journaled' })
      },
      onDifference,
    })
    await replayer.run(0, end)
    const digests = runDigests(await finishGroups(pool, bell, groups))
    const same =
      compared === undefined ||
      (compared.stateDigest === digests.stateDigest && compared.decisionDigest === digests.decisionDigest)
    const seconds = (performance.now() - begun) / 1000
    return {
      identical: same && firstDifference === undefined,
      cycles: replayer.cycles,
      finished: compared !== undefined,
      ...digests,
      seconds,
      cyclesPerSecond: replayer.cycles / seconds,
      ...(firstDifference === undefined ? {} : { firstDifference }),
    }
  } finally {
    await pool.stop()
  }
}

async function readDeclarations(directory: string, end: number): Promise<SourceDeclaration[]> {
  const declarations: SourceDeclaration[] = []
  for await (const batch of readJournal(directory, 0, end)) {
    let beyond = false
    for (const record of batch) {
      if (record.kind === DECLARATION_KIND) {
        const body = record.decode() as { readonly 'weir.SourceDeclaration': SourceDeclaration }
        declarations.push(body['weir.SourceDeclaration'])
      } else if (record.kind === CYCLE_KIND) beyond = true
    }
    // All declarations come before the first cycle.
    if (beyond) break
  }
  return declarations
}

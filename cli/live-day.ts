/**
 * Lives through a folder of input with everything around the engine: optimizer, simulated bank, projection, progress.
 *
 * `run` and `demo` share it, so the demonstration shows the path that real input takes. Depends on the runtime,
 * the sandbox's bank and the projection.
 */

import { join } from 'node:path'
import { lockDataDirectory } from '../pipeline/runtime/data-directory.js'
import { type ProgressCounts, type RunReport, runDay } from '../pipeline/runtime/engine.js'
import { openInputFolder } from '../pipeline/runtime/sources/input-folder.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import type { Progress } from './progress.js'
import { Projection, type ProjectionOutcome } from './projection.js'
import { folderOptions } from './run-configuration.js'
import type { RunSettings } from './run-settings.js'

export interface LivedDay<Answer> {
  readonly report: RunReport
  readonly projection: ProjectionOutcome | undefined
  readonly answer: Answer
}

/** What people send to a run that is under way goes here, below its data directory. */
export const DROP_FOLDER = 'commands'

/** `ask` may query ClickHouse before it is stopped; it is given nothing when the projection is off or behind. */
export async function liveDay<Answer>(
  inputDir: string,
  settings: RunSettings,
  progress: Progress,
  ask: (projection: Projection | undefined, report: RunReport) => Promise<Answer>,
  followUntil?: AbortSignal,
): Promise<LivedDay<Answer>> {
  // What is given is looked at before anything is made or started for it.
  openInputFolder(inputDir)
  // Another process that holds the directory is told of at once, not after its ClickHouse was found locked.
  await (await lockDataDirectory(settings.dataDir)).release()
  const projection = await Projection.open(settings)
  try {
    const report = await live(inputDir, settings, progress, projection, followUntil)
    if (projection !== undefined) progress.say('projecting the last decisions into ClickHouse')
    const outcome = await projection?.finish(report.journal.entries)
    const answer = await ask(outcome?.behind === undefined ? projection : undefined, report)
    return { report, projection: outcome, answer }
  } finally {
    progress.close()
    await projection?.close()
  }
}

async function live(
  inputDir: string,
  settings: RunSettings,
  progress: Progress,
  projection: Projection | undefined,
  followUntil: AbortSignal | undefined,
): Promise<RunReport> {
  const { bankSeed, dataDir, log, timing, workers } = settings
  return await runDay({
    inputDir,
    dataDir,
    dropDir: join(dataDir, DROP_FOLDER),
    ...(followUntil === undefined ? {} : { followUntil }),
    workers,
    ...folderOptions(bankSeed, timing),
    agentModule: new URL('../pipeline/agent.js', import.meta.url),
    optimizer: await compileOptimizer(),
    logger: log,
    onProgress: (fraction: number, counts: ProgressCounts) => progress.update(fraction, counts),
    onDurable: (sequence: number) => projection?.durable(sequence + 1),
  })
}

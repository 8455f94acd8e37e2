/** The beginning of a process, measured in fresh ones. Depends on Node and start-up-process.ts, which it starts. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { StartUpResult, StartUpRun } from './results.js'
import { HIGHS_NAME } from './solvers.js'

const run = promisify(execFile)
const script = fileURLToPath(new URL('start-up-process.js', import.meta.url))
const PROCESS_BOUND_MS = 60_000

export interface StartUpOptions {
  readonly pools: number
  readonly solves: number
  readonly processes: number
}

/** Processes of both solvers take turns, one at a time. */
export async function measureStartUp({ pools, solves, processes }: StartUpOptions): Promise<StartUpResult> {
  const solvers = [
    { name: 'Weir', argument: 'weir', runs: [] as StartUpRun[] },
    { name: HIGHS_NAME, argument: 'highs', runs: [] as StartUpRun[] },
  ]
  for (let process_ = 0; process_ < processes; process_++) {
    for (const { argument, runs } of solvers) {
      const args = [script, argument, String(pools), String(solves)]
      const { stdout } = await run(process.execPath, args, { timeout: PROCESS_BOUND_MS })
      runs.push(JSON.parse(stdout) as StartUpRun)
    }
  }
  return { pools, solves, solvers: solvers.map(({ name, runs }) => ({ name, runs })) }
}

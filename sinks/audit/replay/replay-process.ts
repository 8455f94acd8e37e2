/**
 * Runs a replay in a process of its own, because the module of a bundle is code of whoever made the bundle: it cannot keep the
 * verifier waiting, nor take more memory than it is given, nor reach anything but its own memory. Depends on node:child_process.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { WeirError } from '../../../pipeline/errors.js'
import type { ChildAnswer } from './replay-child.js'
import type { ReplayJob, ReplayOutcome } from './replay-job.js'

/** A decision is replayed in well under a second, the day of a group in some; a module that does not end must. */
const TIMEOUT_MS = 120_000
/** State, cycles and what is made of them. */
const HEAP_MEGABYTES = 1_024
/** 64 KiB each, 512 MiB in all: models of Weir take some megabytes. */
const WASM_PAGES = 8_192

const CHILD = fileURLToPath(new URL('./replay-child.js', import.meta.url))

export interface ReplayLimits {
  readonly timeoutMs?: number
}

/** @throws WeirError WEIR_AUDIT when the replay fails, takes too long or too much memory */
export async function replayInProcess(job: ReplayJob, limits: ReplayLimits = {}): Promise<ReplayOutcome> {
  const child = fork(CHILD, {
    // Nothing of the verifier's environment is for code of others.
    env: {},
    execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`, `--wasm-max-mem-pages=${WASM_PAGES}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    const answer = await answerOf(child, job, limits.timeoutMs ?? TIMEOUT_MS)
    if ('outcome' in answer) return answer.outcome
    throw failed(`ends with an error: ${answer.error}`)
  } finally {
    child.kill('SIGKILL')
  }
}

function answerOf(child: ChildProcess, job: ReplayJob, timeoutMs: number): Promise<ChildAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failed(`took more than ${timeoutMs} ms`)), timeoutMs)
    const end = (error: WeirError): void => {
      clearTimeout(timer)
      reject(error)
    }
    child.once('message', (answer) => {
      clearTimeout(timer)
      resolve(answer as ChildAnswer)
    })
    child.once('error', (cause) => end(failed('cannot be run', cause)))
    child.once('exit', () => end(failed('ended without an answer: it ran out of memory or crashed')))
    child.send(job, (cause) => {
      if (cause !== null) end(failed('could not be begun', cause))
    })
  })
}

function failed(what: string, cause?: unknown): WeirError {
  return new WeirError('WEIR_AUDIT', `the replay ${what}`, {
    place: 'bundle',
    remedy: 'verify with the version of Weir that made the run; otherwise do not believe the bundle',
    ...(cause === undefined ? {} : { cause }),
  })
}

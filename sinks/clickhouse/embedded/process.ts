/**
 * One run of the engine as a child process: start, wait until it answers, stop.
 *
 * The child lives no longer than this process: it dies when the IPC channel closes (also after `kill -9`
 * of the parent), and an `exit` hook kills what is left. It has a process group of its own, so that Ctrl-C
 * reaches only the parent, which stops it in order.
 * Depends on Node and `pipeline/errors`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { get } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WeirError } from '../../../pipeline/errors.js'
import type { EngineFiles } from './directory.js'

/** Measured start: 0.3 to 0.5 s; a cold disk with 540 MB of library to read can take several seconds. */
const READY_TIMEOUT_MS = 30_000
const PING_INTERVAL_MS = 15
const PING_TIMEOUT_MS = 1_000
/** From SIGTERM to SIGKILL. The engine usually ends within 0.1 s and sometimes not at all. */
const STOP_GRACE_MS = 2_000
const STDERR_LIMIT = 4_096

const CHILD_MODULE = fileURLToPath(new URL('./child.js', import.meta.url))

export type EngineFailure = 'locked' | 'port-taken' | 'other'

export interface EngineExit {
  readonly failure: EngineFailure
  /** What the engine last said, or the signal that ended it. */
  readonly detail: string
}

const living = new Set<ChildProcess>()

function killLiving(): void {
  for (const child of living) child.kill('SIGKILL')
}

export class EngineProcess {
  readonly pid: number
  readonly exited: Promise<EngineExit>
  #child: ChildProcess
  #exit: EngineExit | undefined
  #stderr = ''
  #port: number

  constructor(library: string, port: number, files: EngineFiles) {
    this.#port = port
    this.#child = fork(CHILD_MODULE, [library, String(port), files.configuration, files.store], {
      detached: true,
      execArgv: [],
      // No secret of the parent's environment is handed on; the engine reads and writes below HOME.
      env: { PATH: process.env.PATH ?? '', HOME: files.directory, TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.pid = this.#child.pid ?? -1
    // A command that fails before it stops the engine must still end; the exit hook then kills the child.
    this.#child.unref()
    this.#child.channel?.unref()
    if (this.#child.stderr instanceof Socket) this.#child.stderr.unref()
    this.exited = this.#watch()
  }

  #watch(): Promise<EngineExit> {
    if (living.size === 0) process.on('exit', killLiving)
    living.add(this.#child)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LIMIT)
    })
    return new Promise((resolve) => {
      const settle = (detail: string): void => {
        if (!living.delete(this.#child)) return
        if (living.size === 0) process.off('exit', killLiving)
        this.#exit = classifyExit(detail)
        resolve(this.#exit)
      }
      this.#child.once('error', (error) => settle(error.message))
      // `close`, not `exit`: only then has the last of stderr been read.
      this.#child.once('close', (code, signal) =>
        settle(this.#stderr.trim() || (signal === null ? `exit code ${code}` : `signal ${signal}`)),
      )
    })
  }

  /** Resolves to undefined when the engine answers, to its exit when it ended first. */
  async untilReady(): Promise<EngineExit | undefined> {
    const deadlineMs = performance.now() + READY_TIMEOUT_MS
    while (this.#exit === undefined) {
      // A stranger on the port could answer too, but then the engine cannot listen and exits.
      if ((await ping(this.#port)) && this.#exit === undefined) return undefined
      if (performance.now() > deadlineMs) {
        await this.stop()
        throw new WeirError('WEIR_CLICKHOUSE', `the engine gave no answer within ${READY_TIMEOUT_MS} ms`, {
          place: 'embedded ClickHouse',
          remedy: 'look for a machine without free memory or with a very slow disk',
          retry: 'backoff',
        })
      }
      await Promise.race([delay(PING_INTERVAL_MS), this.exited])
    }
    return this.#exit
  }

  /** Ends the engine: SIGTERM, then SIGKILL after a grace period. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#exit !== undefined) return
    this.#child.kill('SIGTERM')
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS)
    await this.exited
    clearTimeout(killer)
  }

  /** As a crash would; for tests of the supervision. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

function classifyExit(detail: string): EngineExit {
  if (detail.includes('Cannot lock file')) return { failure: 'locked', detail }
  if (detail.includes('Address already in use')) return { failure: 'port-taken', detail }
  return { failure: 'other', detail }
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/ping', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.setTimeout(PING_TIMEOUT_MS, () => request.destroy())
    request.once('error', () => resolve(false))
    request.once('close', () => resolve(false))
  })
}

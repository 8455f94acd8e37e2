/**
 * A `weir` process as a supervisor keeps it: started again when it ends by itself, and killed, stopped and continued on request.
 *
 * Everything it prints goes to a log file of its own. Nothing outlives the process that started it in order. Depends on Node.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../house/repository.js'

export interface Exit {
  readonly name: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly atMs: number
}

/** As an init system does: at once is too often for something that cannot start. */
const RESTART_AFTER_MS = 500
const END_BOUND_MS = 60_000

export class Supervised {
  readonly name: string
  /** Ends that nobody asked for. */
  readonly unexpected: Exit[] = []
  starts = 0
  readonly #args: readonly string[]
  readonly #endsByItself: boolean
  readonly #logFile: string
  #child: ChildProcess | undefined
  #wanted = false
  #restart: NodeJS.Timeout | undefined

  constructor(name: string, args: readonly string[], logFolder: string, { endsByItself = false } = {}) {
    this.name = name
    this.#endsByItself = endsByItself
    this.#args = args
    this.#logFile = join(logFolder, `${name}.log`)
    process.on('exit', () => this.#child?.kill('SIGKILL'))
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  start(): void {
    clearTimeout(this.#restart)
    if (this.#child !== undefined) return
    this.#wanted = true
    this.starts++
    const log = openSync(this.#logFile, 'a')
    writeSync(log, `--- ${new Date().toISOString()} start ${this.starts}\n`)
    const child = spawn(process.execPath, [join(root, 'bin', 'weir.mjs'), ...this.#args], {
      stdio: ['ignore', log, log],
      // A commit holds a thread of the pool while it waits for the broker.
      env: { ...process.env, UV_THREADPOOL_SIZE: '8' },
    })
    closeSync(log)
    this.#child = child
    child.once('exit', (code, signal) => {
      this.#child = undefined
      // Done; a process that is meant to go on ends with 0 only when it is told to.
      if (!this.#wanted || (code === 0 && this.#endsByItself)) return
      this.unexpected.push({ name: this.name, code, signal, atMs: performance.now() })
      this.#restart = setTimeout(() => this.start(), RESTART_AFTER_MS)
    })
  }

  /** kill -9; it stays down until it is started. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM. Gives the exit code; null when it had to be killed, and undefined when it did not run. */
  async end(): Promise<number | null | undefined> {
    return this.#end('SIGTERM')
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<number | null | undefined> {
    this.#wanted = false
    clearTimeout(this.#restart)
    const child = this.#child
    if (child === undefined) return undefined
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    child.kill(signal)
    // A stopped process takes SIGKILL and nothing else.
    const bound = setTimeout(() => child.kill('SIGKILL'), END_BOUND_MS)
    const code = await ended
    clearTimeout(bound)
    return code
  }
}

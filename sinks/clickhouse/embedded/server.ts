/**
 * The embedded ClickHouse: starts the engine on a data directory, keeps it running, stops it.
 *
 * A dead engine is started again on the same port, so that its clients need only retry. One process at a
 * time owns a directory: the engine's own lock in `store/` decides, and a second one gets `WEIR_LOCKED`.
 * Depends on Node, `pipeline/errors` and the other files of this folder.
 */
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { WeirError } from '../../../pipeline/errors.js'
import {
  createEngineFolders,
  type EngineFiles,
  removeConnection,
  removeRunFolder,
  takeOver,
  writeEngineFiles,
} from './directory.js'
import { findEngineLibrary } from './library.js'
import { type EngineExit, EngineProcess } from './process.js'
import { type EmbeddedLogins, newLogins } from './users.js'

/** The engine of a process that was killed needs a moment to notice and to let go of its lock. */
const LOCK_WAIT_MS = 3_000
const LOCK_RETRY_MS = 50
/** Somebody else may take the free port before the engine does; five times in a row is no coincidence. */
const PORT_ATTEMPTS = 5
/** An engine that dies more often than this has a cause that a restart does not mend. */
const RESTARTS_MAX = 5
const RESTART_WINDOW_MS = 60_000
/** Pause before the first restart within the window; it doubles with each further one. */
const RESTART_PAUSE_MS = 50
const LONGEST_RESTART_PAUSE_MS = 1_000

/** The part of a pino logger that is used here. */
export interface EngineLog {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface EmbeddedServerOptions {
  /** `data-dir/clickhouse`; made when absent. */
  readonly directory: string
  readonly log: EngineLog
  /** Path of the engine's library, when it is not to be looked for among the installed packages. */
  readonly library?: string
  /** Restarts within a minute before the engine is left stopped. */
  readonly restartsMax?: number
}

export class EmbeddedServer {
  readonly logins: EmbeddedLogins = newLogins()
  #library: string
  #files: EngineFiles
  #log: EngineLog
  #restartsMax: number
  #port = 0
  #engine: EngineProcess | undefined
  #stopping = false
  #supervision: Promise<void> = Promise.resolve()

  private constructor(options: EmbeddedServerOptions) {
    this.#library = options.library ?? findEngineLibrary()
    this.#files = createEngineFolders(options.directory)
    this.#log = options.log
    this.#restartsMax = options.restartsMax ?? RESTARTS_MAX
  }

  /**
   * Starts an engine and waits until it answers.
   * Throws `WEIR_MISSING_PART` without a library, `WEIR_LOCKED` when another process owns the directory,
   * `WEIR_CLICKHOUSE` when the engine does not come up.
   */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    const server = new EmbeddedServer(options)
    try {
      writeEngineFiles(server.#files, server.logins)
      await server.#launch()
    } catch (error) {
      removeRunFolder(server.#files)
      throw error
    }
    takeOver(server.#files, server.url, server.logins)
    server.#supervision = server.#supervise()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Process of the engine that runs now; another one after a restart. */
  get enginePid(): number {
    return this.#engine?.pid ?? -1
  }

  /** Stops the engine; safe to call twice, resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#engine?.stop()
    await this.#supervision
    removeConnection(this.#files)
    removeRunFolder(this.#files)
  }

  async #launch(): Promise<void> {
    const lockDeadlineMs = performance.now() + LOCK_WAIT_MS
    let portAttempts = 0
    for (;;) {
      if (this.#port === 0) this.#port = await freePort()
      const engine = new EngineProcess(this.#library, this.#port, this.#files)
      this.#engine = engine
      const exit = await engine.untilReady()
      if (exit === undefined) return
      if (exit.failure === 'locked' && performance.now() < lockDeadlineMs) await delay(LOCK_RETRY_MS)
      else if (exit.failure === 'port-taken' && ++portAttempts < PORT_ATTEMPTS) this.#port = 0
      else throw startError(exit, this.#files)
    }
  }

  async #supervise(): Promise<void> {
    const restartsMs: number[] = []
    while (!this.#stopping) {
      const exit = await this.#engine!.exited
      if (this.#stopping) return
      const nowMs = performance.now()
      while (restartsMs.length > 0 && nowMs - restartsMs[0]! > RESTART_WINDOW_MS) restartsMs.shift()
      if (restartsMs.length >= this.#restartsMax) {
        this.#log.error({ detail: exit.detail }, 'embedded ClickHouse keeps dying and is left stopped')
        return
      }
      restartsMs.push(nowMs)
      this.#log.warn({ detail: exit.detail }, 'embedded ClickHouse died and is started again')
      await this.#restart(restartsMs.length)
    }
  }

  async #restart(attempt: number): Promise<void> {
    await delay(Math.min(RESTART_PAUSE_MS * 2 ** (attempt - 1), LONGEST_RESTART_PAUSE_MS))
    if (this.#stopping) return
    try {
      const engine = new EngineProcess(this.#library, this.#port, this.#files)
      this.#engine = engine
      if (this.#stopping) await engine.stop()
      else await engine.untilReady()
    } catch (error) {
      this.#log.warn({ err: error }, 'embedded ClickHouse could not be started again')
    }
  }
}

function startError(exit: EngineExit, files: EngineFiles): WeirError {
  if (exit.failure === 'locked') {
    return new WeirError('WEIR_LOCKED', 'another process runs ClickHouse on this directory', {
      place: files.directory,
      remedy: 'wait until it has ended, or connect to it with the address and login in connection.json',
      retry: 'backoff',
    })
  }
  const lastLine = exit.detail.split('\n').at(-1)?.slice(0, 500) ?? ''
  return new WeirError('WEIR_CLICKHOUSE', `the engine ended at its start: ${lastLine}`, {
    place: files.directory,
    remedy: 'if its files are damaged, remove the folder: the next run fills it again from the journal',
  })
}

/** A port that is free now, on the loopback interface. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/**
 * Starts the projector's thread and talks to it.
 *
 * The pipeline calls `durable` after each group commit, which costs one store into shared memory and at most
 * one message at a time; it never waits. A failed projection is told by `drain` and in the log, and stops
 * nothing else: the journal is the truth and the next start goes on where this one ended.
 * Depends on Node's worker threads.
 */
import { Worker } from 'node:worker_threads'
import { WeirError } from '../../../pipeline/errors.js'
import type { Connection } from '../target.js'
import type { FromThread, PlainError, ThreadData, ToThread } from './messages.js'

export interface ProjectorThreadOptions {
  readonly journalDirectory: string
  /** The writer's connection; the database is migrated. */
  readonly connection: Connection
  readonly log: {
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

/** The thread ends by itself once told to; one that is stuck in a request is ended after this. */
const STOP_GRACE_MS = 2_000

interface Waiter {
  readonly until: number
  settle(error?: WeirError): void
}

export class ProjectorThread {
  #worker: Worker
  #log: ProjectorThreadOptions['log']
  #durable = new BigInt64Array(new SharedArrayBuffer(8))
  #waking = new Int32Array(new SharedArrayBuffer(4))
  #projectedUntil = 0
  #failure: WeirError | undefined
  #waiters = new Set<Waiter>()
  #exited: Promise<void>
  #stopping = false

  constructor(options: ProjectorThreadOptions) {
    this.#log = options.log
    const { journalDirectory, connection } = options
    const { buffer: durable } = this.#durable
    const { buffer: waking } = this.#waking
    const workerData: ThreadData = { journalDirectory, connection, durable, waking }
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData })
    this.#worker.on('message', (message: FromThread) => this.#receive(message))
    this.#worker.on('error', (error) => {
      this.#fail({ code: 'WEIR_BUG', message: String(error), place: undefined, remedy: undefined })
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve())
    })
    // A command that forgets to stop it must still end.
    this.#worker.unref()
  }

  /** First journal entry that is not projected yet, as far as is known here. */
  get projectedUntil(): number {
    return this.#projectedUntil
  }

  /** Why the projection stopped; undefined while it runs or waits for a server. */
  get failure(): WeirError | undefined {
    return this.#failure
  }

  /** Journal entries before `until` are durable. Cheap: to be called after every commit. */
  durable(until: number): void {
    Atomics.store(this.#durable, 0, BigInt(until))
    if (Atomics.compareExchange(this.#waking, 0, 0, 1) === 0) this.#send({ kind: 'wake' })
  }

  /**
   * Resolves when every entry before `until`, which must be durable, is projected.
   * Throws the projection's failure, or `WEIR_CLICKHOUSE` after `timeoutMs`: then it lags, and nothing is lost.
   */
  async drain(until: number, timeoutMs: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#projectedUntil >= until) return
    this.durable(Math.max(until, Number(Atomics.load(this.#durable, 0))))
    this.#send({ kind: 'drain' })
    let timer: NodeJS.Timeout | undefined
    const waiting = new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        until,
        settle: (error) => {
          this.#waiters.delete(waiter)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      this.#waiters.add(waiter)
      timer = setTimeout(() => waiter.settle(lagging(this.#projectedUntil, until)), timeoutMs)
    })
    await waiting.finally(() => clearTimeout(timer))
  }

  /** Stops the thread after what it is just doing; what is not projected then is projected by the next start. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#send({ kind: 'stop' })
    const killer = setTimeout(() => void this.#worker.terminate(), STOP_GRACE_MS)
    await this.#exited
    clearTimeout(killer)
    for (const waiter of this.#waiters) waiter.settle(lagging(this.#projectedUntil, waiter.until))
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromThread): void {
    if (message.kind === 'warning') this.#log.warn(message.fields, message.message)
    else if (message.kind === 'failed') this.#fail(message.error)
    else {
      this.#projectedUntil = message.until
      for (const waiter of this.#waiters) if (waiter.until <= message.until) waiter.settle()
    }
  }

  #fail(error: PlainError): void {
    // A server that is away when the thread is told to stop is a lag, which `drain` has told already.
    if (this.#stopping) return
    const place = error.place === undefined ? {} : { place: error.place }
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy }
    this.#failure = new WeirError(error.code, error.message, { ...place, ...remedy })
    this.#log.error({ reason: this.#failure.toLine() }, 'the projection into ClickHouse stopped')
    for (const waiter of this.#waiters) waiter.settle(this.#failure)
  }
}

function lagging(projectedUntil: number, until: number): WeirError {
  return new WeirError(
    'WEIR_CLICKHOUSE',
    `ClickHouse is behind: ${projectedUntil} of ${until} journal entries are projected`,
    {
      place: 'projection',
      remedy: 'nothing is lost: run the same command again when ClickHouse answers',
      retry: 'backoff',
    },
  )
}

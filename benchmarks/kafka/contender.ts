/**
 * A contender in a process of its own, which reports cumulative figures every few milliseconds. Depends on Node.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { WeirError } from '../../pipeline/errors.js'
import type { InstanceOrder, InstanceReport } from './instance-child.js'

/** Nothing in a benchmark takes longer. */
const PATIENCE_MS = 240_000

/** For profiles: arguments of Node for the measured processes. */
const NODE_ARGUMENTS = (process.env.WEIR_BENCH_NODE_ARGS ?? '').split(' ').filter((word) => word !== '')

/** Commits of four partitions and two reads wait in threads of their own, as docs/kafka.md tells an operator to set it. */
const THREADS = '6'

/** Reports as they come, whatever the process is. */
export class Reports<R> {
  latest: R | undefined
  #watchers: ((report: R) => void)[] = []
  #failure: WeirError | undefined
  #onFailure: (() => void)[] = []

  add(report: R): void {
    this.latest = report
    for (const watcher of this.#watchers) watcher(report)
  }

  /** The first report for which `reached` is true. */
  until(what: string, reached: (report: R) => boolean): Promise<R> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer)
        this.#watchers = this.#watchers.filter((other) => other !== watcher)
        settle()
      }
      const watcher = (report: R): void => {
        if (reached(report)) done(() => resolve(report))
      }
      const timer = setTimeout(() => {
        this.fail(`not within ${PATIENCE_MS} ms: ${what}; last: ${JSON.stringify(this.latest)}`)
      }, PATIENCE_MS)
      this.#onFailure.push(() => done(() => reject(this.#failure)))
      this.#watchers.push(watcher)
      if (this.#failure !== undefined) done(() => reject(this.#failure))
    })
  }

  fail(what: string): void {
    this.#failure ??= new WeirError('WEIR_KAFKA', what, {
      place: 'benchmark',
      remedy: 'see what it wrote: WEIR_BENCH_LOG=info npm run bench -- kafka',
    })
    for (const tell of this.#onFailure.splice(0)) tell()
  }
}

export class Contender<R> {
  readonly reports = new Reports<R>()
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #stopping = false

  constructor(module: string, order: object) {
    this.#child = fork(new URL(module, import.meta.url), [JSON.stringify(order)], {
      execArgv: NODE_ARGUMENTS,
      env: { ...process.env, UV_THREADPOOL_SIZE: THREADS },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message) => this.reports.add(message as R))
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        if (!this.#stopping) this.reports.fail(`${module} ended with ${signal ?? code}`)
        resolve()
      })
    })
  }

  until(what: string, reached: (report: R) => boolean): Promise<R> {
    return this.reports.until(what, reached)
  }

  /** Lets it end in order. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#child.connected) this.#child.send('stop')
    await this.#ended
  }

  async kill(): Promise<void> {
    this.#stopping = true
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

export function startInstance(order: InstanceOrder): Contender<InstanceReport> {
  return new Contender('./instance-child.js', order)
}

/**
 * ClickHouse beside a run: opens the target, projects the journal while it grows, and says how far it came.
 *
 * A server that is away delays the projection and never the run: the journal is the truth. Depends on `sinks/clickhouse`.
 */
import { join } from 'node:path'
import { WeirError } from '../pipeline/errors.js'
import { migrate } from '../sinks/clickhouse/migrate.js'
import { ProjectorThread } from '../sinks/clickhouse/projector/thread.js'
import { type ClickHouseTarget, openTarget } from '../sinks/clickhouse/target.js'
import { stopOnInterruption } from './interruption.js'
import type { RunSettings } from './run-settings.js'

/** A day is projected while it is lived; what is left at its end takes seconds. */
const DRAIN_BOUND_MS = 120_000

export interface ProjectionOutcome {
  readonly target: string
  /** Journal entries that ClickHouse holds. */
  readonly entries: number
  /** Why it is behind the journal; undefined when it is not. */
  readonly behind: WeirError | undefined
}

export class Projection {
  readonly target: ClickHouseTarget
  readonly #settings: RunSettings
  readonly #forget: () => void
  #thread: ProjectorThread | undefined
  /** Entries known to be durable before the thread could be started. */
  #durableUntil = 0

  private constructor(target: ClickHouseTarget, settings: RunSettings) {
    this.target = target
    this.#settings = settings
    this.#forget = stopOnInterruption(() => target.close())
  }

  /**
   * Opens the target of the settings; undefined when it is off.
   * Throws when the embedded engine cannot be started; a server that does not answer is only told in the log.
   */
  static async open(settings: RunSettings): Promise<Projection | undefined> {
    const { mode, url, environment } = settings.clickhouse
    if (mode === 'off') return undefined
    const log = settings.log.child({ part: 'clickhouse' })
    const target = await openTarget({ dataDir: settings.dataDir, url, environment, log })
    const projection = new Projection(target, settings)
    try {
      await projection.#begin()
    } catch (error) {
      if (!(error instanceof WeirError) || error.retry === 'never') {
        await projection.close()
        throw error
      }
      log.warn({ reason: error.toLine() }, 'ClickHouse does not answer; it is tried again after the run')
    }
    return projection
  }

  async #begin(): Promise<void> {
    const connection = this.target.writer()
    await migrate(connection)
    const journalDirectory = join(this.#settings.dataDir, 'journal')
    this.#thread = new ProjectorThread({
      journalDirectory,
      connection,
      log: this.#settings.log.child({ part: 'projection' }),
    })
    if (this.#durableUntil > 0) this.#thread.durable(this.#durableUntil)
  }

  /** Journal entries before `until` are durable. */
  durable(until: number): void {
    this.#durableUntil = until
    this.#thread?.durable(until)
  }

  /** Projects what is left before `until`; a failure is part of the outcome, since nothing is lost by it. */
  async finish(until: number): Promise<ProjectionOutcome> {
    const target = this.target.description
    try {
      this.#durableUntil = until
      if (this.#thread === undefined) await this.#begin()
      await this.#thread?.drain(until, DRAIN_BOUND_MS)
      return { target, entries: until, behind: undefined }
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      return { target, entries: this.#thread?.projectedUntil ?? 0, behind: error }
    }
  }

  /** Stops the projection and what was started for it; safe to call twice. */
  async close(): Promise<void> {
    await this.#thread?.stop()
    this.#thread = undefined
    this.#forget()
    await this.target.close()
  }
}

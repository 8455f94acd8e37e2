/**
 * Runs a day: from a folder of Avro files to journal, decisions and reports, and to the end of all that they cause.
 *
 *   lock -> run file -> journal (torn tail cut) -> snapshots and replay -> live loop -> summaries -> report
 *
 * Started again after any end, `kill -9` included, it goes on where the journal ends and gives the same final digests.
 * A finished run started again does nothing and gives the same report. Depends on the rest of the runtime.
 */
import { join } from 'node:path'
import { toHex } from '../identity.js'
import { UNROUTED_GROUP } from '../ports.js'
import { moduleUrl } from './agent-module.js'
import { crashPoint } from './crash-points.js'
import { GroupTimeline } from './cycles/group-timeline.js'
import { lockDataDirectory } from './data-directory.js'
import { Effects } from './engine/effects.js'
import { dealGroups, type GroupRun, sortedGroups } from './engine/group-run.js'
import { LiveDrops } from './engine/live-drops.js'
import { LiveRun } from './engine/live-run.js'
import { type Recovered, recover } from './engine/recovery.js'
import { type RunReport, readFinished, runDigests, totalsOf, writeFinished } from './engine/report.js'
import { claimRun } from './engine/run-file.js'
import { type RunOptions, type Timing, timingOf, workersOf } from './engine/run-options.js'
import { seekPoints } from './engine/seek.js'
import { SourceNumbers } from './engine/source-numbers.js'
import { VenueDesk } from './engine/venue-desk.js'
import { finishGroups } from './engine/worker-requests.js'
import { Journal } from './journal/journal.js'
import { Bell } from './rings/bell.js'
import { folderConfiguration } from './run-configuration.js'
import { SnapshotStore } from './snapshots/snapshot-store.js'
import { DropFolder } from './sources/drop-folder.js'
import { type InputFolder, openInputFolder } from './sources/input-folder.js'
import { MergedFiles } from './sources/merged-files.js'
import { readPolicyGroups } from './sources/policy-groups.js'
import { Router } from './sources/router.js'
import { StagePool } from './workers/stage-pool.js'

export type { RunReport } from './engine/report.js'
export type { ProgressCounts, RunOptions } from './engine/run-options.js'

/**
 * Lives through the day of `options.inputDir` with `options.dataDir` as memory.
 * @throws WeirError WEIR_INPUT, WEIR_SCHEMA, WEIR_CONFIG for what was given; WEIR_LOCKED; WEIR_JOURNAL;
 *   WEIR_DIVERGED; WEIR_BUG
 */
export async function runDay(options: RunOptions): Promise<RunReport> {
  const timing = timingOf(options)
  const workers = workersOf(options)
  const folder = openInputFolder(options.inputDir)
  const groupIds = sortedGroups(readPolicyGroups(options.inputDir, folder))
  const lock = await lockDataDirectory(options.dataDir)
  try {
    const claimed = await claimRun(options.dataDir, identityOf(options, timing, folder, groupIds))
    crashPoint('run-claimed')
    return await new Day(options, timing, workers, folder, groupIds, claimed.takesDrops === true).run()
  } finally {
    await lock.release()
  }
}

function identityOf(options: RunOptions, timing: Timing, folder: InputFolder, groups: readonly string[]) {
  const { cycleMicros, heartbeatMicros, drainMicros } = timing
  return {
    cycleMicros,
    heartbeatMicros,
    drainMicros,
    venues: sortedVenues(options).map(({ venueId, minimumLatencyMicros }) => ({
      venueId,
      minimumLatencyMicros,
    })),
    settings: options.identity ?? {},
    groups,
    files: folder.files.map(({ path, bytes }) => ({ path, bytes })),
    ...(options.dropDir === undefined ? {} : { takesDrops: true }),
  }
}

function sortedVenues(options: RunOptions): RunOptions['venues'] {
  return [...options.venues].sort((a, b) => (a.venueId < b.venueId ? -1 : 1))
}

/**
 * In virtual time only a cycle that releases instructions waits for the disk; the others gain by sharing a commit. What a
 * crash loses within it is computed again from the inputs.
 */
const JOURNAL_LINGER_MS = 5

/** One run of a day. Everything that must be closed is closed by `run`, however it ends. */
class Day {
  readonly #options: RunOptions
  readonly #timing: Timing
  readonly #folder: InputFolder
  readonly #workers: number
  readonly #groups: readonly GroupRun[]
  readonly #sources: SourceNumbers
  readonly #desk: VenueDesk
  readonly #takesDrops: boolean
  readonly #bell = new Bell()
  readonly #snapshots: SnapshotStore

  constructor(
    options: RunOptions,
    timing: Timing,
    workers: number,
    folder: InputFolder,
    groupIds: readonly string[],
    takesDrops: boolean,
  ) {
    this.#takesDrops = takesDrops
    this.#options = options
    this.#timing = timing
    this.#workers = workers
    this.#folder = folder
    // Routed groups come first, so that their indexes are those of their report sources.
    this.#groups = dealGroups([...groupIds, UNROUTED_GROUP], workers)
    const venueIds = sortedVenues(options).map(({ venueId }) => venueId)
    this.#sources = new SourceNumbers(folder.files, groupIds, venueIds, takesDrops)
    this.#desk = new VenueDesk(options.venues, this.#sources, options.logger)
    this.#snapshots = new SnapshotStore(join(options.dataDir, 'snapshots'))
  }

  async run(): Promise<RunReport> {
    const journal = await this.#openJournal()
    if (journal.torn !== undefined)
      this.#options.logger?.warn({ torn: journal.torn }, this.#tornNotice(journal)[0])
    try {
      // A projector that was behind when the last process ended learns how far it may read.
      if (journal.durable >= 0) this.#options.onDurable?.(journal.durable)
      const follows = this.#options.followUntil?.aborted === false
      const finished = follows ? undefined : await readFinished(this.#options.dataDir)
      if (finished !== undefined && finished.entries === journal.nextSequence) {
        await journal.close()
        if (journal.torn === undefined) return finished.report
        const notices = [...this.#tornNotice(journal), ...finished.report.notices]
        return { ...finished.report, notices, torn: journal.torn }
      }
      return await this.#runWith(journal)
    } catch (error) {
      // What was appended is kept as far as the disk allows; the first error is the one to tell.
      await journal.close().catch(() => {})
      throw error
    }
  }

  #openJournal(): Promise<Journal> {
    const { dataDir, segmentBytes, onDurable } = this.#options
    return Journal.open({
      directory: join(dataDir, 'journal'),
      lingerMs: JOURNAL_LINGER_MS,
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
      onDurable: (sequence) => {
        onDurable?.(sequence)
        this.#bell.ring()
      },
      onFailure: this.#bell.ring,
    })
  }

  async #runWith(journal: Journal): Promise<RunReport> {
    const begun = performance.now()
    const { optimizer, agentModule } = this.#options
    const pool = new StagePool({
      workers: this.#workers,
      agentModule: moduleUrl(agentModule),
      optimizer: optimizer.module,
      optimizerDigest: optimizer.digest,
      bell: this.#bell,
    })
    try {
      const recovered = await this.#recover(journal, pool)
      const effects = new Effects(journal, this.#desk, this.#snapshots, this.#options.logger)
      const { events, inputs } = await this.#live(journal, pool, effects)
      const summaries = await finishGroups(pool, this.#bell, this.#groups)
      await effects.settle()
      await pool.stop()
      await journal.close()
      crashPoint('before-finished')
      const seconds = (performance.now() - begun) / 1000
      const report: RunReport = {
        inputs,
        executions: sum(this.#groups, (group) => group.executions),
        ...totalsOf(summaries),
        deadLetters: sum(this.#groups, (group) => group.deadLetters),
        ...runDigests(summaries),
        journal: journal.statistics,
        latency: {
          solveMicros: effects.solveMicros.percentiles(),
          applyMicros: effects.applyMicros.percentiles(),
        },
        eventsPerSecond: events / seconds,
        seconds,
        replayedCycles: recovered.cycles,
        notices: [...this.#tornNotice(journal), ...recovered.notices, ...this.#venueNotices()],
        ...(journal.torn === undefined ? {} : { torn: journal.torn }),
      }
      await writeFinished(this.#options.dataDir, journal.nextSequence, report)
      return report
    } finally {
      await pool.stop()
    }
  }

  async #recover(journal: Journal, pool: StagePool): Promise<Recovered> {
    const { dataDir, logger, optimizer, version } = this.#options
    const end = journal.nextSequence
    journal.append({
      'weir.JournalStart': {
        startedAt: Date.now() * 1000,
        version: version ?? '',
        wasmDigest: optimizer.digest,
        nodeVersion: process.version,
        resumed: end > 0,
        instance: '',
      },
    })
    const recovered = await recover({
      journalDirectory: join(dataDir, 'journal'),
      journal,
      end,
      pool,
      bell: this.#bell,
      groups: this.#groups,
      sources: this.#sources,
      snapshots: this.#snapshots,
      desk: this.#desk,
      logger,
    })
    const configuration = folderConfiguration(this.#options)
    logger?.info(
      { configuration: toHex(configuration.digest), settings: configuration.canonical },
      'configuration',
    )
    for (const group of this.#groups) {
      const collectsOnly = group.groupId === UNROUTED_GROUP
      group.timeline = new GroupTimeline(
        group.groupId,
        {
          timing: this.#timing,
          venueLatencyMicros: this.#desk.minimumLatencyMicros,
          collectsOnly,
          configuration: configuration.digest,
        },
        group.timelineStart((source) => this.#sources.isReport(source)),
      )
      for (const report of recovered.reports[group.index]) group.timeline.addReport(report)
    }
    crashPoint('recovered')
    logger?.info({ replayedCycles: recovered.cycles, groups: this.#groups.length }, 'ready')
    return recovered
  }

  async #live(
    journal: Journal,
    pool: StagePool,
    effects: Effects,
  ): Promise<{ events: number; inputs: number }> {
    const { dropDir, followUntil, onProgress, logger } = this.#options
    const files = new MergedFiles(this.#folder, seekPoints(this.#groups, this.#folder.files.length))
    const router = new Router(new Map(this.#groups.map((group) => [group.groupId, group])))
    const parts = { sources: this.#sources, groups: this.#groups, router, journal }
    try {
      const live = new LiveRun({
        ...parts,
        pool,
        bell: this.#bell,
        files,
        unrouted: this.#groups[this.#groups.length - 1],
        effects,
        desk: this.#desk,
        timing: this.#timing,
        onProgress,
        drops:
          dropDir === undefined || !this.#takesDrops
            ? undefined
            : new LiveDrops({ ...parts, folder: new DropFolder(dropDir), logger }),
        followUntil,
      })
      await live.run()
      return { events: live.events, inputs: files.records }
    } finally {
      files.close()
    }
  }

  #tornNotice(journal: Journal): string[] {
    const { torn } = journal
    if (torn === undefined) return []
    return [
      `${torn.segment} at byte ${torn.offset}: ${torn.reason}; ${torn.bytes} bytes were cut off and saved as ` +
        `${torn.savedAs}, ${torn.entriesKept} whole entries of the commit were kept`,
    ]
  }

  #venueNotices(): string[] {
    return this.#desk.notConnected.map(
      (venueId) => `venue ${venueId} is not connected: instructions to it were not sent`,
    )
  }
}

function sum(groups: readonly GroupRun[], value: (group: GroupRun) => number): number {
  return groups.reduce((total, group) => total + value(group), 0)
}

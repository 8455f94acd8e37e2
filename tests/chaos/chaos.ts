/**
 * One run of chaos: put up, feed, break and let recover until the time is up, drain, audit.
 *
 * Depends on the parts beside it.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openSchemaSource, type SchemaSource } from '../../pipeline/runtime/registry/schema-source.js'
import { REGISTRY_DEFAULTS } from '../../pipeline/runtime/registry/settings.js'
import { isDone } from '../../sandbox/bank/live/book.js'
import { readBook } from '../../sandbox/bank/live/ledger.js'
import { readGroundTruth } from '../../sandbox/live-feed/ground-truth.js'
import { spreadGroups } from '../../sandbox/live-feed/live-feed.js'
import { Random } from '../../sandbox/random.js'
import { type AuditReport, auditAll } from './audit.js'
import { type FaultKind, Faults, type TakeoverTime } from './faults.js'
import { JournalWatch } from './journal-watch.js'
import { ChaosPeople } from './people.js'
import { type Setting, statusOf, TOPIC_PREFIX } from './setting.js'
import { type Exit, Supervised } from './supervised.js'
import { TopicLogs } from './topic-logs.js'

export interface ChaosOptions {
  readonly minutes: number
  readonly seed: string
  readonly groups: number
  /** Movements a second. */
  readonly rate: number
  readonly faults: readonly FaultKind[]
  readonly tell: (text: string) => void
}

export interface ChaosReport {
  readonly seed: string
  readonly faults: Readonly<Record<string, number>>
  readonly takeovers: readonly TakeoverTime[]
  /** Processes that ended although nobody had killed them; each was started again. */
  readonly unexpectedEnds: readonly Exit[]
  readonly drainSeconds: number
  readonly failures: readonly string[]
  readonly audit: AuditReport
}

const LIVE_BOUND_MS = 90_000
const DRAIN_BOUND_MS = 240_000
const CALM_MS = { least: 1_000, most: 4_000 }
const LOOK_EVERY_MS = 250
const CYCLES_BEFORE = 100
/** Nothing was committed for so long, and nothing is open: it is over. */
const QUIET_MS = 3_000
/** Silence after which the bank is asked: short, so that questions are many. */
const ANSWER_WITHIN_SECONDS = 5

/** One group of four asks people. */
const supervisedOf = (groups: number): number => Math.ceil(groups / 4)

export class Chaos {
  readonly #failures: string[] = []
  readonly #watch: JournalWatch
  readonly #feed: Supervised
  readonly #people: ChaosPeople
  readonly #schemas: SchemaSource
  readonly #truthPath: string
  readonly #startedAtMs = performance.now()

  constructor(
    private readonly setting: Setting,
    private readonly options: ChaosOptions,
  ) {
    const { settings, folder, registryUrl } = setting
    this.#watch = new JournalWatch(settings, settings.partitions)
    this.#truthPath = join(folder, 'truth.json')
    const target = ['--kafka', settings.bootstrapServers.join(','), '--registry-url', registryUrl]
    const pace = ['--groups', `${options.groups}`, '--rate', `${options.rate}`]
    const length = ['--seconds', `${Math.ceil(options.minutes * 60)}`, '--seed', options.seed]
    const rest = ['--faulty', '--answer-within', `${ANSWER_WITHIN_SECONDS}`, '--truth', this.#truthPath]
    const flags = [...target, ...pace, ...length, ...rest, '--supervised', `${supervisedOf(options.groups)}`]
    this.#feed = new Supervised('feed', ['sandbox', 'feed', ...flags], folder, { endsByItself: true })
    const registry = { ...REGISTRY_DEFAULTS, url: new URL(registryUrl).href, register: false }
    this.#schemas = openSchemaSource(registry, TOPIC_PREFIX)
    const random = new Random('chaos people', options.seed)
    const note = (what: string): void => this.#note(what)
    this.#people = new ChaosPeople({ settings, schemas: this.#schemas, random, note })
  }

  async run(): Promise<ChaosReport> {
    for (const each of this.setting.processes) each.start()
    await this.#allLive('the start')
    this.#feed.start()
    // Reference data and balances come first; a takeover is timed by cycles, which must flow.
    await this.#until(() => this.#watch.cycles >= CYCLES_BEFORE, LIVE_BOUND_MS, 'no cycles in the journal')
    const names = spreadGroups(this.options.groups, 'live', this.setting.settings.partitions)
    this.#people.start(names, names.slice(0, supervisedOf(this.options.groups)))
    const faults = new Faults(this.setting, this.#watch, new Random('chaos', this.options.seed))
    await this.#breakThings(faults)
    const drainSeconds = await this.#drain()
    const audit = await this.#audit()
    return {
      seed: this.options.seed,
      faults: Object.fromEntries(faults.counts),
      takeovers: faults.takeovers,
      unexpectedEnds: [...this.setting.processes, this.#feed].flatMap(({ unexpected }) => unexpected),
      drainSeconds,
      failures: [...this.#failures, ...audit.violations],
      audit,
    }
  }

  async close(): Promise<void> {
    await this.#people.close()
    this.#schemas.close()
    await this.#watch.close()
    await this.#feed.kill()
  }

  /** Every kind once, in an order of the seed; then by chance. */
  async #breakThings(faults: Faults): Promise<void> {
    const random = new Random('chaos plan', this.options.seed)
    const untilMs = performance.now() + this.options.minutes * 60_000
    let first: FaultKind[] = shuffled(this.options.faults, random)
    while (performance.now() < untilMs) {
      await pause(random.integer(CALM_MS.least, CALM_MS.most))
      if (first.length === 0) first = shuffled(this.options.faults, random)
      const kind = first.shift() as FaultKind
      const beganMs = performance.now()
      this.#note(`fault ${kind}`)
      try {
        await faults.inflict(kind)
      } catch (error) {
        this.#fail(`${kind}: ${error instanceof Error ? error.message : error}`)
      }
      await this.#allLive(kind)
      this.#note(`recovered from ${kind} after ${((performance.now() - beganMs) / 1_000).toFixed(1)} s`)
      if (this.#watch.broken !== undefined) return
    }
  }

  /** Every process runs, and every partition is live at exactly one instance. */
  async #allLive(after: string): Promise<void> {
    let last = ''
    const isLive = async (): Promise<boolean> => {
      const statuses = await Promise.all(this.setting.members.map(statusOf))
      const owners = new Map<number, number>()
      for (const status of statuses)
        for (const { partition, role, stage, impaired } of status?.partitions ?? [])
          if (role === 'owner' && stage === 'live' && Object.keys(impaired).length === 0)
            owners.set(partition, (owners.get(partition) ?? 0) + 1)
      last = JSON.stringify(
        statuses.map((status) =>
          status?.partitions.map(
            ({ partition, role, stage, failure }) => `${partition} ${role} ${stage} ${failure ?? ''}`,
          ),
        ),
      )
      const all = Array.from({ length: this.setting.settings.partitions }, (_, partition) =>
        owners.get(partition),
      )
      // An instance that has not joined yet cannot take over from the next victim.
      const joined = statuses.every(
        (status) => status?.lifeCycle === 'live' || status?.lifeCycle === 'shadow',
      )
      return joined && all.every((count) => count === 1)
    }
    const boundMs = performance.now() + LIVE_BOUND_MS
    while (!(await isLive())) {
      if (performance.now() > boundMs) {
        this.#fail(`not all partitions are live ${LIVE_BOUND_MS / 1_000} s after ${after}: ${last}`)
        return
      }
      await pause(LOOK_EVERY_MS)
    }
  }

  async #drain(): Promise<number> {
    const beganMs = performance.now()
    this.#note('draining')
    await this.#until(() => !this.#feed.isRunning, LIVE_BOUND_MS, 'the feed does not end')
    await this.#people.finish()
    if (this.#people.failure !== undefined) this.#fail(`people cannot go on: ${this.#people.failure}`)
    let seen = ''
    const isQuiet = async (): Promise<boolean> => {
      const statuses = await Promise.all(this.setting.members.map(statusOf))
      const lag = statuses.flatMap((status) => status?.partitions ?? []).map((each) => each.lag ?? 0)
      const open = [...readBook(this.setting.ledgerPath).book.instructions.values()].filter(
        (booked) => !isDone(booked),
      )
      const { outstanding, awaiting } = this.#watch
      seen = `lag ${lag.join('/')}, ${outstanding.size} instructions without an end, ${awaiting.size} waiting for people, ${open.length} open at the bank`
      const idle = lag.every((each) => each === 0) && outstanding.size + awaiting.size + open.length === 0
      // Heartbeats close empty cycles for ever, so the journal is never silent; what counts is that nothing is open for a while.
      return idle
    }
    let quietSinceMs: number | undefined
    while (quietSinceMs === undefined || performance.now() - quietSinceMs < QUIET_MS) {
      if (performance.now() - beganMs > DRAIN_BOUND_MS || this.#watch.broken !== undefined) {
        this.#fail(`it does not come to rest: ${seen}`)
        break
      }
      await pause(LOOK_EVERY_MS)
      quietSinceMs = (await isQuiet()) ? (quietSinceMs ?? performance.now()) : undefined
    }
    const seconds = Math.round((performance.now() - beganMs) / 1_000)
    await this.#people.close()
    for (const { process: each } of this.setting.members) {
      const code = await each.end()
      if (code !== 0) this.#fail(`instance ${each.name} ended with ${code} when it was told to end`)
    }
    await Promise.all([this.setting.bank.end(), this.setting.projector?.end()])
    return seconds
  }

  async #audit(): Promise<AuditReport> {
    const { settings, ledgerPath } = this.setting
    this.#note('auditing')
    const differences = await this.setting.differencesOfProjection().catch((error: unknown) => String(error))
    if (differences !== undefined) this.#fail(`projection-equals-journal: ${differences.slice(0, 2_000)}`)
    if (this.#watch.broken !== undefined) this.#fail(`the journal is broken: ${this.#watch.broken}`)
    const logs = await TopicLogs.read(settings, this.#schemas, settings.partitions)
    return await auditAll(logs, TOPIC_PREFIX, readBook(ledgerPath).book, readGroundTruth(this.#truthPath))
  }

  async #until(holds: () => boolean, boundMs: number, otherwise: string): Promise<void> {
    const untilMs = performance.now() + boundMs
    while (!holds()) {
      if (performance.now() > untilMs) throw new Error(otherwise)
      await pause(LOOK_EVERY_MS)
    }
  }

  #fail(what: string): void {
    this.#failures.push(what)
    this.#note(`FAILURE ${what}`)
  }

  #note(what: string): void {
    const seconds = ((performance.now() - this.#startedAtMs) / 1_000).toFixed(1)
    const line = `${seconds.padStart(7)} s  ${what}`
    this.options.tell(line)
    appendFileSync(join(this.setting.folder, 'chaos.log'), `${new Date().toISOString()} ${line}\n`)
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  const result: T[] = []
  while (left.length > 0) result.push(...left.splice(random.integer(0, left.length - 1), 1))
  return result
}

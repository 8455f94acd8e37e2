/**
 * One simulation: the whole of Weir on Kafka in virtual time, with what goes wrong in it and what must hold all the same.
 *
 *   feed ─► topics ─► instances ─► journal, instructions ─► bank ─► executions ─► instances
 *                                     └─► projection            audits look at all of it
 *
 * After the active time nothing new comes and nothing goes wrong any more; then everything must come to its end within a bound.
 * A run is a function of its options. Depends on everything in this folder.
 */
import { WeirError } from '../../pipeline/errors.js'
import { sha256 } from '../../pipeline/identity.js'
import { Instance } from '../../pipeline/runtime/distributed/instance.js'
import { FLOW_LIMITS } from '../../pipeline/runtime/distributed/limits.js'
import type { InstanceOptions } from '../../pipeline/runtime/distributed/options.js'
import { DEFAULT_TOPIC_PREFIX, QUERY_STREAM, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { Random } from '../random.js'
import type { AgentKind } from './agents.js'
import { applyFault } from './apply-fault.js'
import { Approvers } from './approvers.js'
import { CollateralAudit } from './audit/collateral-audit.js'
import { JournalAudit } from './audit/journal-audit.js'
import type { AuditedLogs } from './audit/logs.js'
import { OutputsAudit, sentReader } from './audit/outputs-audit.js'
import { PeopleAudit } from './audit/people-audit.js'
import { auditReplay } from './audit/replay-audit.js'
import { type Invariant, Violation } from './audit/violation.js'
import { Bank } from './bank/bank.js'
import { Cluster } from './broker/cluster.js'
import type { World } from './clients/fetcher.js'
import { schemaIdOf } from './clients/schema-lookup.js'
import type { Fault } from './faults.js'
import { Feed } from './feed/feed.js'
import { type FeedPlan, isSupervised, planFeed } from './feed/plan.js'
import { InstanceNode, type NodeOptions } from './instance-node.js'
import { Network } from './network.js'
import { type PlantedBug, tamperWithAgent, tamperWithPorts } from './planted-bugs.js'
import { SimulatedProjection } from './projection.js'
import { MILLISECOND, Scheduler, SECOND } from './scheduler.js'

export interface SimulationOptions {
  readonly seed: number
  readonly faults: readonly Fault[]
  readonly shape: WorldShape
  readonly kind: AgentKind
  /** The production agent: its states can be looked into, and its results tell which instructions leave. */
  readonly isProduction: boolean
  readonly planted?: PlantedBug | undefined
  /** Told what happens, for a person who looks for the cause. */
  readonly trace?: ((line: string) => void) | undefined
}

/** How large a world is; a function of the seed, so that seeds differ in it. */
export interface WorldShape {
  readonly instances: number
  readonly partitions: number
  readonly groups: number
  readonly brokers: number
  readonly activeMs: number
  readonly movementEveryMs: number
}

export interface SimulationResult {
  readonly seed: number
  /** Of every event and every committed record. */
  readonly digest: string
  readonly events: number
  readonly steps: number
  readonly virtualSeconds: number
  readonly cycles: number
  readonly instructions: number
  readonly takeovers: number
  readonly transactions: Readonly<Record<'committed' | 'aborted' | 'fenced' | 'timedOut', number>>
  /** What the disks, the group and the network went through. */
  readonly trouble: Readonly<
    Record<'snapshots' | 'refusedSnapshots' | 'expired' | 'lost' | 'repeated', number>
  >
  /**
   * Sent after people approved, decided by a policy that people put in force, and activations refused as looser than what is above: what the
   * audit of people looked at.
   */
  readonly people: Readonly<Record<'approved' | 'changed' | 'looser', number>>
  /** Taken by the bank for secured facilities: what the audit of collateral looked at. */
  readonly secured: { readonly pledges: number; readonly draws: number; readonly releases: number }
  readonly violation:
    | { readonly invariant: Invariant; readonly detail: string; readonly atMs: number }
    | undefined
}

/** Wednesday, 09:00 in Frankfurt. */
/** All instances of a group have one. */
const SIMULATED_CONFIGURATION = sha256(Buffer.from('simulated'))
const START_MICROS = Date.parse('2026-03-18T08:00:00Z') * 1_000
const SESSION_MICROS = 6 * SECOND
const REBALANCE_MICROS = 10 * SECOND
const TRANSACTION_TIMEOUT_MICROS = 10 * SECOND
/** By then the longest fault is over and what it has broken is mended; silent instructions are asked about every minute. */
const END_WITHIN_MICROS = 1_200 * SECOND
const LOOK_EVERY_MICROS = 1 * SECOND
/** More events mean that something runs in circles. */
const EVENTS_MOST = 2_000_000

export function shapeOf(seed: number): WorldShape {
  const random = new Random('shape', seed)
  return {
    instances: random.integer(2, 3),
    partitions: random.integer(2, 3),
    groups: random.integer(2, 4),
    brokers: 3,
    activeMs: random.integer(40, 100) * 1_000,
    movementEveryMs: random.integer(2_000, 6_000),
  }
}

export function simulateOnce(options: SimulationOptions): SimulationResult {
  const simulation = new Simulation(options)
  return simulation.run()
}

class Simulation {
  readonly #scheduler: Scheduler
  readonly #world: World
  readonly #plan: FeedPlan
  readonly #feed: Feed
  readonly #bank: Bank
  /** The small agent has no plans that wait. */
  readonly #approvers: Approvers | undefined
  readonly #people: PeopleAudit
  readonly #collateral: CollateralAudit
  readonly #projection: SimulatedProjection
  readonly #nodes: InstanceNode[] = []
  readonly #journals: JournalAudit[] = []
  readonly #outputs: OutputsAudit
  #violation: Violation | undefined
  #cycles = 0

  constructor(private readonly options: SimulationOptions) {
    const { seed, shape } = options
    const { partitions, groups, brokers } = shape
    this.#scheduler = new Scheduler(seed)
    const cluster = new Cluster(this.#scheduler, {
      seed,
      brokers,
      partitions,
      group: { sessionMicros: SESSION_MICROS, rebalanceMicros: REBALANCE_MICROS },
      transactionTimeoutMicros: TRANSACTION_TIMEOUT_MICROS,
      startMs: START_MICROS / 1_000,
    })
    this.#world = { cluster, network: new Network(this.#scheduler, seed), seed }
    this.#plan = planFeed({
      seed,
      partitions,
      groups,
      startMicros: START_MICROS,
      activeMicros: shape.activeMs * MILLISECOND,
      movementEveryMicros: shape.movementEveryMs * MILLISECOND,
    })
    const prefix = DEFAULT_TOPIC_PREFIX
    this.#feed = new Feed(this.#world, this.#plan, prefix)
    const topic = (stream: 'instruction' | 'execution' | typeof QUERY_STREAM): string =>
      topicOf(prefix, stream)
    this.#bank = new Bank(this.#world, {
      topics: {
        instruction: topic('instruction'),
        query: topic(QUERY_STREAM),
        execution: topic('execution'),
      },
      partitions,
      startMicros: START_MICROS,
      // The small agent asks once only.
      deaf: options.isProduction ? 0.2 : 0,
    })
    const groupsOfPeople = new Set(this.#plan.groups.filter(isSupervised))
    if (options.isProduction)
      this.#approvers = new Approvers(this.#world, {
        topics: { decision: topicOf(prefix, 'decision'), command: topicOf(prefix, 'command') },
        partitions,
        startMicros: START_MICROS,
        groups: groupsOfPeople,
      })
    this.#collateral = new CollateralAudit(this.#plan.secured, this.#bank.ledger)
    this.#people = new PeopleAudit(options.isProduction ? groupsOfPeople : new Set())
    this.#projection = new SimulatedProjection(this.#world, partitions, prefix)
    this.#outputs = this.#makeAudits()
    this.#makeNodes()
    for (const fault of options.faults) this.#schedule(fault)
  }

  run(): SimulationResult {
    try {
      this.#runToEnd()
      this.#finish()
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.#violation ??= error
    }
    return this.#result()
  }

  #makeAudits(): OutputsAudit {
    const { shape, isProduction } = this.options
    const { cluster } = this.#world
    const audited: AuditedLogs = {
      partitions: shape.partitions,
      logOf: (topic, partition) => cluster.logOf(topic, partition),
      logs: () => cluster.logs(),
      schemaIdOf,
    }
    const sentOf = sentReader()
    const outputs = new OutputsAudit(
      audited,
      DEFAULT_TOPIC_PREFIX,
      shape.partitions,
      this.#bank.ledger,
      (result) => (isProduction ? sentOf(result) : result.instructions),
    )
    for (let partition = 0; partition < shape.partitions; partition++) {
      const journal = new JournalAudit(
        audited,
        partition,
        DEFAULT_TOPIC_PREFIX,
        (its, result) => {
          this.#cycles++
          this.#scheduler.note(Buffer.from(result.decisionDigest))
          outputs.expect(its, result)
        },
        this.#people,
      )
      this.#journals.push(journal)
    }
    return outputs
  }

  #makeNodes(): void {
    const { seed, shape, kind, planted, trace } = this.options
    const random = new Random('instances', seed)
    const tampered = tamperWithAgent(planted, kind)
    const instance: Omit<InstanceOptions, 'instanceId'> = {
      journalId: 'simulated',
      topicPrefix: DEFAULT_TOPIC_PREFIX,
      partitions: shape.partitions,
      standby: random.chance(0.75),
      commitWaitMs: random.pick([0, 0, 2, 20]),
      commitRecordsMost: 10_000,
      heartbeatMs: random.integer(5, 30) * 1_000,
      snapshotEveryEntries: random.integer(20, 200),
      drainMs: 5_000,
      version: '0.0.0',
      optimizerDigest: kind.environment.optimizerDigest,
      configuration: SIMULATED_CONFIGURATION,
      nodeVersion: 'simulated',
      // Volumes are small here: in some runs so little is to be too much.
      limits: random.chance(0.5)
        ? FLOW_LIMITS
        : { waitingBytes: random.integer(2_000, 20_000), groupWaitingBytes: random.integer(500, 5_000) },
    }
    const tamper = tamperWithPorts(planted, this.#world.cluster, DEFAULT_TOPIC_PREFIX, new Map())
    for (let index = 0; index < shape.instances; index++) {
      const options: NodeOptions = {
        world: this.#world,
        name: `instance-${index}`,
        instance,
        startMicros: START_MICROS,
        sessionMicros: SESSION_MICROS,
        kind: tampered,
        makeMachine: (its, ports) => new Instance(its, ports),
        tamper,
        failed: (error, place) => this.#failed(error, place),
        trace: (line) => trace?.(`${this.#seconds()} ${line()}`),
      }
      this.#nodes.push(new InstanceNode(options))
    }
  }

  #schedule(fault: Fault): void {
    this.#scheduler.after(fault.atMs * MILLISECOND, `fault ${fault.kind}`, () => {
      this.options.trace?.(`${this.#seconds()} FAULT ${JSON.stringify(fault)}`)
      const { cluster, network } = this.#world
      const [bank, projection, nodes] = [this.#bank, this.#projection, this.#nodes]
      applyFault({ cluster, network, nodes, bank, projection }, fault)
    })
  }

  #failed(error: unknown, place: string): void {
    const text =
      error instanceof WeirError
        ? error.toLine()
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error)
    this.#violation ??= new Violation('no-machine-fails', `${place}: ${text}`)
  }

  #runToEnd(): void {
    const limit = this.options.shape.activeMs * MILLISECOND + END_WITHIN_MICROS
    const last = Math.max(0, ...this.options.faults.map(({ atMs, durationMs }) => atMs + durationMs))
    let lookAt = Math.max(this.options.shape.activeMs, last) * MILLISECOND
    const { cluster } = this.#world
    while (this.#scheduler.next()) {
      if (cluster.changed) {
        cluster.changed = false
        this.#audit()
      }
      if (this.#violation !== undefined) throw this.#violation
      if (this.#scheduler.nowMicros >= lookAt) {
        lookAt = this.#scheduler.nowMicros + LOOK_EVERY_MICROS
        if (this.#unfinished() === undefined) return
      }
      const tooLong = this.#scheduler.nowMicros > limit || this.#scheduler.events > EVENTS_MOST
      if (tooLong) throw new Violation('everything-ends', this.#unfinished() ?? 'it runs in circles')
    }
    throw new Violation('everything-ends', 'nothing happens any more')
  }

  #audit(): void {
    for (const journal of this.#journals) journal.advance()
    this.#outputs.check(!this.#world.cluster.transactions.settling)
    this.#collateral.advance()
  }

  /** What is not at its end; undefined when everything is. */
  #unfinished(): string | undefined {
    const down = this.#nodes.find(({ up }) => !up)
    if (down !== undefined) return `${down.name} is down`
    if (!this.#feed.done) return 'the feed has not sent everything'
    if (!this.#bank.up || !this.#bank.idle) return 'the bank has not done everything'
    if (this.#approvers?.idle === false) return 'people have not answered everything'
    if (this.#world.cluster.transactions.settling) return 'a transaction is not settled'
    for (const journal of this.#journals) {
      const { partition, outstanding } = journal
      const missing = journal.coverage.missing()
      if (missing !== undefined) return `${missing} is in no cycle`
      if (!journal.settled) return `a cycle of partition ${partition} has no result`
      if (outstanding.size > 0)
        return `instruction ${[...outstanding.keys()][0]} of partition ${partition} has no end`
      const { projected } = this.#projection.partitions[partition]
      if (projected < journal.entries.length) return `partition ${partition} is not projected`
    }
    return undefined
  }

  #finish(): void {
    this.#audit()
    this.#outputs.finish()
    for (const journal of this.#journals) {
      journal.finish()
      this.#projection.partitions[journal.partition].finish(journal.entries)
    }
    const { kind, isProduction } = this.options
    const digests = auditReplay(this.#journals, {
      kind: tamperWithAgent(this.options.planted, kind),
      plan: this.#plan,
      ledger: this.#bank.ledger,
      looksInside: isProduction,
    })
    for (const [group, digest] of digests) this.#scheduler.note(`${group} ${digest}`)
  }

  #seconds(): string {
    return (this.#scheduler.nowMicros / SECOND).toFixed(6)
  }

  #trouble(): SimulationResult['trouble'] {
    const { cluster, network } = this.#world
    const ofDisks = (of: (counts: InstanceNode['disk']['counts']) => number): number =>
      this.#nodes.reduce((sum, { disk }) => sum + of(disk.counts), 0)
    return {
      snapshots: ofDisks(({ written }) => written),
      refusedSnapshots: ofDisks(({ refused }) => refused),
      expired: cluster.group.counts.expired,
      lost: network.counts.lost,
      repeated: network.counts.repeated,
    }
  }

  #result(): SimulationResult {
    const violation = this.#violation
    const { counts } = this.#world.cluster.transactions
    const { nowMicros, events } = this.#scheduler
    const { approved, changed, looser } = this.#people
    return {
      seed: this.options.seed,
      digest: this.#scheduler.digest(),
      events,
      steps: this.#nodes.reduce((sum, { steps }) => sum + steps, 0),
      virtualSeconds: Math.round(nowMicros / SECOND),
      cycles: this.#cycles,
      instructions: this.#outputs.released.size,
      takeovers: this.#journals.reduce((sum, { takeovers }) => sum + takeovers, 0),
      transactions: { ...counts },
      trouble: this.#trouble(),
      people: { approved, changed, looser },
      secured: this.#collateral.taken,
      violation:
        violation === undefined
          ? undefined
          : { invariant: violation.invariant, detail: violation.detail, atMs: Math.round(nowMicros / 1_000) },
    }
  }
}

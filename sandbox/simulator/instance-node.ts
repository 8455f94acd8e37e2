/**
 * A machine of the simulated world with an instance of the distributed runtime on it: its clock, its disk, its lives.
 *
 * The instance is the production state machine; only its ports are simulated. It is stepped when its bell rings or its
 * time has come, and dies between two steps. Depends on the ports and the world.
 */
import type { InstanceOptions } from '../../pipeline/runtime/distributed/options.js'
import type { InstancePorts, Notices, Step } from '../../pipeline/runtime/distributed/ports.js'
import { JOURNAL_STREAM, SOURCE_STREAMS, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { Random } from '../random.js'
import { type AgentKind, SimulatedAgents } from './agents.js'
import type { World } from './clients/fetcher.js'
import { SimulatedMembership } from './clients/membership.js'
import { SimulatedJournalReader, SimulatedSourceReader } from './clients/readers.js'
import { SimulatedSchemaLookup } from './clients/schema-lookup.js'
import { SimulatedWriter } from './clients/transactional-writer.js'
import { SimulatedClock } from './clock.js'
import { SimulatedDisk, SimulatedSnapshots } from './disk.js'
import type { Moment } from './faults.js'
import { Process } from './process.js'
import { SECOND } from './scheduler.js'

/** What is stepped: the instance of the distributed runtime. */
export interface Machine {
  step(): Step
  stop(): void
  readonly isStopped: boolean
}

export interface NodeOptions {
  readonly world: World
  readonly name: string
  readonly instance: Omit<InstanceOptions, 'instanceId'>
  readonly startMicros: number
  readonly sessionMicros: number
  readonly kind: AgentKind
  readonly makeMachine: (options: InstanceOptions, ports: InstancePorts) => Machine
  /** Changes ports to plant a bug. */
  readonly tamper: (ports: InstancePorts) => InstancePorts
  readonly failed: (error: unknown, place: string) => void
  readonly trace: (line: () => string) => void
}

const STEP_MICROS = { least: 20, most: 400 }
/** Clocks gain or lose at most so much a second, microseconds. */
const DRIFT_MOST = 50

interface Armed {
  readonly moment: Moment
  steps: number
  /** The moment has come; steps are being counted. */
  counting: boolean
  readonly action: () => void
}

export class InstanceNode {
  readonly clock: SimulatedClock
  readonly disk: SimulatedDisk
  process: Process
  agents!: SimulatedAgents
  steps = 0
  lives = 0
  readonly #random: Random
  #machine!: Machine
  #stepping = false
  #wake: { cancel(): void } | undefined
  #armed: Armed[] = []

  constructor(private readonly options: NodeOptions) {
    const { world, name, startMicros } = options
    const { scheduler } = world.cluster
    this.#random = new Random('node', world.seed, name)
    this.clock = new SimulatedClock(scheduler, startMicros, this.#random.integer(-DRIFT_MOST, DRIFT_MOST))
    this.disk = new SimulatedDisk(scheduler, new Random('disk', world.seed, name))
    this.process = new Process(name, scheduler)
    this.#start()
  }

  get name(): string {
    return this.options.name
  }

  get up(): boolean {
    return this.process.alive && !this.process.stopped
  }

  /** Lets the action happen at the next such moment and `steps` steps after it. */
  arm(moment: Moment, steps: number, action: () => void): void {
    this.#armed.push({ moment, steps, counting: false, action })
    if (moment === 'now') this.#reach('now')
  }

  /** kill -9, and a restart after a while. */
  crash(downMicros: number): void {
    if (!this.process.alive) return
    this.options.trace(() => `${this.name} is killed`)
    this.process.kill()
    this.disk.crashed()
    this.#wake?.cancel()
    this.#armed = []
    this.options.world.cluster.scheduler.after(downMicros, `${this.name} restarts`, () => {
      this.process = new Process(this.name, this.options.world.cluster.scheduler)
      this.#start()
    })
  }

  /** SIGSTOP, and SIGCONT after a while. */
  pause(durationMicros: number): void {
    const { process } = this
    if (!this.up) return
    this.options.trace(() => `${this.name} is stopped for ${durationMicros / SECOND} s`)
    process.stop()
    this.options.world.cluster.scheduler.after(durationMicros, `${this.name} continues`, () => {
      this.options.trace(() => `${this.name} continues`)
      process.continue()
    })
  }

  /** SIGTERM: the instance hands everything over and ends; it comes back after a while. */
  handOver(downMicros: number): void {
    if (!this.up) return
    const { process } = this
    this.options.trace(() => `${this.name} is to end in order`)
    this.#machine.stop()
    this.#ring()
    const look = (left: number): void => {
      if (this.process !== process || !process.alive) return
      if (this.#machine.isStopped || left === 0) this.crash(downMicros)
      else process.after(SECOND / 10, `${this.name} ends`, () => look(left - 1))
    }
    look(300)
  }

  #start(): void {
    const { world, name, instance, makeMachine, trace } = this.options
    this.#stepping = false
    this.lives++
    trace(() => `${name} starts`)
    const ports = this.options.tamper(this.#ports())
    this.#machine = makeMachine({ ...instance, instanceId: name }, ports)
    world.cluster.scheduler.note(`${name} life ${this.lives}`)
    this.#ring()
  }

  #ports(): InstancePorts {
    const { world, name, kind, sessionMicros, failed, trace } = this.options
    const { topicPrefix } = this.options.instance
    const { process } = this
    const bell = (): void => this.#ring()
    this.agents = new SimulatedAgents(kind, process, world.seed, bell, failed)
    const sources = SOURCE_STREAMS.map((stream) => topicOf(topicPrefix, stream))
    const tell = (moment: Moment): void => {
      if (this.process === process) this.#reach(moment)
    }
    const notices: Notices = {
      info: (message, facts) => trace(() => `${name}: ${message} ${JSON.stringify(facts)}`),
      warn: (message, facts) => trace(() => `${name}: WARNING ${message} ${JSON.stringify(facts)}`),
    }
    return {
      clock: this.clock,
      membership: new SimulatedMembership(world, process, `${name}.${this.lives}`, sessionMicros, bell),
      journal: new SimulatedJournalReader(world, process, topicOf(topicPrefix, JOURNAL_STREAM), bell),
      sources: new SimulatedSourceReader(world, process, sources, bell),
      writer: (partition) => new SimulatedWriter(world, process, `weir-${partition}`, bell, tell),
      schemas: new SimulatedSchemaLookup(world.network, process, bell),
      agents: this.agents,
      snapshots: new SimulatedSnapshots(this.disk, process, bell),
      notices,
    }
  }

  #reach(moment: Moment): void {
    for (const armed of [...this.#armed]) {
      if (armed.counting || armed.moment !== moment) continue
      armed.counting = true
      if (armed.steps === 0) this.#fire(armed)
    }
  }

  /** Between two events, never in the middle of a step. */
  #fire(armed: Armed): void {
    this.#armed = this.#armed.filter((one) => one !== armed)
    const { process } = this
    this.options.world.cluster.scheduler.after(0, `${this.name} ${armed.moment}`, () => {
      if (this.process === process) armed.action()
    })
  }

  #ring(): void {
    if (this.#stepping || !this.process.alive) return
    this.#stepping = true
    const { least, most } = STEP_MICROS
    this.process.after(this.#random.integer(least, most), `${this.name} steps`, () => {
      this.#stepping = false
      this.#step()
    })
  }

  #step(): void {
    this.steps++
    this.#wake?.cancel()
    let step: Step
    try {
      step = this.#machine.step()
    } catch (error) {
      this.options.failed(error, this.name)
      return
    }
    for (const armed of [...this.#armed]) if (armed.counting && --armed.steps <= 0) this.#fire(armed)
    if (step.progress) this.#ring()
    else if (Number.isFinite(step.wakeAtMs)) {
      const delay = Math.max(0, step.wakeAtMs * 1_000 - this.process.scheduler.nowMicros)
      this.#wake = this.process.after(delay, `${this.name} wakes`, () => this.#ring())
    }
  }
}

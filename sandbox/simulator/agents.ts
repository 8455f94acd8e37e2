/**
 * The agents of one instance in its simulated workers: production agents, virtual latency, and workers that die or hang.
 *
 * A worker carries out its messages one after the other. One that is lost takes its agents with it; one that is wedged
 * does nothing until the host gives it up after its deadline. Depends on the agent module given, and on the scheduler.
 */
import { WeirError } from '../../pipeline/errors.js'
import type { Agent, AgentEnvironment } from '../../pipeline/ports.js'
import { decodeCycle } from '../../pipeline/runtime/cycles/cycle-codec.js'
import type { AgentAnswer, AgentHost } from '../../pipeline/runtime/distributed/ports.js'
import { measuredOffset } from '../../pipeline/runtime/workers/measured.js'
import { encodeRecord } from '../../schemas/avro/registry.js'
import type { CycleResult, SourceDeclaration } from '../../schemas/generated/types.js'
import { Random } from '../random.js'
import type { Process } from './process.js'
import { MILLISECOND, SECOND } from './scheduler.js'

/** What the agents of a simulation are made of. */
export interface AgentKind {
  readonly environment: AgentEnvironment
  createAgent(groupId: string, environment: AgentEnvironment): Agent
  restoreAgent(snapshot: Uint8Array, environment: AgentEnvironment): Agent
}

const WORKERS = 2
const WORK_MICROS = { least: 200, most: 4 * MILLISECOND }
const SLOW_FACTOR = 500
/** A worker that does not answer for so long is given up. */
const WEDGED_AFTER_MICROS = 5 * SECOND

interface Slot {
  readonly partition: number
  readonly groupId: string
  readonly worker: number
  agent: Agent | undefined
}

interface Work {
  readonly slot: number
  readonly bytes: number
  run(): void
}

interface Worker {
  readonly queue: Work[]
  busy: boolean
  wedged: boolean
  slowUntilMicros: number
  /** Raised when the worker is replaced: work of the one before never ends. */
  life: number
}

export class SimulatedAgents implements AgentHost {
  readonly #slots = new Map<number, Slot>()
  readonly #declarations = new Map<number, SourceDeclaration[]>()
  readonly #workers: Worker[] = []
  readonly #answers: AgentAnswer[] = []
  readonly #random: Random
  backlogBytes = 0
  /** Cycles applied. */
  applied = 0

  constructor(
    private readonly kind: AgentKind,
    private readonly process: Process,
    seed: number,
    private readonly bell: () => void,
    /** Told of an agent that threw: always a bug. */
    private readonly broken: (error: unknown, place: string) => void,
  ) {
    this.#random = new Random('agents', seed, process.name, process.scheduler.nowMicros)
    for (let index = 0; index < WORKERS; index++)
      this.#workers.push({ queue: [], busy: false, wedged: false, slowUntilMicros: 0, life: 0 })
  }

  declareSource(partition: number, declaration: SourceDeclaration): void {
    const declarations = this.#declarations.get(partition)
    if (declarations === undefined) this.#declarations.set(partition, [declaration])
    else declarations.push(declaration)
    for (const [slot, { partition: its }] of this.#slots) {
      if (its === partition) this.#enqueue(slot, 0, () => this.#agentOf(slot)?.declareSource(declaration))
    }
  }

  adopt(
    slot: number,
    partition: number,
    groupId: string,
    snapshot?: { readonly digest: Uint8Array; readonly state: Uint8Array },
  ): void {
    if (this.#slots.has(slot)) throw new WeirError('WEIR_BUG', `slot ${slot} is used twice`)
    this.#slots.set(slot, { partition, groupId, worker: slot % WORKERS, agent: undefined })
    const declarations = [...(this.#declarations.get(partition) ?? [])]
    this.#enqueue(slot, snapshot?.state.length ?? 0, () => {
      const agent = this.#make(groupId, snapshot)
      const holder = this.#slots.get(slot)!
      if (agent !== undefined) for (const declaration of declarations) agent.declareSource(declaration)
      holder.agent = agent
      this.#answer({ kind: 'ready', slot, restored: agent !== undefined })
    })
  }

  apply(slot: number, cycle: Buffer): void {
    const bytes = Buffer.from(cycle)
    this.#enqueue(slot, bytes.length, () => this.#apply(slot, bytes))
  }

  snapshot(slot: number): void {
    this.#enqueue(slot, 0, () => {
      const agent = this.#agentOf(slot)
      if (agent === undefined) return
      this.#answer({ kind: 'snapshot', slot, digest: agent.stateDigest(), state: agent.snapshot() })
    })
  }

  disown(slot: number): void {
    const holder = this.#slots.get(slot)
    if (holder === undefined) return
    this.#slots.delete(slot)
    const { queue } = this.#workers[holder.worker]
    for (let at = queue.length - 1; at >= 0; at--) {
      if (queue[at].slot !== slot) continue
      this.backlogBytes -= queue[at].bytes
      queue.splice(at, 1)
    }
  }

  forgetSources(partition: number): void {
    this.#declarations.delete(partition)
  }

  poll(): readonly AgentAnswer[] {
    const answers = this.#answers.splice(0)
    return answers.filter(({ slot, kind }) => kind === 'lost' || this.#slots.has(slot))
  }

  /** The worker is gone: so are its agents. */
  lose(worker: number): void {
    const holder = this.#workers[worker % WORKERS]
    const atWork = holder.busy || holder.wedged ? holder.queue[0]?.slot : undefined
    for (const { bytes } of holder.queue.splice(0)) this.backlogBytes -= bytes
    holder.life++
    holder.busy = false
    holder.wedged = false
    for (const [slot, { worker: its }] of [...this.#slots]) {
      if (its !== worker % WORKERS) continue
      this.#slots.delete(slot)
      const error = new WeirError('WEIR_BUG', 'the worker was lost', { place: `worker ${worker}` })
      this.#answers.push({ kind: 'lost', slot, blamed: slot === atWork, error })
    }
    this.bell()
  }

  /** The worker does nothing any more, until it is given up. */
  wedge(worker: number): void {
    const holder = this.#workers[worker % WORKERS]
    holder.wedged = true
    const { life } = holder
    this.process.after(WEDGED_AFTER_MICROS, 'worker given up', () => {
      if (holder.life === life) this.lose(worker)
    })
  }

  slow(worker: number, durationMicros: number): void {
    this.#workers[worker % WORKERS].slowUntilMicros = this.process.scheduler.nowMicros + durationMicros
  }

  #enqueue(slot: number, bytes: number, run: () => void): void {
    const holder = this.#slots.get(slot)
    // A slot whose worker was lost a moment ago: the caller has not polled the answer yet.
    if (holder === undefined) return
    this.backlogBytes += bytes
    const worker = this.#workers[holder.worker]
    worker.queue.push({ slot, bytes, run })
    this.#work(worker)
  }

  #work(worker: Worker): void {
    if (worker.busy || worker.wedged || worker.queue.length === 0) return
    worker.busy = true
    const { life } = worker
    const { least, most } = WORK_MICROS
    const slow = worker.slowUntilMicros > this.process.scheduler.nowMicros
    const delay = this.#random.integer(least, most) * (slow ? SLOW_FACTOR : 1)
    this.process.after(delay, 'work', () => {
      if (worker.life !== life) return
      worker.busy = false
      if (worker.wedged) return
      const work = worker.queue.shift()
      if (work !== undefined) {
        this.backlogBytes -= work.bytes
        work.run()
      }
      this.#work(worker)
    })
  }

  #make(
    groupId: string,
    snapshot: { readonly digest: Uint8Array; readonly state: Uint8Array } | undefined,
  ): Agent | undefined {
    const { kind } = this
    if (snapshot === undefined) return kind.createAgent(groupId, kind.environment)
    try {
      const agent = kind.restoreAgent(snapshot.state, kind.environment)
      return Buffer.from(snapshot.digest).equals(agent.stateDigest()) ? agent : undefined
    } catch {
      return undefined
    }
  }

  #apply(slot: number, bytes: Buffer): void {
    const agent = this.#agentOf(slot)
    if (agent === undefined) return
    const cycle = decodeCycle(bytes)
    try {
      const applied = agent.apply(cycle)
      this.applied++
      const { worker } = this.#slots.get(slot)!
      // Times of the run are part of the bytes; virtual ones, so that a run can be repeated.
      const measured = { applyMicros: this.process.scheduler.nowMicros, solveMicros: 0, worker }
      const result = encodeRecord('cycle-result', { ...applied.result, measured })
      this.#answer({
        kind: 'result',
        slot,
        result: {
          cycle: cycle.cycle,
          outstanding: agent.outstanding().length,
          applyMicros: 1_000,
          solveMicros: 0,
          deadLetters: applied.result.deadLetters.length,
          records: recordsOf(applied.result),
          result,
          pureBytes: measuredOffset(result, worker),
          release: applied.release,
          query: applied.query,
        },
      })
    } catch (error) {
      this.broken(error, `group ${cycle.groupId}, cycle ${cycle.cycle}`)
    }
  }

  #agentOf(slot: number): Agent | undefined {
    return this.#slots.get(slot)?.agent
  }

  #answer(answer: AgentAnswer): void {
    this.#answers.push(answer)
    this.bell()
  }
}

/** Records of the streams beside the journal that the result holds. */
function recordsOf(result: CycleResult): number {
  const { decisions, explanations, instructionEvents, reservations, alerts, deadLetters } = result
  const all = [decisions, explanations, instructionEvents, reservations, alerts, deadLetters]
  return all.reduce((sum, records) => sum + records.length, 0)
}

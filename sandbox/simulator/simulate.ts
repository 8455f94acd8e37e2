/**
 * Runs seeds one after the other and tells of each that breaks an invariant: its shortest found fault list, and how to repeat it.
 *
 * Depends on the world, the faults and the agents.
 */
import { createAgent, restoreAgent } from '../../pipeline/agent.js'
import * as standIn from '../../pipeline/runtime/testing/stand-in-agent.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import type { AgentKind } from './agents.js'
import type { Invariant } from './audit/violation.js'
import { type Fault, type FaultKind, faultsOf } from './faults.js'
import { PLANTED_BUG_VARIABLE, type PlantedBug } from './planted-bugs.js'
import { shrink } from './shrink.js'
import { type SimulationResult, shapeOf, simulateOnce } from './world.js'

/** `production`: the agent and the optimizer that ship. `stand-in`: a small one, for many seeds at little cost. */
export type AgentChoice = 'production' | 'stand-in'

export interface SeedOptions {
  readonly agent: AgentChoice
  readonly kinds: readonly FaultKind[]
  /** Instead of the faults that follow from the seed. */
  readonly faults?: readonly Fault[] | undefined
  readonly planted?: PlantedBug | undefined
  readonly trace?: ((line: string) => void) | undefined
}

export interface Finding {
  readonly seed: number
  readonly invariant: Invariant
  readonly detail: string
  /** As drawn from the seed. */
  readonly faults: number
  readonly shortest: readonly Fault[]
  readonly shrinkRuns: number
  /** Of the run with the shortest list: repeating the command must print the same. */
  readonly digest: string
  readonly command: string
}

export class Simulator {
  readonly #kind: AgentKind

  private constructor(
    kind: AgentKind,
    private readonly options: SeedOptions,
  ) {
    this.#kind = kind
  }

  static async create(options: SeedOptions): Promise<Simulator> {
    const { module, digest } = await compileOptimizer()
    // Nothing that a run comes to may depend on real time, measured times included.
    const environment = { optimizer: module, optimizerDigest: digest, nowMicros: () => 0 }
    const agents = options.agent === 'production' ? { createAgent, restoreAgent } : standIn
    const kind = { environment, createAgent: agents.createAgent, restoreAgent: agents.restoreAgent }
    return new Simulator(kind, options)
  }

  faultsOf(seed: number): readonly Fault[] {
    const { instances, brokers, activeMs } = shapeOf(seed)
    return this.options.faults ?? faultsOf({ seed, kinds: this.options.kinds, instances, brokers, activeMs })
  }

  run(seed: number): SimulationResult {
    return this.#runWith(seed, this.faultsOf(seed))
  }

  /** Shortens what broke the invariant. */
  find(seed: number, invariant: Invariant): Finding {
    const faults = this.faultsOf(seed)
    const { faults: shortest, runs } = shrink(
      faults,
      (candidate) => this.#runWith(seed, candidate).violation?.invariant === invariant,
    )
    const { violation, digest } = this.#runWith(seed, shortest)
    return {
      seed,
      invariant,
      detail: violation?.detail ?? '',
      faults: faults.length,
      shortest,
      shrinkRuns: runs,
      digest,
      command: this.#commandOf(seed, shortest),
    }
  }

  #runWith(seed: number, faults: readonly Fault[]): SimulationResult {
    const { planted, trace, agent } = this.options
    const isProduction = agent === 'production'
    return simulateOnce({
      seed,
      faults,
      shape: shapeOf(seed),
      kind: this.#kind,
      isProduction,
      planted,
      trace,
    })
  }

  #commandOf(seed: number, faults: readonly Fault[]): string {
    const { planted, agent } = this.options
    const prefix = planted === undefined ? '' : `${PLANTED_BUG_VARIABLE}=${planted} `
    const choice = agent === 'production' ? '' : ` --agent ${agent}`
    return `${prefix}weir simulate --seed ${seed}${choice} --only '${JSON.stringify(faults)}'`
  }
}

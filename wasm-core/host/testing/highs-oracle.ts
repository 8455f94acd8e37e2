/**
 * HiGHS (npm `highs`) as the judge of our answers: status and objective of a cold solve without presolve.
 * Depends on peers/highs.ts.
 */
import type { DetachedModelData, Highs, Model } from 'highs'
import type { SolveStatus } from '../linear-program.js'
import { loadHighs, toHighs } from '../peers/highs.js'
import type { SparseModel } from '../sparse-model.js'

export interface OracleAnswer {
  readonly status: 'optimal' | 'infeasible' | 'unbounded' | 'unknown'
  readonly objective: number
  readonly rowDual: Float64Array
  readonly colDual: Float64Array
  /** False when HiGHS contradicted itself. */
  readonly isFirstOpinion: boolean
}

export class HighsOracle {
  readonly #highs: Highs

  private constructor(highs: Highs) {
    this.#highs = highs
  }

  static async load(): Promise<HighsOracle> {
    return new HighsOracle(await loadHighs())
  }

  /**
   * HiGHS gives up on a model now and then (call status -1), and on a few its settings contradict each other. So its first
   * opinion that agrees with `ours` counts, otherwise its first decided one.
   */
  solve(model: SparseModel, ours?: SolveStatus): OracleAnswer {
    let first: OracleAnswer | undefined
    for (const settings of SETTINGS) {
      const answer = this.#attempt(model, settings)
      if (answer.status === 'unknown') continue
      if (ours === undefined || answer.status === ours)
        return { ...answer, isFirstOpinion: first === undefined }
      first ??= answer
    }
    return first ?? undecided
  }

  /** An MPS text as HiGHS reads it; undefined when it cannot. */
  model(text: string | Uint8Array): DetachedModelData | undefined {
    return this.#highs.withModel((instance) => (readInto(instance, text) ? instance.getModel() : undefined))
  }

  /** The optimum that HiGHS finds for an MPS text, in the sense of the text and with its constant. */
  optimum(text: string | Uint8Array): number | undefined {
    return this.#highs.withModel((instance) => {
      if (!readInto(instance, text) || instance.raw.run().status < 0) return undefined
      return statusNames[instance.getModelStatus()] === 'optimal' ? instance.getObjectiveValue() : undefined
    })
  }

  #attempt(model: SparseModel, settings: Settings): OracleAnswer {
    return this.#highs.withModel((instance) => {
      instance.options.set({ output_flag: false, ...settings })
      if (instance.raw.passModel(toHighs(model)).status < 0) return undecided
      if (instance.raw.run().status < 0) return undecided
      // A model without columns has no solution to be asked for.
      const status = statusNames[instance.getModelStatus()]
      if (status === undefined) return undecided
      const solution = instance.getSolution()
      return {
        status,
        objective: instance.getObjectiveValue(),
        rowDual: solution.rowDual,
        colDual: solution.colDual,
        isFirstOpinion: true,
      }
    })
  }
}

function readInto(instance: Model, text: string | Uint8Array): boolean {
  instance.options.set({ output_flag: false })
  return instance.raw.readModel({ format: 'mps', data: text }).status >= 0
}

const statusNames: Readonly<Record<number, OracleAnswer['status']>> = {
  7: 'optimal',
  8: 'infeasible',
  10: 'unbounded',
}

const undecided: OracleAnswer = {
  status: 'unknown',
  objective: Number.NaN,
  rowDual: new Float64Array(0),
  colDual: new Float64Array(0),
  isFirstOpinion: true,
}

type Settings = Readonly<Record<string, string | number>>
const SETTINGS: readonly Settings[] = [
  { presolve: 'off' },
  { presolve: 'on' },
  { presolve: 'off', simplex_strategy: 4 },
]

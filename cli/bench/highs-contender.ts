/**
 * HiGHS compiled to WebAssembly as a contender, kept warm in the best way that its npm API allows.
 * Depends on peers/highs.ts.
 *
 * Its model stays resident and `run` starts from the basis it kept. Measured on the 32-pool model: single changes are faster up to
 * about four, bulk changes of a set beyond; the raw interface saves another 2 us a step over the one that throws. `getSolution`
 * copies all four vectors, and there is no way to ask for less.
 */
import type { Highs, Solution } from 'highs'
import { WeirError } from '../../pipeline/errors.js'
import type { ChangeStep, IntervalChanges } from '../../wasm-core/host/changes/change-stream.js'
import { HIGHS_OPTIMAL, toHighs } from '../../wasm-core/host/peers/highs.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'
import type { Contender } from './contender.js'

const SINGLES_AT_MOST = 4

type HighsModel = ReturnType<Highs['createModel']>
type RawModel = HighsModel['raw']

export class HighsContender implements Contender {
  readonly #highs: Highs
  readonly #sparse: SparseModel
  #model: HighsModel | undefined
  #raw: RawModel | undefined
  #modelStatus = 0
  objective = Number.NaN
  /** Held so that the reading of it cannot be left out. */
  solution: Solution | undefined

  constructor(highs: Highs, sparse: SparseModel) {
    this.#highs = highs
    this.#sparse = sparse
  }

  restart(): void {
    this.dispose()
    this.#model = this.#highs.createModel(toHighs(this.#sparse))
    this.#model.options.set({ output_flag: false })
    this.#raw = this.#model.raw
    this.#raw.run()
  }

  step({ rows, columns, costs }: ChangeStep): void {
    const raw = this.#raw as RawModel
    changeRows(raw, rows)
    changeColumns(raw, columns)
    changeCosts(raw, costs)
    if (raw.run().status < 0) this.#refuse('run')
    this.#modelStatus = raw.getModelStatus()
    this.objective = raw.getObjectiveValue()
    this.solution = raw.getSolution().value
  }

  #refuse(call: string): never {
    throw new WeirError('WEIR_SOLVER', `HiGHS failed in ${call}`, {
      place: 'peer',
      remedy: 'measure without --peer',
    })
  }

  get isOptimal(): boolean {
    return this.#modelStatus === HIGHS_OPTIMAL
  }

  get status(): string {
    return this.isOptimal ? 'optimal' : `HiGHS status ${this.#modelStatus}`
  }

  get iterations(): number {
    return Number(this.#raw?.getInfoValue('simplex_iteration_count').value ?? 0)
  }

  dispose(): void {
    this.#model?.dispose()
    this.#model = undefined
  }
}

function changeRows(raw: RawModel, { index, lower, upper }: IntervalChanges): void {
  const count = index.length
  if (count > SINGLES_AT_MOST) raw.changeRowsBounds({ kind: 'set', indices: index }, lower, upper)
  else {
    for (let k = 0; k < count; k++) {
      raw.changeRowBounds(index[k] as number, lower[k] as number, upper[k] as number)
    }
  }
}

function changeColumns(raw: RawModel, { index, lower, upper }: IntervalChanges): void {
  const count = index.length
  if (count > SINGLES_AT_MOST) raw.changeColsBounds({ kind: 'set', indices: index }, lower, upper)
  else {
    for (let k = 0; k < count; k++) {
      raw.changeColBounds(index[k] as number, lower[k] as number, upper[k] as number)
    }
  }
}

function changeCosts(raw: RawModel, { index, cost }: ChangeStep['costs']): void {
  const count = index.length
  if (count > SINGLES_AT_MOST) raw.changeColsCost({ kind: 'set', indices: index }, cost)
  else for (let k = 0; k < count; k++) raw.changeColCost(index[k] as number, cost[k] as number)
}

/**
 * Collects named rows and columns and gives them as sparse columns for the optimizer.
 *
 * Names are part of the model: explanations and rays speak in them. Depends on the optimizer's types only.
 */
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'

export interface Entry {
  readonly row: number
  readonly value: number
}

export interface NamedModel {
  readonly sparse: SparseModel
  readonly rowNames: readonly string[]
  readonly columnNames: readonly string[]
}

export class ModelBuilder {
  private readonly rowNames: string[] = []
  private readonly rowLower: number[] = []
  private readonly rowUpper: number[] = []
  private readonly columnNames: string[] = []
  private readonly cost: number[] = []
  private readonly columnLower: number[] = []
  private readonly columnUpper: number[] = []
  private readonly columnStart: number[] = [0]
  private readonly rowIndex: number[] = []
  private readonly value: number[] = []

  /** Adds `lower <= row <= upper` and returns its index. */
  row(name: string, lower: number, upper: number): number {
    this.rowNames.push(name)
    this.rowLower.push(lower)
    this.rowUpper.push(upper)
    return this.rowNames.length - 1
  }

  /** Adds a column with its entries and returns its index. */
  column(name: string, cost: number, lower: number, upper: number, entries: readonly Entry[]): number {
    this.columnNames.push(name)
    this.cost.push(cost)
    this.columnLower.push(lower)
    this.columnUpper.push(upper)
    for (const entry of entries) {
      this.rowIndex.push(entry.row)
      this.value.push(entry.value)
    }
    this.columnStart.push(this.rowIndex.length)
    return this.columnNames.length - 1
  }

  build(): NamedModel {
    return {
      sparse: {
        rows: this.rowNames.length,
        columns: this.columnNames.length,
        columnStart: Int32Array.from(this.columnStart),
        rowIndex: Int32Array.from(this.rowIndex),
        value: Float64Array.from(this.value),
        cost: Float64Array.from(this.cost),
        columnLower: Float64Array.from(this.columnLower),
        columnUpper: Float64Array.from(this.columnUpper),
        rowLower: Float64Array.from(this.rowLower),
        rowUpper: Float64Array.from(this.rowUpper),
      },
      rowNames: this.rowNames,
      columnNames: this.columnNames,
    }
  }
}

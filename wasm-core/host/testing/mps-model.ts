/**
 * Reads the free MPS files of the rebalancing models (names without blanks; ROWS, COLUMNS, RHS, RANGES, BOUNDS),
 * and the change streams beside them. For tests and benchmarks. Depends on sparse-model.ts.
 */
import { readFileSync } from 'node:fs'
import type { SparseModel } from '../sparse-model.js'

class MpsBuilder {
  readonly rowOf = new Map<string, number>()
  readonly rowKinds: string[] = []
  readonly columnOf = new Map<string, number>()
  readonly entries: [row: number, value: number][][] = []
  readonly cost: number[] = []
  readonly lower: number[] = []
  readonly upper: number[] = []
  readonly side: number[] = []
  readonly range: (number | undefined)[] = []
  objectiveRow = ''

  row(kind: string, name: string): void {
    if (kind === 'N') {
      this.objectiveRow = name
      return
    }
    this.rowOf.set(name, this.rowKinds.length)
    this.rowKinds.push(kind)
    this.side.push(0)
    this.range.push(undefined)
  }

  column(name: string, pairs: readonly string[]): void {
    let j = this.columnOf.get(name)
    if (j === undefined) {
      j = this.entries.length
      this.columnOf.set(name, j)
      this.entries.push([])
      this.cost.push(0)
      this.lower.push(0)
      this.upper.push(Infinity)
    }
    for (let k = 0; k + 1 < pairs.length; k += 2) {
      const value = Number(pairs[k + 1])
      if (pairs[k] === this.objectiveRow) this.cost[j] = value
      else this.entries[j]?.push([this.known(this.rowOf, pairs[k] as string), value])
    }
  }

  bound(kind: string, name: string, text: string | undefined): void {
    const j = this.known(this.columnOf, name)
    const value = Number(text)
    if (kind === 'UP' || kind === 'FX') this.upper[j] = value
    if (kind === 'LO' || kind === 'FX') this.lower[j] = value
    if (kind === 'FR' || kind === 'MI') this.lower[j] = -Infinity
    if (kind === 'FR' || kind === 'PL') this.upper[j] = Infinity
  }

  rowValue(target: (number | undefined)[], pairs: readonly string[]): void {
    for (let k = 0; k + 1 < pairs.length; k += 2) {
      if (pairs[k] !== this.objectiveRow)
        target[this.known(this.rowOf, pairs[k] as string)] = Number(pairs[k + 1])
    }
  }

  private known(map: Map<string, number>, name: string): number {
    const index = map.get(name)
    if (index === undefined) throw new Error(`MPS: unknown name ${name}`)
    return index
  }

  private sides(i: number): [number, number] {
    const kind = this.rowKinds[i]
    const side = this.side[i] as number
    const range = this.range[i]
    if (kind === 'L') return [range === undefined ? -Infinity : side - Math.abs(range), side]
    if (kind === 'G') return [side, range === undefined ? Infinity : side + Math.abs(range)]
    if (range === undefined) return [side, side]
    return range < 0 ? [side + range, side] : [side, side + range]
  }

  build(): SparseModel {
    const sides = this.rowKinds.map((_, i) => this.sides(i))
    const columnStart = [0]
    for (const column of this.entries) columnStart.push((columnStart.at(-1) as number) + column.length)
    const entries = this.entries.flat()
    return {
      rows: this.rowKinds.length,
      columns: this.entries.length,
      columnStart: Int32Array.from(columnStart),
      rowIndex: Int32Array.from(entries, ([row]) => row),
      value: Float64Array.from(entries, ([, value]) => value),
      cost: Float64Array.from(this.cost),
      columnLower: Float64Array.from(this.lower),
      columnUpper: Float64Array.from(this.upper),
      rowLower: Float64Array.from(sides, ([low]) => low),
      rowUpper: Float64Array.from(sides, ([, high]) => high),
    }
  }
}

export function readMps(file: string): SparseModel {
  const builder = new MpsBuilder()
  let section = ''
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (line.trim() === '' || line.startsWith('*')) continue
    if (!line.startsWith(' ')) section = fields[0] as string
    else if (section === 'ROWS') builder.row(fields[0] as string, fields[1] as string)
    else if (section === 'COLUMNS') builder.column(fields[0] as string, fields.slice(1))
    // The name of the set may be left out.
    else if (section === 'RHS') builder.rowValue(builder.side, fields.slice(fields.length % 2))
    else if (section === 'RANGES') builder.rowValue(builder.range, fields.slice(fields.length % 2))
    else if (section === 'BOUNDS') builder.bound(fields[0] as string, fields[2] as string, fields[3])
  }
  return builder.build()
}

type Side = number | 'inf' | '-inf'

/** One step of a change stream; applied on top of all earlier ones. */
export interface ModelChange {
  readonly rows: readonly [row: number, lower: Side, upper: Side][]
  readonly columns: readonly [column: number, lower: Side, upper: Side][]
  readonly costs: readonly [column: number, cost: number][]
}

export function readChanges(file: string, count: number): ModelChange[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines
    .filter((line) => line !== '')
    .slice(0, count)
    .map((line) => ({ rows: [], columns: [], costs: [], ...(JSON.parse(line) as Partial<ModelChange>) }))
}

function sideOf(side: Side): number {
  return side === 'inf' ? Infinity : side === '-inf' ? -Infinity : side
}

/** What a change is written to: a model, or the views of a resident one. */
export type ChangeTarget = Pick<SparseModel, 'cost' | 'columnLower' | 'columnUpper' | 'rowLower' | 'rowUpper'>

export function applyChange(target: ChangeTarget, change: ModelChange): void {
  for (const [i, low, high] of change.rows) {
    target.rowLower[i] = sideOf(low)
    target.rowUpper[i] = sideOf(high)
  }
  for (const [j, low, high] of change.columns) {
    target.columnLower[j] = sideOf(low)
    target.columnUpper[j] = sideOf(high)
  }
  for (const [j, cost] of change.costs) target.cost[j] = cost
}

/**
 * Writes a sparse model as MPS text in either format, with the freedoms that real files take drawn at random.
 * Depends on sparse-model.ts and random-model.ts.
 */
import type { MpsFormat } from '../mps/mps-model.js'
import type { SparseModel } from '../sparse-model.js'
import type { SeededRandom } from './random-model.js'

export interface MpsStyle {
  readonly format: MpsFormat
  readonly rowNames: readonly string[]
  readonly columnNames: readonly string[]
  readonly objectiveName: string
  /** Constant of the objective, in the file's sense. */
  readonly offset: number
  /** The costs are written as those of a maximization: the model's own, negated. */
  readonly maximize: boolean
  /** Name of the sets; empty for a set without one. */
  readonly setName: string
  readonly lineEnd: '\n' | '\r\n'
  /** Comments, blank lines, needless bounds, two pairs a line: none of them changes what is read. */
  readonly noise: SeededRandom
}

export function writeMps(model: SparseModel, style: MpsStyle): string {
  const writer = new Writer(model, style)
  return writer.text()
}

interface WrittenPair {
  readonly name: string
  readonly value: number
}

class Writer {
  readonly #lines: string[] = []
  readonly #kinds: readonly string[]

  constructor(
    private readonly model: SparseModel,
    private readonly style: MpsStyle,
  ) {
    this.#kinds = style.rowNames.map((_, i) => this.#kindOf(i))
  }

  text(): string {
    const { maximize, rowNames, objectiveName, lineEnd } = this.style
    this.#lines.push('NAME          RANDOM')
    if (maximize)
      this.#lines.push(...(this.style.noise.chance(0.5) ? ['OBJSENSE', '    MAX'] : ['OBJSENSE MAX']))
    this.#lines.push('ROWS', ` N  ${objectiveName}`)
    rowNames.forEach((name, i) => {
      this.#lines.push(` ${this.#kinds[i]?.[0]}  ${name}`)
    })
    this.#columns()
    this.#sides()
    this.#bounds()
    this.#lines.push('ENDATA')
    return this.#lines.flatMap((line) => this.#withNoise(line)).join(lineEnd) + lineEnd
  }

  #withNoise(line: string): string[] {
    const { noise } = this.style
    return noise.chance(0.03) ? [noise.pick(['* a comment', '', '   ', '*']), line] : [line]
  }

  /** With two sides, each kind of row can say it: E- and E+ are an equality with a range of that sign. */
  #kindOf(i: number): string {
    const low = this.model.rowLower[i] as number
    const high = this.model.rowUpper[i] as number
    if (low === high) return 'E'
    if (low === -Infinity) return 'L'
    return high === Infinity ? 'G' : this.style.noise.pick(['L', 'G', 'E-', 'E+'])
  }

  #columns(): void {
    this.#lines.push('COLUMNS')
    const { model, style } = this
    for (let j = 0; j < model.columns; j++) {
      const cost = style.maximize ? 0 - (model.cost[j] as number) : (model.cost[j] as number)
      const start = model.columnStart[j] as number
      const end = model.columnStart[j + 1] as number
      const pairs: WrittenPair[] = []
      // A column without an entry exists by its cost alone.
      if (cost !== 0 || start === end) pairs.push({ name: style.objectiveName, value: cost })
      for (let k = start; k < end; k++) {
        const name = style.rowNames[model.rowIndex[k] as number] as string
        pairs.push({ name, value: model.value[k] as number })
      }
      this.#pairs('', style.columnNames[j] as string, pairs)
    }
  }

  #sides(): void {
    const { model, style } = this
    const rhs: WrittenPair[] =
      style.offset === 0 ? [] : [{ name: style.objectiveName, value: 0 - style.offset }]
    const ranges: WrittenPair[] = []
    for (let i = 0; i < model.rows; i++) {
      const name = style.rowNames[i] as string
      const low = model.rowLower[i] as number
      const high = model.rowUpper[i] as number
      const kind = this.#kinds[i] as string
      const isUpper = kind === 'L' || kind === 'E-'
      rhs.push({ name, value: isUpper ? Math.min(high, 1e30) : low })
      const width = high - low
      if (width > 0 && width < Infinity) ranges.push({ name, value: kind === 'E-' ? -width : width })
    }
    this.#lines.push('RHS')
    this.#pairs('', style.setName, rhs)
    if (ranges.length > 0) this.#lines.push('RANGES')
    this.#pairs('', style.setName, ranges)
  }

  #bounds(): void {
    this.#lines.push('BOUNDS')
    for (let j = 0; j < this.model.columns; j++) {
      const low = this.model.columnLower[j] as number
      const high = this.model.columnUpper[j] as number
      if (low === high) this.#bound('FX', j, low)
      else if (low === -Infinity && high === Infinity) this.#bound('FR', j)
      else {
        if (low === -Infinity) this.#bound('MI', j)
        else if (low !== 0 || high < 0 || this.style.noise.chance(0.1)) this.#bound('LO', j, low)
        if (high < Infinity) this.#bound('UP', j, high)
        else if (this.style.noise.chance(0.1)) this.#bound('PL', j)
      }
    }
  }

  #bound(kind: string, j: number, value?: number): void {
    const name = this.style.columnNames[j] as string
    const words = value === undefined ? '' : String(value)
    const { setName, format } = this.style
    if (format === 'fixed') {
      this.#lines.push(` ${kind} ${setName.padEnd(8)}  ${name.padEnd(8)}  ${words}`.trimEnd())
    } else this.#lines.push([` ${kind}`, setName, name, words].filter((word) => word !== '').join(' '))
  }

  #pairs(indent: string, label: string, pairs: readonly WrittenPair[]): void {
    for (let k = 0; k < pairs.length; ) {
      const first = pairs[k] as WrittenPair
      const second = pairs[k + 1]
      const isShort = String(first.value).length <= 14
      const both = second !== undefined && isShort && this.style.noise.chance(0.5)
      this.#lines.push(indent + this.#pairLine(label, both ? [first, second] : [first]))
      k += both ? 2 : 1
    }
  }

  #pairLine(label: string, pairs: readonly WrittenPair[]): string {
    if (this.style.format === 'free') {
      const gap = this.style.noise.pick([' ', '  ', '\t'])
      const words = pairs.flatMap(({ name, value }) => [name, String(value)])
      return gap + (label === '' ? words : [label, ...words]).join(gap)
    }
    const [first, second] = pairs as [WrittenPair, WrittenPair | undefined]
    const start = `    ${label.padEnd(8)}  ${first.name.padEnd(8)}  ${String(first.value).padStart(12)}`
    return second === undefined ? start : `${start.padEnd(39)}${second.name.padEnd(8)}  ${second.value}`
  }
}

const FIXED_LETTERS = 'abcXYZ._-+*#0123456789 '

/** Distinct names: up to 8 characters with blanks inside for fixed columns, longer ones without blanks for the free format. */
export function randomNames(random: SeededRandom, count: number, format: MpsFormat): string[] {
  const names = new Set<string>()
  while (names.size < count) {
    const length = format === 'fixed' ? random.whole(1, 8) : random.whole(1, 20)
    let name = ''
    for (let k = 0; k < length; k++) name += random.pick([...FIXED_LETTERS])
    if (format === 'free') name = name.replaceAll(' ', 'é')
    if (name === name.trim() && name !== '') names.add(name)
  }
  return [...names]
}

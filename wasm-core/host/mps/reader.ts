/**
 * Reads an MPS text into a sparse model: the sections, their order, and what they make together.
 * Depends on the parts of this folder, one a section. docs/mps.md is the reference of what is read, and how.
 */
import { Bounds } from './bounds.js'
import { Columns } from './columns.js'
import { type DataLine, type DataSection, type Field, splitFree, wordsOf } from './data-line.js'
import { splitFixed } from './fixed-columns.js'
import { type DetectedFormat, detectFormat } from './format-detection.js'
import { LineReader, quoted } from './line-reader.js'
import type { MpsModel, MpsOptions } from './mps-model.js'
import { Rows } from './rows.js'
import { Sides } from './sides.js'

/** Throws `WEIR_INPUT` with file, line and column for everything that is no linear program in MPS form. */
export function readMps(text: Uint8Array | string, options: MpsOptions): MpsModel {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const detected = options.format === undefined ? detectFormat(bytes, options.source) : undefined
  return new Reader(new LineReader(bytes, options.source), options, detected).read()
}

const senses: Readonly<Record<string, boolean>> = {
  MAX: true,
  MAXIMIZE: true,
  MAXIMISE: true,
  MIN: false,
  MINIMIZE: false,
  MINIMISE: false,
}

/** Sections of other solvers, by what they make of a model. */
const foreignSections: Readonly<Record<string, string>> = {
  QUADOBJ: 'a quadratic objective',
  QMATRIX: 'a quadratic objective',
  QSECTION: 'a quadratic objective',
  QCMATRIX: 'quadratic rows',
  CSECTION: 'cones',
  SOS: 'special ordered sets',
  SOS1: 'special ordered sets',
  SOS2: 'special ordered sets',
  SETS: 'special ordered sets',
  INDICATORS: 'indicator rows',
  GENCONS: 'general constraints',
  PWLOBJ: 'a piecewise-linear objective',
  LAZYCONS: 'lazy rows',
  USERCUTS: 'user cuts',
}

class Reader {
  readonly #lines: LineReader
  readonly #options: MpsOptions
  readonly #detected: DetectedFormat | undefined
  readonly #format: 'fixed' | 'free'
  readonly #rows: Rows
  #columns: Columns | undefined
  #sides: Sides | undefined
  #bounds: Bounds | undefined
  readonly #seen = new Set<string>()
  #section = ''
  #name = ''
  #maximize = false

  constructor(lines: LineReader, options: MpsOptions, detected: DetectedFormat | undefined) {
    this.#lines = lines
    this.#options = options
    this.#detected = detected
    this.#format = options.format ?? detected?.format ?? 'fixed'
    this.#rows = new Rows(lines)
  }

  read(): MpsModel {
    while (this.#lines.next()) {
      if (!this.#lines.isHeader) this.#dataLine()
      else {
        const [keyword, ...rest] = wordsOf(this.#lines.text)
        if (keyword?.text === 'ENDATA') return this.#finish()
        this.#header(keyword as Field, rest)
      }
    }
    return this.#lines.refuse(1, 'the text ends without ENDATA', 'it may have been cut off: get it whole')
  }

  #header(keyword: Field, rest: readonly Field[]): void {
    const section = keyword.text
    if (this.#seen.has(section)) this.#lines.refuse(1, `a second section ${section}`, 'leave one')
    this.#seen.add(section)
    if (this.#section === 'COLUMNS') this.#columns?.close()
    this.#section = section
    switch (section) {
      case 'NAME':
        this.#name = rest[0]?.text ?? ''
        return
      case 'OBJSENSE':
      case 'OBJNAME':
        if (this.#columns !== undefined)
          this.#lines.refuse(1, `${section} after COLUMNS`, 'put it before ROWS')
        if (rest[0] !== undefined) this.#objectiveWord(rest[0])
        return
      case 'ROWS':
      case 'COLUMNS':
      case 'RHS':
      case 'RANGES':
      case 'BOUNDS':
        if (rest[0] !== undefined) {
          this.#lines.refuse(rest[0].column, `text behind ${section}`, 'begin data lines with a blank')
        }
        this.#open(section)
        return
      default:
        this.#refuseSection(section)
    }
  }

  /** Each section stands on the names of those before it. */
  #open(section: DataSection): void {
    if (section === 'ROWS') return
    if (!this.#seen.has('ROWS')) this.#lines.refuse(1, `${section} before ROWS`, 'put ROWS first')
    if (section === 'COLUMNS') {
      this.#rows.close()
      this.#columns = new Columns(this.#lines, this.#rows, this.#options.relaxIntegers === true)
      return
    }
    const columns = this.#columns
    if (columns === undefined) this.#lines.refuse(1, `${section} before COLUMNS`, 'put COLUMNS first')
    if (section === 'BOUNDS')
      this.#bounds = new Bounds(this.#lines, columns, this.#options.relaxIntegers === true)
    else this.#sides ??= new Sides(this.#lines, this.#rows)
  }

  #refuseSection(section: string): never {
    const what = foreignSections[section]
    if (what !== undefined) {
      return this.#lines.refuse(
        1,
        `the section ${section} adds ${what}`,
        'the optimizer solves linear programs only',
      )
    }
    return this.#lines.refuse(
      1,
      `${quoted(section)} is no section`,
      'begin data lines with a blank, comments with *',
    )
  }

  #dataLine(): void {
    const { text } = this.#lines
    switch (this.#section) {
      case 'ROWS':
        this.#rows.add(this.#split(text, 'ROWS'))
        return
      case 'COLUMNS':
        this.#columns?.add(this.#split(text, 'COLUMNS'))
        return
      case 'RHS':
        this.#sides?.addRhs(this.#split(text, 'RHS'))
        return
      case 'RANGES':
        this.#sides?.addRange(this.#split(text, 'RANGES'))
        return
      case 'BOUNDS':
        this.#bounds?.add(this.#split(text, 'BOUNDS'))
        return
      case 'OBJSENSE':
      case 'OBJNAME':
        this.#objectiveWord(wordsOf(text)[0] as Field)
        return
      default:
        this.#lines.refuse(1, 'a data line outside of a section', 'begin with NAME or ROWS in column 1')
    }
  }

  #split(text: string, section: DataSection): DataLine {
    const line = this.#format === 'fixed' ? splitFixed(text, section) : splitFree(text, section)
    if (!('misfit' in line)) return line
    const reason = this.#detected?.reason
    const remedy =
      reason === undefined ? 'mend the line' : `mend the line; read as ${this.#format} because ${reason}`
    return this.#lines.refuse(line.column, line.misfit, remedy)
  }

  /** The word of OBJSENSE or OBJNAME, behind the keyword or on a line of its own. */
  #objectiveWord(word: Field): void {
    if (this.#section === 'OBJNAME') {
      this.#rows.wantObjective(word)
      return
    }
    const maximize = senses[word.text.toUpperCase()]
    if (maximize === undefined) {
      this.#lines.refuse(word.column, `${quoted(word.text)} is no sense of an objective`, 'use MIN or MAX')
    }
    this.#maximize = maximize
  }

  #finish(): MpsModel {
    const columns = this.#columns
    if (columns === undefined)
      return this.#lines.refuse(1, 'ENDATA before COLUMNS', 'it may have been cut off: get it whole')
    if (this.#section === 'COLUMNS') columns.close()
    const sides = (this.#sides ?? new Sides(this.#lines, this.#rows)).build()
    const bounds = (this.#bounds ?? new Bounds(this.#lines, columns, true)).build()
    return {
      name: this.#name,
      model: {
        rows: this.#rows.names.length,
        columns: columns.names.length,
        columnStart: new Int32Array(columns.start),
        rowIndex: new Int32Array(columns.rowIndex),
        value: new Float64Array(columns.value),
        // Subtracted, and not negated, so that 0 stays +0.
        cost: new Float64Array(this.#maximize ? columns.cost.map((cost) => 0 - cost) : columns.cost),
        columnLower: bounds.lower,
        columnUpper: bounds.upper,
        rowLower: sides.lower,
        rowUpper: sides.upper,
      },
      rowNames: this.#rows.names,
      columnNames: columns.names,
      objectiveName: this.#rows.objectiveName,
      objectiveOffset: this.#sides?.objectiveOffset ?? 0,
      maximize: this.#maximize,
      format: this.#format,
      freeRowsDropped: this.#rows.dropped,
      integersRelaxed: bounds.integersRelaxed,
    }
  }
}

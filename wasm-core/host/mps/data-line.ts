/**
 * A data line taken apart, in either format, and the free format's way to do it. Depends on numbers.ts.
 *
 * What a line means does not depend on the format once it is in this form:
 *
 *            code   label        pairs (name and value, one or two)
 *   ROWS     kind   row
 *   COLUMNS         column       row, coefficient
 *   RHS             set or ''    row, value             RANGES the same
 *   BOUNDS   kind   set or ''    column, value or none
 */
import { parseNumber } from './numbers.js'

export interface Field {
  readonly text: string
  /** From 1. */
  readonly column: number
}

export interface Pair {
  readonly name: Field
  /** Undefined when the line ends before it. */
  readonly value: number | undefined
  readonly valueColumn: number
}

export interface DataLine {
  readonly code: Field
  readonly label: Field
  readonly pairs: readonly Pair[]
}

/** Why a line does not fit a format. */
export interface Misfit {
  readonly misfit: string
  readonly column: number
}

export type DataSection = 'ROWS' | 'COLUMNS' | 'RHS' | 'RANGES' | 'BOUNDS'

export const noField: Field = { text: '', column: 1 }

/** Kinds of bounds that have no value; some writers put one all the same. */
export const KINDS_WITHOUT_VALUE: ReadonlySet<string> = new Set(['FR', 'MI', 'PL', 'BV'])

/** The words of a line, parted by blanks and tabs only: other white space may be part of a name. */
export function wordsOf(text: string): Field[] {
  const words: Field[] = []
  let start = -1
  for (let k = 0; k <= text.length; k++) {
    const code = k < text.length ? text.charCodeAt(k) : 32
    const isBlank = code === 32 || code === 9
    if (isBlank && start >= 0) words.push({ text: text.slice(start, k), column: start + 1 })
    if (isBlank) start = -1
    else if (start < 0) start = k
  }
  return words
}

export function splitFree(text: string, section: DataSection): DataLine | Misfit {
  const words = wordsOf(text)
  if (section === 'ROWS') return freeRow(words)
  if (section === 'BOUNDS') return freeBound(words)
  const marker = markerLine(words)
  if (section === 'COLUMNS' && marker !== undefined) return marker
  // An even number of words: the name of the set is left out.
  const hasLabel = words.length % 2 === 1
  if (section === 'COLUMNS' && !hasLabel)
    return wrongCount(words, 'a column, then a row and a value or two of each')
  if (words.length < 2 || words.length > 5 || words.length === 1)
    return wrongCount(words, 'a name, then a row and a value or two of each')
  const label = hasLabel ? (words[0] as Field) : noField
  return withPairs(noField, label, words.slice(hasLabel ? 1 : 0))
}

function freeRow(words: readonly Field[]): DataLine | Misfit {
  const [code, label] = words
  if (code === undefined || label === undefined || words.length > 2)
    return wrongCount(words, 'a kind and a name')
  return { code, label, pairs: [] }
}

function freeBound(words: readonly Field[]): DataLine | Misfit {
  const code = words[0] ?? noField
  const rest = words.slice(1)
  if (KINDS_WITHOUT_VALUE.has(code.text)) {
    // Two words: set and column, or column and a needless value. The reader of bounds knows the columns, and so which.
    if (rest.length === 1) return { code, label: noField, pairs: [pairWithoutValue(rest[0] as Field)] }
    if (rest.length === 2)
      return { code, label: rest[0] as Field, pairs: [pairWithoutValue(rest[1] as Field)] }
  } else if (rest.length === 2) return withPairs(code, noField, rest)
  if (rest.length === 3) return withPairs(code, rest[0] as Field, rest.slice(1))
  return wrongCount(words, 'a kind, a set (or none), a column and a value')
}

export function pairWithoutValue(name: Field): Pair {
  return { name, value: undefined, valueColumn: name.column + name.text.length }
}

function withPairs(code: Field, label: Field, words: readonly Field[]): DataLine | Misfit {
  const pairs: Pair[] = []
  for (let k = 0; k + 1 < words.length; k += 2) {
    const number = words[k + 1] as Field
    const value = parseNumber(number.text)
    if (Number.isNaN(value)) return notANumber(number)
    pairs.push({ name: words[k] as Field, value, valueColumn: number.column })
  }
  return { code, label, pairs }
}

/** `NAME 'MARKER' 'INTORG'` looks the same in both formats, since writers rarely keep to its columns. */
export function markerLine(words: readonly Field[]): DataLine | undefined {
  const [label, marker, kind] = words
  if (words.length !== 3 || label === undefined || marker?.text !== "'MARKER'" || kind === undefined)
    return undefined
  return { code: kind, label, pairs: [] }
}

export function notANumber({ text, column }: Field): Misfit {
  return { misfit: `'${text.slice(0, 40)}' is not a number`, column }
}

function wrongCount(words: readonly Field[], expected: string): Misfit {
  const fields = words.length === 1 ? '1 field' : `${words.length} fields`
  return { misfit: `${fields} where ${expected} belong`, column: words[0]?.column ?? 1 }
}

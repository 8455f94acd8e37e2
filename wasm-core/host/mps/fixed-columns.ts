/**
 * Data lines in fixed columns. Depends on data-line.ts.
 *
 *   column   2-3    5-12    15-22          23-39     40-47            48-
 *            code   label   first name     number    second name      number
 *
 * Names are where they must be, blanks in them included. Numbers have columns of their own too (25-36, 50-61), which writers
 * of long numbers leave; anywhere between the names is as clear, so that is what is asked.
 */
import {
  type DataLine,
  type DataSection,
  type Field,
  type Misfit,
  markerLine,
  noField,
  notANumber,
  type Pair,
  pairWithoutValue,
  wordsOf,
} from './data-line.js'
import { parseNumber } from './numbers.js'

export function splitFixed(text: string, section: DataSection): DataLine | Misfit {
  const tab = text.indexOf('\t')
  if (tab >= 0) return { misfit: 'a tab has no place in fixed columns', column: tab + 1 }
  if (section === 'COLUMNS' && text.includes("'MARKER'")) {
    const marker = markerLine(wordsOf(text))
    if (marker !== undefined) return marker
  }
  const hasCode = section === 'ROWS' || section === 'BOUNDS'
  const stray = firstStray(text, hasCode ? [0, 3, 12, 13] : [0, 1, 2, 3, 12, 13])
  if (stray !== undefined) return stray
  const code = hasCode ? fieldAt(text, 1, 3) : noField
  const label = fieldAt(text, 4, 12)
  if (section === 'ROWS') return rowLine(text, code, label)
  if (section === 'COLUMNS' && label.text === '') return { misfit: 'no column in columns 5 to 12', column: 5 }
  return withPairs(text, code, label, section)
}

function rowLine(text: string, code: Field, label: Field): DataLine | Misfit {
  const rest = fieldAt(text, 12, text.length)
  if (rest.text !== '') return { misfit: 'text behind column 12', column: rest.column }
  if (label.text === '') return { misfit: 'no row in columns 5 to 12', column: 5 }
  return { code, label, pairs: [] }
}

function withPairs(text: string, code: Field, label: Field, section: DataSection): DataLine | Misfit {
  const name = fieldAt(text, 14, 22)
  if (name.text === '') return { misfit: 'no name in columns 15 to 22', column: 15 }
  if (crosses(text, 22)) return { misfit: 'a name runs over column 22', column: name.column }
  const numbers = wordsOf(text.slice(22))
  if (numbers.length === 0 && section === 'BOUNDS') return { code, label, pairs: [pairWithoutValue(name)] }
  // A single word is the number wherever it ends; only with a second name does the place of that name matter.
  if (section === 'BOUNDS' || numbers.length === 1) {
    const only = onlyNumber(text, 22, text.length)
    return 'misfit' in only ? only : { code, label, pairs: [{ name, ...only }] }
  }
  if (crosses(text, 39)) return { misfit: 'a number runs over column 39', column: 40 }
  const first = onlyNumber(text, 22, 39)
  if ('misfit' in first) return first
  const secondName = fieldAt(text, 39, 47)
  if (secondName.text === '') return { misfit: 'no name in columns 40 to 47', column: 40 }
  if (crosses(text, 47)) return { misfit: 'a name runs over column 47', column: secondName.column }
  const second = onlyNumber(text, 47, text.length)
  if ('misfit' in second) return second
  const pairs: Pair[] = [
    { name, ...first },
    { name: secondName, ...second },
  ]
  return { code, label, pairs }
}

type ValueField = Pick<Pair, 'valueColumn'> & { readonly value: number }

function onlyNumber(text: string, start: number, end: number): ValueField | Misfit {
  const words = wordsOf(text.slice(start, end))
  const word = words[0]
  if (word === undefined) return { misfit: `no number from column ${start + 1}`, column: start + 1 }
  const valueColumn = word.column + start
  if (words.length > 1) {
    return { misfit: 'more than one word where a number belongs', column: (words[1] as Field).column + start }
  }
  const value = parseNumber(word.text)
  return Number.isNaN(value) ? notANumber({ text: word.text, column: valueColumn }) : { value, valueColumn }
}

/** True when one word stands on both sides of a border between fields. */
function crosses(text: string, border: number): boolean {
  return isFilled(text, border - 1) && isFilled(text, border)
}

function isFilled(text: string, at: number): boolean {
  return at < text.length && text.charCodeAt(at) !== 32
}

function firstStray(text: string, blanks: readonly number[]): Misfit | undefined {
  const at = blanks.find((k) => isFilled(text, k))
  return at === undefined ? undefined : { misfit: `column ${at + 1} is not blank`, column: at + 1 }
}

/** The text between two places, without the blanks around it; blanks inside belong to the name. */
function fieldAt(text: string, start: number, end: number): Field {
  let from = start
  let to = Math.min(end, text.length)
  while (from < to && text.charCodeAt(from) === 32) from++
  while (to > from && text.charCodeAt(to - 1) === 32) to--
  return { text: text.slice(from, to), column: from + 1 }
}

/**
 * Fixed or free: found from the text itself. Depends on the two splitters and line-reader.ts.
 *
 * Both ways of reading are tried on line after line. The first line that fits only one of them decides, and proves it: the
 * other way cannot read the file. Most files fit both and mean the same either way. A file that fits both throughout, with
 * different meanings, is refused: to guess would be to solve another model.
 */
import { type DataLine, type DataSection, type Misfit, splitFree, wordsOf } from './data-line.js'
import { splitFixed } from './fixed-columns.js'
import { LineReader } from './line-reader.js'
import type { MpsFormat } from './mps-model.js'

export interface DetectedFormat {
  readonly format: MpsFormat
  /** What shut out the other format; undefined when nothing did. */
  readonly reason: string | undefined
}

const dataSections: ReadonlySet<string> = new Set(['ROWS', 'COLUMNS', 'RHS', 'RANGES', 'BOUNDS'])

export function detectFormat(bytes: Uint8Array, source: string): DetectedFormat {
  const lines = new LineReader(bytes, source)
  let section: DataSection | undefined
  let doubt: { readonly line: number; readonly column: number } | undefined
  while (lines.next()) {
    if (lines.isHeader) {
      const [keyword] = wordsOf(lines.text)
      if (keyword?.text === 'ENDATA') break
      section = dataSections.has(keyword?.text ?? '') ? (keyword?.text as DataSection) : undefined
      continue
    }
    if (section === undefined) continue
    const fixed = splitFixed(lines.text, section)
    const free = splitFree(lines.text, section)
    const isFixed = !('misfit' in fixed)
    const isFree = !('misfit' in free)
    if (isFixed !== isFree) return decided(isFixed ? 'fixed' : 'free', lines.number, isFixed ? free : fixed)
    if (!isFixed || !isFree) refuseBoth(lines, fixed, free)
    else if (doubt === undefined && !meansTheSame(fixed, free)) {
      doubt = { line: lines.number, column: fixed.label.column }
    }
  }
  if (doubt === undefined) return { format: 'fixed', reason: undefined }
  return refuseDoubt(bytes, source, doubt.line)
}

function decided(format: MpsFormat, line: number, other: DataLine | Misfit): DetectedFormat {
  const why = 'misfit' in other ? other.misfit : ''
  const otherFormat = format === 'fixed' ? 'free' : 'fixed'
  return { format, reason: `line ${line} is not ${otherFormat}: ${why}` }
}

function refuseBoth(lines: LineReader, fixed: DataLine | Misfit, free: DataLine | Misfit): never {
  const inFixed = 'misfit' in fixed ? fixed.misfit : ''
  const inFree = 'misfit' in free ? free : { misfit: '', column: 1 }
  return lines.refuse(inFree.column, inFree.misfit, `mend the line; read in fixed columns: ${inFixed}`)
}

function refuseDoubt(bytes: Uint8Array, source: string, line: number): never {
  const lines = new LineReader(bytes, source)
  while (lines.number < line) lines.next()
  const first = wordsOf(lines.text)[0]
  return lines.refuse(
    first?.column ?? 1,
    'the file can be read in fixed columns and in free format, and they differ here',
    'say which it is: --format fixed or --format free',
  )
}

/** A set that is blank in the fixed columns and left out in the free format is the same set. */
function meansTheSame(a: DataLine, b: DataLine): boolean {
  if (a.code.text !== b.code.text || a.label.text !== b.label.text || a.pairs.length !== b.pairs.length)
    return false
  return a.pairs.every((pair, k) => {
    const other = b.pairs[k]
    return pair.name.text === other?.name.text && pair.value === other.value
  })
}

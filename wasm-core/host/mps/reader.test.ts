/** Hand-made texts: what each construct means, and what each mistake is answered with. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { MPS_LIMITS, type MpsOptions } from './mps-model.js'
import { readMps } from './reader.js'

/** A small model with parts replaced. */
interface Parts {
  readonly before?: string
  readonly rows?: string
  readonly columns?: string
  readonly rhs?: string
  readonly ranges?: string
  readonly bounds?: string
  readonly end?: string
}

const COLUMNS = ' x obj 1 low 1\n x same 2 high 1\n y obj 2 same 1\n'

function textOf(parts: Parts): string {
  const section = (name: string, lines: string | undefined) =>
    lines === undefined ? '' : `${name}\n${lines}`
  return [
    parts.before ?? 'NAME small\n',
    section('ROWS', parts.rows ?? ' N obj\n L low\n E same\n G high\n'),
    section('COLUMNS', parts.columns ?? COLUMNS),
    section('RHS', parts.rhs ?? ' RHS low 4 same 3\n'),
    section('RANGES', parts.ranges),
    section('BOUNDS', parts.bounds),
    parts.end ?? 'ENDATA\n',
  ].join('')
}

function read(parts: Parts, options: Partial<MpsOptions> = {}) {
  return readMps(textOf(parts), { source: 'm.mps', ...options })
}

const bounds = (lines: string, options: Partial<MpsOptions> = {}) => {
  const { model } = read({ bounds: lines }, options)
  return [...model.columnLower, ...model.columnUpper]
}

test('a small model', () => {
  const { name, model, rowNames, columnNames, objectiveName, objectiveOffset, maximize } = read({})
  assert.deepEqual([name, objectiveName, objectiveOffset, maximize], ['small', 'obj', 0, false])
  assert.deepEqual(
    [rowNames, columnNames],
    [
      ['low', 'same', 'high'],
      ['x', 'y'],
    ],
  )
  assert.deepEqual([...model.columnStart], [0, 3, 4])
  assert.deepEqual([...model.rowIndex], [0, 1, 2, 1])
  assert.deepEqual([...model.value], [1, 2, 1, 1])
  assert.deepEqual([...model.cost], [1, 2])
  assert.deepEqual([...model.rowLower], [-Infinity, 3, 0])
  assert.deepEqual([...model.rowUpper], [4, 3, Infinity])
  assert.deepEqual([...model.columnLower, ...model.columnUpper], [0, 0, Infinity, Infinity])
})

test('ranges give the second side; that of an equality by its sign', () => {
  const sides = (ranges: string) => {
    const { model } = read({ rhs: ' RHS low 4 same 3 \n RHS high 1\n', ranges })
    return [...model.rowLower].map((low, i) => [low, model.rowUpper[i]])
  }
  assert.deepEqual(sides(' R low 2 same 5\n R high 3\n'), [
    [2, 4],
    [3, 8],
    [1, 4],
  ])
  assert.deepEqual(sides(' R low -2 same -5\n R high -3\n'), [
    [2, 4],
    [-2, 3],
    [1, 4],
  ])
  assert.deepEqual(sides(' R low 0 same 0\n R high 1e30\n'), [
    [4, 4],
    [3, 3],
    [1, Infinity],
  ])
})

test('bounds of every kind', () => {
  assert.deepEqual(bounds(' UP B x 4\n'), [0, 0, 4, Infinity])
  assert.deepEqual(bounds(' LO B x -4\n UP B x 4\n'), [-4, 0, 4, Infinity])
  assert.deepEqual(bounds(' FX B x 4\n'), [4, 0, 4, Infinity])
  assert.deepEqual(bounds(' FR B x\n MI B y\n'), [-Infinity, -Infinity, Infinity, Infinity])
  assert.deepEqual(bounds(' MI B x\n UP B x 4\n PL B y\n'), [-Infinity, 0, 4, Infinity])
  assert.deepEqual(bounds(' UP B x 1e20\n LO B y -1D+30\n'), [0, -Infinity, Infinity, Infinity])
  assert.deepEqual(bounds(' UP B x Inf\n LO B y -inf\n'), [0, -Infinity, Infinity, Infinity])
})

test('bounds without a set, and values that are not needed', () => {
  assert.deepEqual(bounds(' UP x 4\n FR y\n'), [0, -Infinity, 4, Infinity])
  assert.deepEqual(bounds(' FR x 0\n MI B y 0\n'), [-Infinity, -Infinity, Infinity, Infinity])
  assert.deepEqual(bounds(' UP           x         4\n FR           y\n'), [0, -Infinity, 4, Infinity])
})

test('an upper bound below zero opens the lower one unless that is given, wherever it is given', () => {
  assert.deepEqual(bounds(' UP B x -4\n'), [-Infinity, 0, -4, Infinity])
  assert.deepEqual(bounds(' UP B x -4\n LO B x 0\n'), [0, 0, -4, Infinity])
  assert.deepEqual(bounds(' LO B x 0\n UP B x -4\n'), [0, 0, -4, Infinity])
  assert.deepEqual(bounds(' UP B x 0\n'), [0, 0, 0, Infinity])
})

test('the constant of the objective is the negated right-hand side, and a maximization is turned', () => {
  const rhs = ' RHS obj -7.113 low 4\n'
  assert.equal(read({ rhs }).objectiveOffset, 7.113)
  for (const before of ['OBJSENSE MAX\n', 'OBJSENSE\n    MAXIMIZE\n', 'NAME\nOBJSENSE\n    max\n']) {
    const { model, maximize, objectiveOffset } = read({ before, rhs })
    assert.deepEqual([[...model.cost], maximize, objectiveOffset], [[-1, -2], true, 7.113])
  }
  assert.equal(read({ before: 'OBJSENSE\n MIN\n' }).maximize, false)
})

test('the first N row is the objective, or the one that OBJNAME names; others are dropped', () => {
  const rows = ' N obj\n L low\n N other\n E same\n G high\n'
  const columns = ' x obj 1 low 1\n x same 2 high 1\n x other 9\n y obj 2 same 1\n'
  const first = read({ rows, columns, rhs: ' RHS other 5 low 1\n' })
  assert.deepEqual([[...first.model.cost], first.freeRowsDropped, first.objectiveOffset], [[1, 2], 1, 0])
  const named = read({ before: 'OBJNAME\n other\n', rows, columns })
  assert.deepEqual([[...named.model.cost], named.objectiveName, named.model.rows], [[9, 0], 'other', 3])
  const none = read({ rows: ' L low\n E same\n G high\n', columns: ' x low 1\n' })
  assert.deepEqual([[...none.model.cost], none.objectiveName], [[0], ''])
})

test('integer columns are refused, or continuous when told so', () => {
  const marked = {
    columns: ` m1 'MARKER' 'INTORG'\n${COLUMNS.slice(0, 32)} m2 'MARKER' 'INTEND'\n${COLUMNS.slice(32)}`,
  }
  assert.equal(refusal(marked).place, 'm.mps:8:14')
  assert.match(refusal({ bounds: ' BV B x\n' }).remedy ?? '', /--relax-integers/)
  const relaxed = read(marked, { relaxIntegers: true })
  // As all readers have it: integer, and never named by BOUNDS, means binary.
  assert.deepEqual([relaxed.integersRelaxed, ...relaxed.model.columnUpper], [1, 1, Infinity])
  const named = read({ ...marked, bounds: ' LO B x 2\n' }, { relaxIntegers: true })
  assert.deepEqual([...named.model.columnLower, ...named.model.columnUpper], [2, 0, Infinity, Infinity])
  assert.deepEqual(bounds(' BV B x\n LI B y 2\n', { relaxIntegers: true }), [0, 2, 1, Infinity])
  assert.deepEqual(bounds(' UI B x 7\n', { relaxIntegers: true }), [0, 0, 7, Infinity])
})

test('comments, blank lines, tabs, CRLF, a byte order mark and text after the end change nothing', () => {
  const plain = read({})
  const text = textOf({})
  const variants = [
    text.replaceAll('\n', '\r\n'),
    text.replaceAll(' ', '\t').replace('NAME\t', 'NAME '),
    `﻿${text}`,
    `* a comment\n\n${text.replace('RHS\n', '*\n   \nRHS\n')}more\n`,
    text.trimEnd(),
  ]
  for (const variant of variants) assert.deepEqual(readMps(variant, { source: 'm.mps' }).model, plain.model)
})

const fixed = (field: string, label: string, rest = '') =>
  ` ${field.padEnd(2)} ${label.padEnd(8)}  ${rest}`.trimEnd()
const FIXED = [
  'NAME          BLANKS',
  'ROWS',
  fixed('N', 'COST'),
  fixed('L', 'ROW 1'),
  'COLUMNS',
  fixed('', 'COL 1', 'COST               1.0   ROW 1             -2.0'),
  'RHS',
  fixed('', '', 'ROW 1              4.0'),
  'BOUNDS',
  fixed('UP', '', 'COL 1              9.0'),
  'ENDATA',
]

test('fixed columns: names with blanks, and numbers that leave their columns', () => {
  const { model, rowNames, columnNames, format } = readMps(FIXED.join('\n'), { source: 'm.mps' })
  assert.deepEqual([format, rowNames, columnNames], ['fixed', ['ROW 1'], ['COL 1']])
  assert.deepEqual([model.cost[0], model.value[0], model.rowUpper[0], model.columnUpper[0]], [1, -2, 4, 9])
  const long = FIXED.with(5, fixed('', 'COL 1', 'ROW 1    -0.12345678901234567890123'))
  assert.equal(readMps(long.join('\n'), { source: 'm.mps' }).model.value[0], -0.12345678901234568)
})

test('a text that fits both formats with different meanings is refused until it is said which', () => {
  // Free: column x, rows r 1 and r2 2. Fixed: column 'x r 1', row r2.
  const text = 'ROWS\n N  r\n N  r2\nCOLUMNS\n    x r 1     r2        2\nENDATA\n'
  assert.throws(
    () => readMps(text, { source: 'm.mps' }),
    /^WeirError: the file can be read in fixed columns and/,
  )
  assert.deepEqual(readMps(text, { source: 'm.mps', format: 'fixed' }).columnNames, ['x r 1'])
  assert.deepEqual(readMps(text, { source: 'm.mps', format: 'free' }).columnNames, ['x'])
})

function refusal(parts: Parts | string, options: Partial<MpsOptions> = {}): WeirError {
  try {
    readMps(typeof parts === 'string' ? parts : textOf(parts), { source: 'm.mps', ...options })
  } catch (error) {
    assert.ok(error instanceof WeirError, String(error))
    assert.equal(error.code, 'WEIR_INPUT')
    assert.ok(error.remedy !== undefined)
    return error
  }
  return assert.fail('read without an error')
}

const mistakes: readonly (readonly [title: string, parts: Parts | string, says: RegExp])[] = [
  ['nothing', '', /^m\.mps:1:1: the text ends without ENDATA/],
  ['no ENDATA', { end: '' }, /^m\.mps:12:1: the text ends without ENDATA \(it may have been cut off/],
  ['no COLUMNS', 'ROWS\n N obj\nENDATA\n', /^m\.mps:3:1: ENDATA before COLUMNS/],
  ['COLUMNS first', 'COLUMNS\nENDATA\n', /^m\.mps:1:1: COLUMNS before ROWS/],
  ['RHS before COLUMNS', 'ROWS\n N obj\nRHS\nENDATA\n', /^m\.mps:3:1: RHS before COLUMNS/],
  ['a section twice', { end: 'RHS\nENDATA\n' }, /^m\.mps:13:1: a second section RHS/],
  ['no section', { before: 'NAMES x\n' }, /^m\.mps:1:1: 'NAMES' is no section/],
  ['data in column 1', { rows: 'N obj\n' }, /^m\.mps:3:1: 'N' is no section \(begin data lines with a blank/],
  ['text behind a keyword', { before: 'ROWS  N obj\n' }, /^m\.mps:1:7: text behind ROWS/],
  ['data before a section', ' N obj\n', /^m\.mps:1:1: a data line outside of a section/],
  ['a quadratic objective', { end: 'QUADOBJ\n x x 1\nENDATA\n' }, /QUADOBJ adds a quadratic objective/],
  ['special ordered sets', { end: 'SOS\nENDATA\n' }, /adds special ordered sets/],
  ['a sense that is none', { before: 'OBJSENSE\n UP\n' }, /^m\.mps:2:2: 'UP' is no sense/],
  ['a sense too late', { end: 'OBJSENSE MAX\nENDATA\n' }, /OBJSENSE after COLUMNS/],
  ['an objective that is none', { before: 'OBJNAME\n low\n' }, /^m\.mps:2:2: there is no N row 'low'/],
  ['a kind of row that is none', { rows: ' X obj\n' }, /^m\.mps:3:2: 'X' is no kind of row/],
  ['a row twice', { rows: ' N obj\n L low\n G low\n' }, /^m\.mps:5:4: the row 'low' is there already/],
  ['a row without a name', { rows: ' N\n' }, /^m\.mps:3:2: 1 field where a kind and a name belong/],
  ['a long name', { rows: ` N ${'n'.repeat(300)}\n` }, /^m\.mps:3:4: a name of 300 characters/],
  ['a column of an unknown row', { columns: ' x low 1 no 2\n' }, /^m\.mps:8:10: there is no row 'no'/],
  [
    'an entry twice',
    { columns: ' x low 1 same 2\n x low 3\n' },
    /^m\.mps:9:4: a second entry of column 'x' in row 'low'/,
  ],
  ['a cost twice', { columns: ' x obj 1 low 1\n x obj 1\n' }, /^m\.mps:9:4: a second entry/],
  ['a zero and an entry', { columns: ' x low 0\n x low 1\n' }, /^m\.mps:9:4: a second entry/],
  [
    'a column in two places',
    { columns: ' x low 1\n y low 1\n x same 1\n' },
    /^m\.mps:10:2: the column 'x' goes on/,
  ],
  ['no value', { columns: ' x low\n' }, /^m\.mps:8:2: 2 fields where a column, then/],
  ['a value that is none', { columns: ' x low 1,5\n' }, /^m\.mps:8:8: '1,5' is not a number/],
  ['an infinite entry', { columns: ' x low 1e999\n' }, /^m\.mps:8:8: an infinite coefficient/],
  ['a foreign marker', { columns: " m 'MARKER' 'SOSORG'\n" }, /^m\.mps:8:13: ''SOSORG'' is no marker/],
  [
    'a second set',
    { rhs: ' A low 1\n B same 1\n' },
    /^m\.mps:13:2: a second set 'B' of right-hand side after 'A'/,
  ],
  [
    'a side twice',
    { rhs: ' A low 1\n A low 1\n' },
    /^m\.mps:13:4: row 'low' has its right-hand side from line 12/,
  ],
  ['a constant twice', { rhs: ' A obj 1 obj 2\n' }, /^m\.mps:12:10: row 'obj' has its right-hand side/],
  ['an infinite equality', { rhs: ' A same 1e20\n' }, /^m\.mps:12:9: an infinite side of the E row 'same'/],
  ['an L row below -inf', { rhs: ' A low -1e20\n' }, /an infinite side of the L row/],
  ['an infinite constant', { rhs: ' A obj inf\n' }, /an infinite constant of the objective/],
  ['a side of no row', { rhs: ' A no 1\n' }, /there is no row 'no'/],
  ['a range of the objective', { ranges: ' R obj 1\n' }, /^m\.mps:14:4: a range of the N row 'obj'/],
  ['a range twice', { ranges: ' R low 1 low 2\n' }, /row 'low' has its range from line 14/],
  ['a kind of bound that is none', { bounds: ' XX B x 1\n' }, /^m\.mps:14:2: 'XX' is no kind of bound/],
  ['a semicontinuous column', { bounds: ' SC B x 1\n' }, /^m\.mps:14:2: SC is the bound of a semicontinuous/],
  ['a bound of no column', { bounds: ' UP B z 1\n' }, /^m\.mps:14:7: there is no column 'z'/],
  ['a bound without value', { bounds: ' UP B x\n' }, /^m\.mps:14:7: 'x' is not a number/],
  [
    'a bound twice',
    { bounds: ' UP B x 1\n UP B x 2\n' },
    /^m\.mps:15:7: column 'x' has its upper bound from line 14/,
  ],
  [
    'a free column with a bound',
    { bounds: ' LO B x 1\n FR B x\n' },
    /column 'x' has its lower bound from line 14/,
  ],
  ['an infinite fixing', { bounds: ' FX B x 1e20\n' }, /^m\.mps:14:9: an infinite FX bound/],
  ['a lower bound of inf', { bounds: ' LO B x 1e20\n' }, /an infinite LO bound/],
  ['a second set of bounds', { bounds: ' UP A x 1\n UP B y 1\n' }, /a second set 'B' of bounds after 'A'/],
  ['a control character', { rows: ' N o\u0000bj\n' }, /^m\.mps:3:5: holds the control character 0/],
  ['a very long line', { rows: ` N ${' '.repeat(5000)}obj\n` }, /the line is longer than 4096 bytes/],
]

for (const [title, parts, says] of mistakes) {
  test(`refused with place and remedy: ${title}`, () => {
    assert.match(refusal(parts).toLine(), says)
  })
}

test('markers that are not paired are refused', () => {
  const columns = " m 'MARKER' 'INTEND'\n"
  assert.match(refusal({ columns }).toLine(), /^m\.mps:8:13: ''INTEND'' without its other end/)
  const open = { columns: " m 'MARKER' 'INTORG'\n x low 1\n" }
  assert.match(refusal(open, { relaxIntegers: true }).toLine(), /^m\.mps:10:1: COLUMNS ends inside markers/)
})

test('bytes that are no UTF-8 are refused, since names could not be told apart', () => {
  const bytes = Buffer.from(textOf({}).replaceAll('low', 'l\xff'), 'latin1')
  assert.throws(() => readMps(bytes, { source: 'm.mps' }), /the line is not UTF-8/)
})

test('a line that fits neither format is told for both, one that fits not the other with why the other', () => {
  const neither = FIXED.with(3, fixed('L', 'ROW1')).with(5, ' x ROW1 one')
  assert.match(
    refusal(neither.join('\n')).toLine(),
    /^m\.mps:6:9: 'one' is not a number \(mend the line; read in fixed columns: column 2 is not blank/,
  )
  const mixed = FIXED.with(5, '  COL 1   COST  1')
  assert.match(
    refusal(mixed.join('\n')).toLine(),
    /^m\.mps:6:3: column 3 is not blank \(.*line 4 is not free/,
  )
})

test('counts are bounded', () => {
  const rows = Array.from({ length: MPS_LIMITS.rows + 1 }, (_, i) => ` L ${i}\n`).join('')
  assert.match(refusal({ rows }).toLine(), /more than 1000000 rows/)
})

/**
 * Texts that are no MPS, or nearly: whatever comes in, a model or one error of the closed list comes out, in time and memory
 * that follow the size of the text.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from '../../../pipeline/errors.js'
import { checkModel } from '../sparse-model.js'
import { randomNames, writeMps } from '../testing/mps-writer.js'
import { randomModel, SeededRandom } from '../testing/random-model.js'
import type { MpsFormat } from './mps-model.js'
import { readMps } from './reader.js'

/** True when a model came out; any failure but a placed `WEIR_INPUT` is one of the reader. */
function isRead(bytes: Uint8Array, format: MpsFormat | undefined): boolean {
  const settings = format === undefined ? {} : { format }
  try {
    const { model, rowNames, columnNames, objectiveOffset } = readMps(bytes, {
      source: 'f.mps',
      relaxIntegers: true,
      ...settings,
    })
    checkModel(model)
    assert.deepEqual([rowNames.length, columnNames.length], [model.rows, model.columns])
    assert.ok(Number.isFinite(objectiveOffset))
    return true
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    assert.equal(error.code, 'WEIR_INPUT')
    assert.match(error.place ?? '', /^f\.mps:[1-9][0-9]*:[1-9][0-9]*$/)
    assert.ok(error.remedy !== undefined && error.message.length < 200)
    return false
  }
}

const formats = fc.constantFrom<(MpsFormat | undefined)[]>('fixed', 'free', undefined)

function validText(seed: number): Buffer {
  const random = new SeededRandom(seed)
  const format = random.pick<MpsFormat>(['fixed', 'free'])
  const shape = { rows: random.whole(1, 8), columns: random.whole(1, 8) }
  const text = writeMps(randomModel(random, shape), {
    format,
    rowNames: randomNames(random, shape.rows, format),
    columnNames: randomNames(random, shape.columns, format),
    objectiveName: 'OBJ,',
    offset: random.pick([0, 3]),
    maximize: random.chance(0.5),
    setName: random.pick(['', 'SET']),
    lineEnd: random.pick(['\n', '\r\n']),
    noise: random,
  })
  return Buffer.from(text)
}

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), formats, (bytes, format) => {
      assert.equal(isRead(bytes, format), false)
    }),
    { numRuns: 1_000 },
  )
})

test('random words of the language', () => {
  const word = fc.constantFrom(
    ...['NAME', 'ROWS', 'COLUMNS', 'RHS', 'RANGES', 'BOUNDS', 'ENDATA', 'OBJSENSE', 'OBJNAME', 'MAX'],
    ...[' N', ' E', ' L', ' UP', ' FR', ' BV', ' a', ' b', ' 1', ' -1e30', ' inf', " 'MARKER'", " 'INTORG'"],
    ...['\n', '\n', '\n', '\r\n', '\t', '    ', '*'],
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 80 }), formats, (words, format) => {
      isRead(Buffer.from(words.join('')), format)
    }),
    { numRuns: 3_000 },
  )
})

test('valid texts with bytes changed, put in or taken out', () => {
  let read = 0
  const place = fc.tuple(fc.nat(), fc.constantFrom('set', 'insert', 'delete', 'swap'), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(place, { minLength: 1, maxLength: 4 }),
      formats,
      (seed, places, format) => {
        let bytes = validText(seed)
        for (const [at, kind, byte] of places) bytes = mutated(bytes, at % bytes.length, kind, byte)
        if (isRead(bytes, format)) read++
      },
    ),
    { numRuns: 3_000 },
  )
  assert.ok(read > 100, 'hardly any mutation was harmless, so hardly any came past the first lines')
})

function mutated(bytes: Buffer, at: number, kind: string, byte: number): Buffer<ArrayBuffer> {
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  if (kind === 'insert') return Buffer.concat([before, Buffer.from([byte]), after])
  if (kind === 'delete') return Buffer.concat([before, after.subarray(1)])
  if (kind === 'set') return Buffer.concat([before, Buffer.from([byte]), after.subarray(1)])
  // Lines in another order: sections and columns torn apart.
  const lines = bytes.toString('latin1').split('\n')
  const [i, j] = [at % lines.length, byte % lines.length]
  return Buffer.from(
    lines
      .with(i, lines[j] as string)
      .with(j, lines[i] as string)
      .join('\n'),
    'latin1',
  )
}

test('valid texts cut off anywhere before the end are refused', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), formats, (seed, share, format) => {
      const bytes = validText(seed)
      const end = bytes.lastIndexOf('ENDATA') + 'ENDATA'.length - 1
      assert.equal(isRead(bytes.subarray(0, Math.floor(share * end)), format), false)
    }),
    { numRuns: 1_000 },
  )
})

// A quadratic reading of these would meet the runner's bound of a file.
test('large texts of one kind are refused', () => {
  const megabytes = 2 * 2 ** 20
  const header = 'ROWS\n N  obj\n L  r\nCOLUMNS\n'
  const filler = {
    'one line': 'x'.repeat(megabytes),
    'blank lines': '\n'.repeat(megabytes),
    blanks: `${header}${' '.repeat(4_000)}\n`.repeat(500),
    comments: `* ${'c'.repeat(100)}\n`.repeat(megabytes / 103),
    rows: `ROWS\n${Array.from({ length: 150_000 }, (_, i) => ` L  r${i}\n`).join('')}`,
    columns: header + Array.from({ length: 100_000 }, (_, j) => `    c${j} r 1\n`).join(''),
    'a second set': `${header} x r 1\nRHS\n${' a r 1\n b r 1\n'.repeat(100_000)}`,
    'words without a line end': `${header}${'a '.repeat(megabytes / 2)}`,
  }
  for (const [what, text] of Object.entries(filler)) {
    assert.equal(isRead(Buffer.from(text), undefined), false, what)
  }
})

/** Input folders and files: order, arrival, faults, seeking, and what is refused with a line that helps. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from '../../errors.js'
import { DAY_START_MICROS, movementOf, policyOf, writeInputFile } from '../testing/input-files.js'
import type { SeekPoint } from './file-cursor.js'
import { openInputFolder } from './input-folder.js'
import { MergedFiles } from './merged-files.js'
import { readPolicyGroups } from './policy-groups.js'

const SECOND = 1_000_000
let root = ''
let made = 0

before(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-sources-'))
})
after(() => rmSync(root, { recursive: true, force: true }))

function freshFolder(): string {
  const directory = join(root, String(made++))
  mkdirSync(directory)
  return directory
}

interface Seen {
  readonly path: string
  readonly position: number
  readonly arrivedAt: number
  readonly groupId: string
  readonly fault: string
}

function readAll(directory: string, seek = new Map<number, SeekPoint>()): Seen[] {
  const files = new MergedFiles(openInputFolder(directory), seek)
  const seen: Seen[] = []
  for (let one = files.current; one !== undefined; one = files.current) {
    const fault = one.isFault ? Buffer.from(one.bytes).toString('utf8') : ''
    const { position, arrivedAtMicros, groupId } = one
    seen.push({ path: one.file.path, position, arrivedAt: arrivedAtMicros, groupId, fault })
    files.advance()
  }
  files.close()
  return seen
}

const anyTimes = fc.array(fc.array(fc.nat(500), { minLength: 1, maxLength: 40 }), {
  minLength: 1,
  maxLength: 4,
})

function writeTimes(directory: string, times: readonly (readonly number[])[]): void {
  for (const [file, list] of times.entries())
    writeInputFile(
      directory,
      'cash-movement',
      `file-${file}`,
      list.map((seconds, n) => movementOf('g', n, DAY_START_MICROS + seconds * SECOND)),
      300,
    )
}

test('files are merged by arrival, source and position; arrival is the highest time of the file so far', () => {
  fc.assert(
    fc.property(anyTimes, (times) => {
      const directory = freshFolder()
      writeTimes(directory, times)
      const expected = times.flatMap((list, file) => {
        let highest = 0
        return list.map((seconds, position) => {
          highest = Math.max(highest, seconds)
          return { file, position, arrivedAt: DAY_START_MICROS + highest * SECOND }
        })
      })
      expected.sort((a, b) => a.arrivedAt - b.arrivedAt || a.file - b.file || a.position - b.position)
      assert.deepEqual(
        readAll(directory).map(({ path, position, arrivedAt }) => `${path}:${position}@${arrivedAt}`),
        expected.map(
          ({ file, position, arrivedAt }) => `cash-movement/file-${file}.avro:${position}@${arrivedAt}`,
        ),
      )
    }),
    { seed: 21, numRuns: 60 },
  )
})

test('reading from any place gives the rest with the same arrivals', () => {
  fc.assert(
    fc.property(anyTimes, fc.nat(200), (times, cut) => {
      const directory = freshFolder()
      writeTimes(directory, times)
      const all = readAll(directory)
      const passed = all.slice(0, cut)
      const seek = new Map<number, SeekPoint>()
      for (const { path, position, arrivedAt } of passed)
        seek.set(Number(/file-(\d)/.exec(path)?.[1]), { position, arrivedAtMicros: arrivedAt })
      assert.deepEqual(readAll(directory, seek), all.slice(cut))
    }),
    { seed: 22, numRuns: 60 },
  )
})

test('a time out of range does not move the clock, also as the first of a file', () => {
  const directory = freshFolder()
  const times = [2 ** 60, DAY_START_MICROS + 5 * SECOND, -1, 2 ** 52, DAY_START_MICROS + 6 * SECOND]
  writeInputFile(
    directory,
    'cash-movement',
    'odd',
    times.map((time, n) => movementOf('g', n, Math.min(time, Number.MAX_SAFE_INTEGER))),
  )
  writeInputFile(directory, 'policy', 'p', [policyOf('g', DAY_START_MICROS)])
  const odd = readAll(directory).filter(({ path }) => path.endsWith('odd.avro'))
  assert.deepEqual(
    odd.map(({ arrivedAt }) => (arrivedAt - DAY_START_MICROS) / SECOND),
    [0, 5, 5, 5, 6],
  )
})

test('a record that cannot be read costs the rest of its block and nothing else', () => {
  const directory = freshFolder()
  const records = Array.from({ length: 30 }, (_, n) => movementOf('g', n, DAY_START_MICROS + n * SECOND))
  const path = writeInputFile(directory, 'cash-movement', 'damaged', records, 600)
  const whole = readAll(directory)
  assert.equal(whole.length, 30)
  const bytes = readFileSync(path)
  // The length of the text `g` of record 12 becomes negative: its bytes cannot be a record.
  const marker = Buffer.concat([Buffer.from(records[12].movementId), Buffer.from([2])])
  bytes[bytes.indexOf(marker) + 16] = 1
  writeFileSync(path, bytes)
  const seen = readAll(directory)
  const faults = seen.filter(({ fault }) => fault !== '')
  assert.equal(faults.length, 1)
  const lost = Number(/(\d+) records from it on are lost/.exec(faults[0].fault)?.[1])
  assert.ok(lost >= 1 && lost < 10)
  assert.equal(faults[0].position, 12)
  assert.match(faults[0].fault, /"reason":"undecodable"/)
  const rest = whole.filter(({ position }) => position < 12 || position >= 12 + lost)
  assert.deepEqual(
    seen.filter(({ fault }) => fault === ''),
    rest,
  )
})

test('cut anywhere: the records of all whole blocks, then one fault that says what was not used', () => {
  const directory = freshFolder()
  const records = Array.from({ length: 12 }, (_, n) => movementOf('g', n, DAY_START_MICROS + n * SECOND))
  const path = writeInputFile(directory, 'cash-movement', 'cut', records, 200)
  const bytes = readFileSync(path)
  const header = bytes.indexOf(Buffer.from(records[0].movementId)) - 3
  const counts = new Set<number>()
  let atBlockEnd = 0
  for (let length = header; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length))
    const seen = readAll(directory)
    const whole = seen.filter(({ fault }) => fault === '')
    assert.deepEqual(
      whole.map(({ position }) => position),
      whole.map((_, n) => n),
    )
    counts.add(whole.length)
    if (whole.length === seen.length) atBlockEnd++
    else assert.match(seen.at(-1)?.fault ?? '', /"reason":"truncated-file".*are not used/)
  }
  assert.ok(counts.size >= 3, `${counts.size} different counts`)
  assert.ok(atBlockEnd <= counts.size, 'only at the end of a block the file is not torn')
})

test('what is not an input folder is refused in one line with place and remedy', () => {
  const cases: [string, (directory: string) => void, RegExp][] = [
    ['missing', (directory) => rmSync(directory, { recursive: true }), /no such folder/],
    ['empty', () => {}, /no stream folder with \.avro files/],
    [
      'unknown stream',
      (directory) => mkdirSync(join(directory, 'cash-movements')),
      /no input stream of this name.*cash-movement/,
    ],
    ['output stream', (directory) => mkdirSync(join(directory, 'decision')), /no input stream of this name/],
    ['empty stream', (directory) => mkdirSync(join(directory, 'quote')), /the folder is empty/],
    ['other file', (directory) => writeAt(directory, 'quote', 'a.csv', 'x'), /not named \*\.avro/],
    ['not Avro', (directory) => writeAt(directory, 'quote', 'a.avro', 'PAR1 and so on'), /a\.avro: .*"Obj"/],
    [
      'no bytes',
      (directory) => writeAt(directory, 'quote', 'a.avro', ''),
      /a\.avro: the file ends inside the header/,
    ],
    ['other schema', (directory) => moveStream(directory), /quote.*cannot be read|quote.*schema/],
  ]
  for (const [name, make, line] of cases) {
    const directory = freshFolder()
    make(directory)
    assert.throws(
      () => openInputFolder(directory),
      (error) => {
        assert.ok(error instanceof WeirError, `${name}: ${String(error)}`)
        assert.ok(error.code === 'WEIR_INPUT' || error.code === 'WEIR_SCHEMA', name)
        assert.match(error.toLine(), line, name)
        assert.ok(error.place?.startsWith(directory) && error.remedy !== undefined, name)
        return true
      },
    )
  }
})

function writeAt(directory: string, stream: string, name: string, text: string): void {
  mkdirSync(join(directory, stream))
  writeFileSync(join(directory, stream, name), text)
}

/** A file of movements in the folder of quotes. */
function moveStream(directory: string): void {
  const path = writeInputFile(freshFolder(), 'cash-movement', 'a', [movementOf('g', 1, DAY_START_MICROS)])
  mkdirSync(join(directory, 'quote'))
  writeFileSync(join(directory, 'quote', 'a.avro'), readFileSync(path))
}

test('groups are those that a policy names; without one the run is refused', () => {
  const directory = freshFolder()
  writeInputFile(directory, 'cash-movement', 'a', [movementOf('g', 1, DAY_START_MICROS)])
  assert.throws(() => readPolicyGroups(directory, openInputFolder(directory)), /no policy names a group/)
  writeInputFile(directory, 'policy', 'a', [policyOf('two'), policyOf('*')])
  writeInputFile(directory, 'policy', 'b', [policyOf('one'), policyOf('two')])
  assert.deepEqual([...readPolicyGroups(directory, openInputFolder(directory))].sort(), ['one', 'two'])
})

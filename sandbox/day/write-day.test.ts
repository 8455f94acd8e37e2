/** The written day, read back by another implementation of Avro; the folder's protection. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import avro from 'avsc'
import { WeirError } from '../../pipeline/errors.js'
import { type Day, generateDay } from './day.js'
import { EncodedRecord } from './faulty-records.js'
import { examplePolicies, writeDay } from './write-day.js'

const root = mkdtempSync(join(tmpdir(), 'weir-day-'))
after(() => rmSync(root, { recursive: true, force: true }))

const day = generateDay({ seed: 7, date: '2026-03-18', scale: 0.02, policies: examplePolicies() })

function readContainer(path: string): Promise<object[]> {
  return new Promise((resolve, reject) => {
    const records: object[] = []
    avro
      .createFileDecoder(path)
      .on('data', (record: object) => records.push({ ...record }))
      .on('error', reject)
      .on('end', () => resolve(records))
  })
}

const plain = (records: readonly object[]): unknown => JSON.parse(JSON.stringify(records))

function everyFile(dir: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const stream of readdirSync(dir).sort()) {
    for (const name of readdirSync(join(dir, stream)).sort())
      files.set(`${stream}/${name}`, readFileSync(join(dir, stream, name)))
  }
  return files
}

test('a reader of another make finds the records that were generated', async () => {
  const dir = join(root, 'read')
  writeDay(dir, day)
  for (const { stream, name, records } of day.files) {
    if (name === 'faulty-gateway') continue
    const read = await readContainer(join(dir, stream, `${name}.avro`))
    // The reader makes objects of its own classes; their contents count.
    assert.deepEqual(plain(read), plain(records))
  }
})

test('the record that cannot be decoded cannot, the faulty ones before it can', async () => {
  const dir = join(root, 'faulty')
  const file = day.files.find(({ name }) => name === 'faulty-gateway')!
  assert.equal(file.records.filter((record) => record instanceof EncodedRecord).length, 1)
  const good: Day = { ...day, files: [{ ...file, records: file.records.slice(0, -1) }] }
  assert.ok(file.records.at(-1) instanceof EncodedRecord)
  writeDay(dir, good)
  const read = await readContainer(join(dir, 'cash-movement', 'faulty-gateway.avro'))
  assert.deepEqual(read, good.files[0].records)
  writeDay(dir, { ...day, files: [file] }, { force: true })
  await assert.rejects(readContainer(join(dir, 'cash-movement', 'faulty-gateway.avro')))
})

test('the same day is written as the same bytes', () => {
  const first = writeDay(join(root, 'first'), day)
  writeDay(join(root, 'second'), day)
  const files = everyFile(join(root, 'first'))
  assert.deepEqual(everyFile(join(root, 'second')), files)
  assert.equal(files.size, first.files)
  assert.equal(
    [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0),
    first.bytes,
  )
})

test('a folder in use is left alone, unless told otherwise, and even then only streams are replaced', () => {
  const dir = join(root, 'used')
  mkdirSync(join(dir, 'cash-movement'), { recursive: true })
  writeFileSync(join(dir, 'cash-movement', 'old.avro'), '')
  writeFileSync(join(dir, 'notes.txt'), 'mine')
  assert.throws(
    () => writeDay(dir, day),
    (error: unknown) => error instanceof WeirError && /not empty .*--force/.test(error.toLine()),
  )
  writeDay(dir, day, { force: true })
  assert.equal(readFileSync(join(dir, 'notes.txt'), 'utf8'), 'mine')
  assert.equal(readdirSync(join(dir, 'cash-movement')).includes('old.avro'), false)
})

test('a folder that cannot be written is told by name', () => {
  writeFileSync(join(root, 'file'), '')
  assert.throws(
    () => writeDay(join(root, 'file', 'day'), day),
    (error: unknown) =>
      error instanceof WeirError && error.code === 'WEIR_INPUT' && error.place?.includes('file') === true,
  )
})

/**
 * Avro's own interoperability files, read or refused as the README beside them says.
 * They are looked for in `$WEIR_SHARED/avro`, or `../shared/avro` from the repository.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bufferSource, ContainerReader, openContainer } from './container.js'
import { fingerprintOfSchema, parseType } from './registry.js'
import { createWalker } from './walker.js'

const shared = process.env.WEIR_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url))
const folder = join(shared, 'avro')
const skip = existsSync(folder) ? false : `NOT TESTED: ${folder} is absent (set WEIR_SHARED)`

/** All records of a file, or the reason for which not all can be read. */
function readAll(file: string): unknown[] | string {
  const opened = openContainer(bufferSource(readFileSync(join(folder, file))))
  if (!(opened instanceof ContainerReader)) return opened.reason
  const type = parseType(JSON.parse(opened.header.schemaJson))
  const walker = createWalker(type)
  const records: unknown[] = []
  for (let block = opened.next(); block !== undefined; block = opened.next()) {
    let at = 0
    for (let i = 0; i < block.recordCount; i++) {
      const next = walker.walk(block.bytes, at, block.bytes.length)
      if (next < 0) return 'undecodable'
      records.push(type.fromBuffer(Buffer.from(block.bytes.subarray(at, next))))
      at = next
    }
    if (at !== block.bytes.length) return 'undecodable'
  }
  return opened.fault?.reason ?? records
}

function countOf(file: string): number | string {
  const read = readAll(file)
  return typeof read === 'string' ? read : read.length
}

describe("Avro's interoperability files", { skip }, () => {
  it('weather: the same five records in every codec that is read', () => {
    const lines = readFileSync(join(folder, 'data/weather.json'), 'utf8').trim().split('\n')
    const expected = lines.map((line) => JSON.parse(line))
    for (const file of ['weather.avro', 'weather-deflate.avro']) {
      assert.deepEqual(JSON.parse(JSON.stringify(readAll(`data/${file}`))), expected, file)
    }
    assert.equal(countOf('data/weather-sorted.avro'), 5)
  })

  it('refuses snappy and zstandard by name', () => {
    const files = ['data/weather-snappy.avro', 'data/weather-zstd.avro']
    for (const file of [...files, 'interop/interop-snappy.avro', 'interop/interop-zstandard.avro']) {
      assert.equal(readAll(file), 'unknown-codec', file)
    }
  })

  it('reads metadata that holds a sync marker, and nested and union schemas', () => {
    assert.equal(countOf('data/syncInMeta.avro'), 6_001)
    assert.equal(typeof countOf('data/schemas/simple/data.avro'), 'number')
    assert.equal(typeof countOf('data/schemas/withUnion/data.avro'), 'number')
    assert.equal(countOf('js-tests/person-10.avro'), 10)
  })

  it('refuses the format of Avro 1.2', () => {
    assert.equal(readAll('data/test.avro12'), 'not-avro')
  })

  it("reads the good files of Avro's C tests and refuses the bad ones", () => {
    assert.equal(countOf('c-tests/avro-1237-good.avro'), 2)
    assert.equal(countOf('c-tests/avro-1238-good.avro'), 2)
    assert.equal(countOf('c-tests/avro-1279-codec.avro'), 3)
    assert.equal(countOf('c-tests/avro-1279-no-codec.avro'), 3)
    assert.equal(readAll('c-tests/avro-1237-bad-union-discriminant.avro'), 'undecodable')
    assert.equal(readAll('c-tests/avro-1238-truncated.avro'), 'truncated')
  })

  it('reads every type of the interop schema', () => {
    const expected = JSON.parse(readFileSync(join(folder, 'interop/interop.json'), 'utf8'))
    for (const file of ['interop-null.avro', 'interop-deflate.avro']) {
      const read = readAll(`interop/${file}`)
      assert.ok(Array.isArray(read), `${file}: ${String(read)}`)
      const [record] = JSON.parse(JSON.stringify(read, latin1)) as [Record<string, unknown>]
      const wanted = Array.isArray(expected) ? expected[0] : expected
      for (const name of ['intField', 'longField', 'stringField', 'boolField', 'doubleField', 'bytesField']) {
        assert.deepEqual(record[name], wanted[name], name)
      }
      assert.deepEqual(record.arrayField, wanted.arrayField)
      assert.equal(record.enumField, wanted.enumField)
      assert.equal(record.fixedField, wanted.fixedField)
    }
  })

  it('takes fingerprints of the canonical form that the specification defines', () => {
    const text = readFileSync(join(folder, 'data/schema-tests.txt'), 'utf8')
    let compared = 0
    const refused: string[] = []
    for (const [input, canonical] of canonicalPairs(text)) {
      const expected = createHash('sha256').update(canonical).digest('hex')
      const found = fingerprintOf(input)
      if (found === undefined) refused.push(input)
      else assert.equal(found, expected, input)
      compared += found === undefined ? 0 : 1
    }
    assert.ok(compared >= 20, `${compared} schemas compared`)
    // avsc takes a union without branches for a mistake; no record can be written with it.
    assert.deepEqual(refused, ['[  ]'])
  })
})

function fingerprintOf(schemaJson: string): string | undefined {
  try {
    return Buffer.from(fingerprintOfSchema(schemaJson)).toString('hex')
  } catch {
    return undefined
  }
}

/** Buffers as text, as interop.json has them. */
function latin1(_key: string, value: unknown): unknown {
  const isBuffer = value !== null && typeof value === 'object' && 'data' in value && 'type' in value
  return isBuffer ? Buffer.from(value.data as number[]).toString('latin1') : value
}

/** Input and canonical form of each case; an input stands on its line or between two lines `INPUT`. */
function canonicalPairs(text: string): [string, string][] {
  return text.split('<<INPUT').flatMap((part): [string, string][] => {
    const match = /^([\s\S]*?)<<canonical (.*)\n/.exec(part)
    return match === null ? [] : [[match[1].replaceAll(/^INPUT$/gm, '').trim(), match[2]]]
  })
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SCHEMA_FINGERPRINT, SCHEMA_JSON, STREAMS, type StreamName } from '../generated/schemas.js'
import type { Alert, Execution } from '../generated/types.js'
import { decodeRecord, encodeRecord, fingerprintOfSchema, isStream, resolverFor, typeOf } from './registry.js'

type Json = { fields: { name: string; type: unknown; default?: unknown }[]; [key: string]: unknown }

const alert = (cycle: number, raisedAt: number): Alert => ({
  groupId: 'alpha',
  cycle,
  ordinal: 0,
  raisedAt,
  severity: 'WARNING',
  code: 'floor-cannot-be-held',
  subject: 'account:a',
  message: 'text',
})

/** A writer schema made from a stream's own. */
function changed(stream: StreamName, change: (schema: Json) => void): string {
  const schema = JSON.parse(SCHEMA_JSON[stream]) as Json
  change(schema)
  return JSON.stringify(schema)
}

describe('types of the streams', () => {
  it('round-trip longs exactly, with and without a logical type, where avsc alone flips signs', () => {
    const exact = fc.oneof(
      fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
      fc.integer({ min: Number.MIN_SAFE_INTEGER, max: -(2 ** 52) }),
      fc.integer({ min: -300, max: 300 }),
    )
    fc.assert(
      fc.property(exact, exact, (cycle, raisedAt) => {
        const read = decodeRecord('alert', encodeRecord('alert', alert(cycle, raisedAt)))
        assert.equal(read.cycle, cycle)
        assert.equal(read.raisedAt, raisedAt)
      }),
      { seed: 31, numRuns: 5_000 },
    )
  })

  it('refuse a long that is no safe integer', () => {
    for (const cycle of [2 ** 53, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => encodeRecord('alert', alert(cycle, 0)), { code: 'WEIR_SCHEMA', place: 'alert' })
    }
  })

  it('exist for every stream, with the fingerprint that was computed at generation', () => {
    for (const stream of STREAMS) {
      assert.equal(typeOf(stream), typeOf(stream))
      const fingerprint = Buffer.from(fingerprintOfSchema(SCHEMA_JSON[stream])).toString('hex')
      assert.equal(fingerprint, SCHEMA_FINGERPRINT[stream])
      assert.equal(resolverFor(stream, SCHEMA_JSON[stream]).canonical, true)
    }
    assert.equal(isStream('quote'), true)
    assert.equal(isStream('~file'), false)
    assert.equal(isStream('constructor'), false)
  })

  it('wrap the branches of a journal entry by name', () => {
    const body = {
      'weir.JournalStart': {
        startedAt: 1,
        version: '0.1.0',
        wasmDigest: new Uint8Array(32),
        nodeVersion: 'v20',
        resumed: false,
        instance: '',
      },
    }
    const entry = { sequence: 3, previousChecksum: -5, checksum: 7, body }
    const read = decodeRecord('journal-entry', encodeRecord('journal-entry', entry))
    assert.deepEqual(Object.keys(read.body), ['weir.JournalStart'])
    assert.equal(read.previousChecksum, -5)
  })
})

describe('writer schemas', () => {
  it('are canonical whatever their docs, defaults and order of attributes', () => {
    const bare = changed('quote', (schema) => {
      schema.doc = 'another'
      schema.aliases = ['Price']
      for (const field of schema.fields) Object.assign(field, { doc: '', default: undefined })
    })
    assert.equal(resolverFor('quote', bare).canonical, true)
  })

  it('are refused when a field is missing, has another type or another unit of time', () => {
    const missing = changed('quote', (schema) => {
      schema.fields = schema.fields.filter(({ name }) => name !== 'mid')
    })
    assert.throws(() => resolverFor('quote', missing), { code: 'WEIR_SCHEMA', place: 'quote' })
    const retyped = changed('quote', (schema) => {
      schema.fields.find(({ name }) => name === 'mid')!.type = 'string'
    })
    assert.throws(() => resolverFor('quote', retyped), { code: 'WEIR_SCHEMA' })
    const millis = changed('quote', (schema) => {
      schema.fields.find(({ name }) => name === 'eventTime')!.type = {
        type: 'long',
        logicalType: 'timestamp-millis',
      }
    })
    assert.throws(() => resolverFor('quote', millis), {
      code: 'WEIR_SCHEMA',
      message: /eventTime is timestamp-millis/,
    })
    const nested = SCHEMA_JSON.calendar.replace(
      '"fromTime","type":{"type":"long","logicalType":"timestamp-micros"}',
      '"fromTime","type":{"type":"long","logicalType":"timestamp-millis"}',
    )
    assert.throws(() => resolverFor('calendar', nested), { message: /offsets.fromTime is timestamp-millis/ })
  })

  it('are refused when they are no schema', () => {
    for (const text of ['', '{', '{"type":"recrod"}', 'null', '[]', '"nothing"', '{"type":"record"}', '7']) {
      assert.throws(() => resolverFor('quote', text), { code: 'WEIR_SCHEMA' }, text)
    }
    const deep = `${'{"type":"array","items":'.repeat(20_000)}"int"${'}'.repeat(20_000)}`
    assert.throws(() => resolverFor('quote', deep), { code: 'WEIR_SCHEMA' })
  })

  it('may come from another namespace and know more symbols where the stream has a default', () => {
    const other = changed('cash-movement', (schema) => {
      schema.namespace = 'com.example'
      const kind = schema.fields.find(({ name }) => name === 'kind')!.type as { symbols: string[] }
      kind.symbols.unshift('INSTANT')
    })
      .replaceAll('"namespace":"weir"', '"namespace":"com.example"')
      .replaceAll('weir.Uuid', 'com.example.Uuid')
    assert.equal(resolverFor('cash-movement', other).canonical, false)
    const without = changed('execution', (schema) => {
      const status = schema.fields.find(({ name }) => name === 'status')!.type as { symbols: string[] }
      status.symbols.push('HALF_SETTLED')
    })
    assert.throws(() => resolverFor('execution', without), { code: 'WEIR_SCHEMA' })
  })
})

describe('decodeRecord', () => {
  it('throws WEIR_SCHEMA for bytes that are not a record', () => {
    const execution: Execution = {
      executionId: new Uint8Array(16),
      groupId: 'alpha',
      sourceId: 'venue',
      sourceSequence: 1,
      eventTime: 1,
      instructionId: new Uint8Array(16).fill(7),
      status: 'SETTLED',
      reasonCode: '',
      settledMinor: 5,
      counterSettledMinor: -5,
    }
    const bytes = encodeRecord('execution', execution)
    assert.equal(decodeRecord('execution', bytes).counterSettledMinor, -5)
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeRecord('execution', bytes.subarray(0, length)), { code: 'WEIR_SCHEMA' })
    }
  })
})

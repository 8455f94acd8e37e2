import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { CashMovementLane, QuoteLane } from '../generated/codecs.js'
import { INPUT_STREAMS, SCHEMA_JSON, type StreamName } from '../generated/schemas.js'
import type { CashMovement } from '../generated/types.js'
import { createDecoder, type RecordDecoder, type SlotDecoder } from './decoder.js'
import { encodeRecord, parseType } from './registry.js'
import { createScanner } from './scanner.js'
import { readUtf8 } from './text.js'

const movement: CashMovement = {
  movementId: new Uint8Array(16).fill(9),
  groupId: 'alpha',
  sourceId: 'feed',
  sourceSequence: 12,
  eventTime: 1_772_409_600_000_000,
  accountId: 'account-1',
  currency: 'EUR',
  amountMinor: -123_456_789_012,
  valueDate: 20_514,
  kind: 'FEE',
  expectedFlowId: new Uint8Array(16),
  counterpartyId: 'bank',
}

interface FieldSchema {
  name: string
  type: unknown
  default?: unknown
}

/** The stream's schema with its fields turned around and one added in the middle. */
function otherSchema(stream: StreamName, added: FieldSchema): string {
  const schema = JSON.parse(SCHEMA_JSON[stream]) as { fields: FieldSchema[]; [key: string]: unknown }
  // Named types must be defined at their first use, which now is another.
  const uuid = { type: 'fixed', name: 'Uuid', namespace: 'weir', size: 16 }
  let defined = false
  const fields = [...schema.fields].reverse().map((field) => {
    const type = field.type as { name?: string } | string
    const isUuid = type === 'weir.Uuid' || (typeof type === 'object' && type.name === 'Uuid')
    if (!isUuid) return field
    const written = { ...field, type: defined ? 'weir.Uuid' : uuid }
    defined = true
    return written
  })
  fields.splice(3, 0, added)
  return JSON.stringify({ ...schema, fields })
}

function decodeSlot(decoder: SlotDecoder, bytes: Uint8Array): { next: number; slot: Float64Array } {
  const slot = new Float64Array(decoder.lanes)
  return { next: decoder.decode(bytes, 0, bytes.length, slot, 0), slot }
}

describe('slots of records in another schema', () => {
  const json = otherSchema('cash-movement', { name: 'note', type: ['null', 'string'], default: null })
  const writer = parseType(JSON.parse(json))
  const decoder = createDecoder('cash-movement', json)

  it('equal those of the same records in the stream’s own schema', () => {
    const own = createDecoder('cash-movement', SCHEMA_JSON['cash-movement'])
    const text = fc.string({ maxLength: 3_000 })
    fc.assert(
      fc.property(text, fc.maxSafeInteger(), fc.integer(), (counterpartyId, amountMinor, valueDate) => {
        const record = { ...movement, counterpartyId, amountMinor, valueDate }
        const mine = decodeSlot(own, encodeRecord('cash-movement', record))
        const bytes = writer.toBuffer({
          ...record,
          note: 'x',
        })
        const { next, slot } = decodeSlot(decoder, bytes)
        assert.equal(next, bytes.length)
        const lane = CashMovementLane.counterpartyId
        assert.equal(readUtf8(decoder.bytes, slot[lane], slot[lane + 1]), counterpartyId)
        for (const name of ['movementId', 'amountMinor', 'valueDate', 'eventTime', 'kind'] as const) {
          assert.equal(slot[CashMovementLane[name]], mine.slot[CashMovementLane[name]], name)
        }
      }),
      { seed: 41, numRuns: 500 },
    )
  })

  it('keep longs beyond 2^53 as out of range, with their sign', () => {
    const long = avro.Type.forSchema('long')
    const bytes = writer.toBuffer({ ...movement, note: null, amountMinor: 5 })
    const small = Buffer.from(long.toBuffer(5))
    // Position of amountMinor: after counterpartyId, expectedFlowId, kind, the added note and valueDate.
    const at = 5 + 16 + 1 + 1 + long.toBuffer(movement.valueDate).length
    assert.deepEqual(bytes.subarray(at, at + 1), small)
    for (const [varint, expected] of [
      ['ffffffffffffffffff01', -(2 ** 63)],
      ['feffffffffffffffff01', 2 ** 63],
      ['ffffffffffffff3f', -(2 ** 54)],
    ] as const) {
      const large = Buffer.concat([bytes.subarray(0, at), Buffer.from(varint, 'hex'), bytes.subarray(at + 1)])
      const { next, slot } = decodeSlot(decoder, large)
      assert.equal(next, large.length)
      assert.equal(slot[CashMovementLane.amountMinor], expected)
    }
  })
})

describe('records', () => {
  const decoder = createDecoder('policy', SCHEMA_JSON.policy)
  const policy = {
    groupId: 'alpha',
    sourceId: 'reference',
    sourceSequence: 0,
    eventTime: 5,
    policyId: 'p',
    version: 2,
    document: 'mode: shadow\n',
  }
  const bytes = encodeRecord('policy', policy)

  it('come whole, and nothing comes from bytes that end early or go on', () => {
    assert.equal(decoder.kind, 'record')
    assert.deepEqual({ ...decoder.decode(bytes) }, policy)
    assert.equal(decoder.fault, '')
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(decoder.decode(bytes.subarray(0, length)), undefined)
      assert.match(decoder.fault, /ends too early/)
    }
    assert.equal(decoder.decode(Buffer.concat([bytes, Buffer.from([0])])), undefined)
    assert.match(decoder.fault, /1 bytes follow/)
  })
})

describe('hostile bytes', () => {
  it('cost no more than their length: a count of items that are not there', () => {
    const calendar = createDecoder('calendar', SCHEMA_JSON.calendar)
    const scanner = createScanner('calendar', SCHEMA_JSON.calendar)
    // Eight fields of one byte each, then `weekendDays` with 2^62 items.
    const start = Buffer.alloc(8, 0)
    const bytes = Buffer.concat([start, Buffer.from('feffffffffffffff7f', 'hex'), Buffer.alloc(100, 2)])
    assert.equal(calendar.decode(bytes), undefined)
    assert.equal(scanner.scan(bytes, 0, bytes.length), -1)
  })

  it('of items without width are bounded too', () => {
    const added = { name: 'nothing', type: { type: 'array', items: 'null' } }
    const json = otherSchema('quote', added)
    const scanner = createScanner('quote', json)
    const bytes = Buffer.concat([
      Buffer.alloc(10, 0),
      Buffer.from('feffffffffffffff7f', 'hex'),
      Buffer.alloc(200, 0),
    ])
    assert.equal(scanner.scan(bytes, 0, bytes.length), -2)
  })

  it('of a schema that contains itself are bounded in depth', () => {
    const added = {
      name: 'chain',
      type: { type: 'record', name: 'Chain', fields: [{ name: 'next', type: ['null', 'Chain'] }] },
    }
    const json = otherSchema('policy', added)
    const decoder = createDecoder('policy', json)
    const document = (depth: number) =>
      Buffer.concat([Buffer.from([0, 0, 0]), Buffer.alloc(depth, 2), Buffer.alloc(5, 0)])
    assert.notEqual(decoder.decode(document(10)), undefined)
    assert.equal(decoder.decode(document(100_000)), undefined)
  })

  it('never throw, never pass the limit, and scanner and decoder agree, for every input stream', () => {
    for (const stream of INPUT_STREAMS) {
      const other = otherSchema(stream, {
        name: 'added',
        type: { type: 'map', values: ['null', 'long', 'string'] },
      })
      for (const json of [SCHEMA_JSON[stream], other]) fuzz(stream, json)
    }
  })
})

function fuzz(stream: StreamName, json: string): void {
  const scanner = createScanner(stream, json)
  const decoder = createDecoder(stream, json) as SlotDecoder | RecordDecoder<StreamName>
  const valid = parseType(JSON.parse(json)).toBuffer(parseType(JSON.parse(json)).random())
  const flips = fc.array(fc.nat(), { maxLength: 5 })
  fc.assert(
    fc.property(flips, fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bits, noise, useNoise) => {
      const bytes = useNoise ? Buffer.from(noise) : Buffer.from(valid)
      for (const bit of bytes.length === 0 ? [] : bits) bytes[(bit >>> 3) % bytes.length] ^= 1 << (bit & 7)
      const next = scanner.scan(bytes, 0, bytes.length)
      assert.ok(next === -1 || next === -2 || (next > 0 && next <= bytes.length), `${stream}: ${next}`)
      if (decoder.kind === 'slot') {
        const decoded = decodeSlot(decoder, bytes).next
        // The decoder may refuse a value in a record whose end the scanner can tell; nothing else may differ.
        assert.ok(decoded === next || decoded === -2, `${stream}: ${decoded}, ${next}`)
      } else if (next !== bytes.length) {
        assert.equal(decoder.decode(bytes), undefined)
      } else {
        decoder.decode(bytes)
      }
    }),
    { seed: 42, numRuns: 400 },
  )
}

describe('scanner', () => {
  it('gives group and event time in any schema, the same string for the same group', () => {
    const quote = {
      groupId: '*',
      sourceId: 'feed',
      sourceSequence: 1,
      eventTime: 77,
      instrument: 'EUR/USD',
      kind: 'FX_SPOT' as const,
      mid: 1.08,
      halfSpread1Bp: 0.1,
      halfSpread2Bp: 0.2,
      halfSpread3Bp: 0.3,
      depth1Minor: 5,
      depth2Minor: 6,
    }
    const json = otherSchema('quote', { name: 'eventTimeText', type: 'string' })
    const own = encodeRecord('quote', quote)
    const foreign = parseType(JSON.parse(json)).toBuffer({ ...quote, eventTimeText: 'noon' })
    for (const [schemaJson, bytes] of [
      [SCHEMA_JSON.quote, own],
      [json, foreign],
    ] as const) {
      const scanner = createScanner('quote', schemaJson)
      const twice = Buffer.concat([bytes, bytes])
      const middle = scanner.scan(twice, 0, twice.length)
      assert.equal(middle, bytes.length)
      assert.deepEqual([scanner.groupId, scanner.eventTimeMicros], ['*', 77])
      assert.equal(scanner.scan(twice, middle, twice.length), twice.length)
    }
    const { slot } = decodeSlot(createDecoder('quote', json), foreign)
    assert.equal(slot[QuoteLane.mid], 1.08)
  })

  it('passes a record with an unknown symbol or an odd boolean, which the decoder refuses alone', () => {
    const bytes = encodeRecord('cash-movement', movement)
    const other = encodeRecord('cash-movement', { ...movement, kind: 'OTHER' })
    const odd = Buffer.from(bytes)
    odd[bytes.findIndex((byte, i) => byte !== other[i])] = 84
    const three = Buffer.concat([bytes, odd, bytes])
    const scanner = createScanner('cash-movement', SCHEMA_JSON['cash-movement'])
    const ends: number[] = []
    for (let at = 0; at < three.length; at = ends.at(-1)!) {
      ends.push(scanner.scan(three, at, three.length))
      assert.deepEqual([scanner.groupId, scanner.eventTimeMicros], ['alpha', movement.eventTime])
    }
    assert.deepEqual(ends, [bytes.length, 2 * bytes.length, 3 * bytes.length])
    assert.equal(decodeSlot(createDecoder('cash-movement', SCHEMA_JSON['cash-movement']), odd).next, -2)

    const header = { groupId: 'g', sourceId: '', sourceSequence: 0, eventTime: 1 }
    const names = { assetId: '', isin: '', issuerId: '', pledgedFacilityId: '', pledgedParts: 0 }
    const asset = { ...header, ...names, level: 'OTHER' as const, eligible: true }
    const strange = encodeRecord('collateral-asset', asset)
    // The flag is followed by an empty string and a zero, one byte each.
    strange[strange.length - 3] = 2
    const json = SCHEMA_JSON['collateral-asset']
    assert.equal(createScanner('collateral-asset', json).scan(strange, 0, strange.length), strange.length)
    assert.equal(createDecoder('collateral-asset', json).decode(strange), undefined)
  })

  it('gives -1 and an empty group for a stream whose records have neither', () => {
    const scanner = createScanner('source-declaration', SCHEMA_JSON['source-declaration'])
    const declaration = {
      source: 0,
      stream: 's',
      name: 'n',
      writerSchema: '{}',
      fingerprint: new Uint8Array(32),
    }
    const bytes = encodeRecord('source-declaration', declaration)
    assert.equal(scanner.scan(bytes, 0, bytes.length), bytes.length)
    assert.deepEqual([scanner.groupId, scanner.eventTimeMicros], ['', -1])
  })
})

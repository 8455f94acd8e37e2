import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { HOT_CODECS, HOT_STREAMS, type HotCodec, type HotStream } from '../generated/codecs.js'
import { SCHEMA_JSON } from '../generated/schemas.js'
import { readUtf8 } from './text.js'
import { createBoundaryWalker } from './walker.js'

/** avsc with 64-bit longs: slow, and right at every magnitude. */
const bigLong = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigInt64LE(value)
    return buffer
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

const withBigLong = (schema: avro.Schema) =>
  schema === 'long' || (schema as { type?: unknown }).type === 'long' ? bigLong : undefined

type Codec = HotCodec<unknown>
type Fields = Record<string, unknown>

const oracles = new Map(
  HOT_STREAMS.map((stream) => [
    stream,
    avro.Type.forSchema(JSON.parse(SCHEMA_JSON[stream]), { typeHook: withBigLong }),
  ]),
)

function oracleOf(stream: HotStream): avro.types.RecordType {
  return oracles.get(stream) as avro.types.RecordType
}

function codecOf(stream: HotStream): Codec {
  return HOT_CODECS[stream] as Codec
}

/** Records of the oracle, extremes included. */
function recordsOf(stream: HotStream): fc.Arbitrary<Fields> {
  const shape: Record<string, fc.Arbitrary<unknown>> = {}
  for (const field of oracleOf(stream).fields) shape[field.name] = valuesOf(field.type)
  return fc.record(shape) as fc.Arbitrary<Fields>
}

function valuesOf(type: avro.Type): fc.Arbitrary<unknown> {
  if (type instanceof avro.types.EnumType) return fc.constantFrom(...type.symbols)
  if (type instanceof avro.types.FixedType) {
    return fc.uint8Array({ minLength: type.size, maxLength: type.size }).map((bytes) => Buffer.from(bytes))
  }
  switch (type.typeName) {
    case 'string':
      return fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 90 }))
    case 'int':
      return fc.integer()
    case 'double':
      return fc.double()
    case 'abstract:long':
      return fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: -(2n ** 53n) - 2n, max: -(2n ** 52n) + 2n }),
        fc.bigInt({ min: -1_000_000n, max: 1_000_000n }),
      )
    default:
      throw new Error(`no values for ${type.typeName}`)
  }
}

/** What the slot must hold for a record. */
function expectSlot(stream: HotStream, record: Fields, bytes: Uint8Array, slot: Float64Array, base: number) {
  let lane = base
  for (const { name, type } of oracleOf(stream).fields) {
    const value = record[name]
    if (typeof value === 'string' && type.typeName === 'string') {
      assert.equal(readUtf8(bytes, slot[lane], slot[lane + 1]), value, name)
      lane += 2
    } else if (Buffer.isBuffer(value)) {
      for (let at = 0; at < value.length; at += 4) assert.equal(slot[lane++], value.readUInt32BE(at), name)
    } else if (type instanceof avro.types.EnumType) {
      assert.equal(slot[lane++], type.symbols.indexOf(value as string), name)
    } else {
      assert.ok(Object.is(slot[lane++], Number(value)), `${name}: ${String(value)}`)
    }
  }
  assert.equal(lane, base + codecOf(stream).lanes)
}

for (const stream of HOT_STREAMS) {
  const codec = codecOf(stream)
  const oracle = oracleOf(stream)

  describe(`codec of ${stream}`, () => {
    it('decodes what avsc encodes', () => {
      fc.assert(
        fc.property(recordsOf(stream), fc.nat(9), fc.nat(9), (record, before, base) => {
          const encoded = oracle.toBuffer(record)
          const bytes = Buffer.concat([Buffer.alloc(before, 0xff), encoded, Buffer.alloc(7, 0xff)])
          const slot = new Float64Array(base + codec.lanes)
          assert.equal(codec.decode(bytes, before, bytes.length, slot, base), before + encoded.length)
          expectSlot(stream, record, bytes, slot, base)
        }),
        { seed: 11, numRuns: 3_000 },
      )
    })

    it('encodes what avsc decodes', () => {
      fc.assert(
        fc.property(recordsOf(stream), fc.nat(9), (record, before) => {
          const plain = { ...record }
          for (const [name, value] of Object.entries(record)) {
            if (typeof value === 'bigint') plain[name] = Number(value)
          }
          const bytes = new Uint8Array(4_096)
          const end = codec.encode(plain, bytes, before)
          const read = oracle.fromBuffer(Buffer.from(bytes.subarray(before, end))) as Fields
          for (const [name, value] of Object.entries(plain)) {
            const found = typeof read[name] === 'bigint' ? Number(read[name]) : read[name]
            assert.deepEqual(found, value, name)
          }
        }),
        { seed: 12, numRuns: 3_000 },
      )
    })

    it('says at every size of buffer that is too small that there is no room', () => {
      fc.assert(
        fc.property(recordsOf(stream), (record) => {
          const encoded = oracle.toBuffer(record)
          const plain = oracleValues(record)
          for (let size = 0; size < encoded.length; size++) {
            assert.equal(codec.encode(plain, new Uint8Array(size), 0), -1)
          }
        }),
        { seed: 13, numRuns: 40 },
      )
    })

    it('reports truncation at every length, with the limit or the buffer ending there', () => {
      fc.assert(
        fc.property(recordsOf(stream), (record) => {
          const encoded = oracle.toBuffer(record)
          const slot = new Float64Array(codec.lanes)
          for (let length = 0; length < encoded.length; length++) {
            assert.equal(codec.decode(encoded, 0, length, slot, 0), -1)
            assert.equal(codec.decode(encoded.subarray(0, length), 0, encoded.length, slot, 0), -1)
          }
        }),
        { seed: 14, numRuns: 40 },
      )
    })

    it('survives flipped bits and garbage: a position within the limit, or a fault', () => {
      const slot = new Float64Array(codec.lanes)
      const check = (bytes: Uint8Array, limit: number) => {
        const next = codec.decode(bytes, 0, limit, slot, 0)
        assert.ok(
          next === -1 || next === -2 || (next > 0 && next <= Math.min(limit, bytes.length)),
          `${next}`,
        )
      }
      fc.assert(
        fc.property(
          recordsOf(stream),
          fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
          (record, flips) => {
            const bytes = Buffer.from(oracle.toBuffer(record))
            for (const flip of flips) bytes[(flip >>> 3) % bytes.length] ^= 1 << (flip & 7)
            check(bytes, bytes.length)
          },
        ),
        { seed: 15, numRuns: 20_000 },
      )
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (bytes, limit) => check(bytes, limit)),
        { seed: 16, numRuns: 20_000 },
      )
    })

    it('refuses values that a field cannot hold, with the field in the message', () => {
      const [record] = fc.sample(recordsOf(stream), { seed: 17, numRuns: 1 })
      const wrong = { ...oracleValues(record), sourceSequence: 0.5 }
      assert.throws(() => codec.encode(wrong, new Uint8Array(4_096), 0), {
        code: 'WEIR_SCHEMA',
        place: `${oracle.name?.slice('weir.'.length)}.sourceSequence`,
      })
      const odd = { ...oracleValues(record), kind: 'NOT_A_KIND' }
      assert.throws(() => codec.encode(odd, new Uint8Array(4_096), 0), { code: 'WEIR_SCHEMA' })
    })
  })
}

function oracleValues(record: Fields): Fields {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )
}

describe('passing over a hot record', () => {
  for (const stream of HOT_STREAMS) {
    it(`finds the end, group and time that the walker finds, in damaged bytes too: ${stream}`, () => {
      const walker = createBoundaryWalker(avro.Type.forSchema(JSON.parse(SCHEMA_JSON[stream])))
      const { scan } = codecOf(stream)
      const found = new Float64Array(3)
      const damages = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
      fc.assert(
        fc.property(recordsOf(stream), damages, fc.nat(), (record, changes, cut) => {
          const bytes = Uint8Array.from(oracleOf(stream).toBuffer(record))
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte
          const limit = changes.length === 0 ? bytes.length : cut % (bytes.length + 1)
          const end = walker.walk(bytes, 0, limit)
          const scanned = scan(bytes, 0, limit, found)
          assert.equal(scanned < 0 ? -1 : scanned, end < 0 ? -1 : end)
          if (end < 0) return
          const { groupStart, groupEnd, eventTime } = walker.found
          assert.deepEqual([...found], [eventTime, groupStart, groupEnd])
        }),
        { numRuns: 2_000 },
      )
    })
  }
})

/** The frame of a message: bytes as Confluent documents them, and what is refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  describeWireFault,
  frameRecord,
  readSchemaId,
  SCHEMA_ID_MOST,
  WIRE_BAD_ID,
  WIRE_HEADER_BYTES,
  WIRE_NO_MAGIC,
  WIRE_SHORT,
} from './wire-format.js'

describe('the wire format', () => {
  it('is a zero byte, the id big-endian and the record', () => {
    assert.deepEqual([...frameRecord(0x01020304, Uint8Array.of(9, 8))], [0, 1, 2, 3, 4, 9, 8])
  })

  it('gives back any id and record', () => {
    fc.assert(
      fc.property(fc.nat({ max: SCHEMA_ID_MOST }), fc.uint8Array({ maxLength: 64 }), (id, record) => {
        const value = frameRecord(id, record)
        assert.equal(readSchemaId(value), id)
        assert.deepEqual([...value.subarray(WIRE_HEADER_BYTES)], [...record])
      }),
    )
  })

  it('tells a message that is short, not framed, or has an id that no registry gives', () => {
    assert.equal(readSchemaId(null), WIRE_SHORT)
    for (const length of [0, 1, 4]) assert.equal(readSchemaId(new Uint8Array(length)), WIRE_SHORT)
    assert.equal(readSchemaId(Buffer.from('{"groupId":"a"}')), WIRE_NO_MAGIC)
    assert.equal(readSchemaId(Uint8Array.of(0, 0x80, 0, 0, 1)), WIRE_BAD_ID)
    assert.match(describeWireFault(WIRE_SHORT, null), /no value/)
    assert.match(describeWireFault(WIRE_SHORT, new Uint8Array(3)), /3 bytes is shorter/)
    assert.match(describeWireFault(WIRE_NO_MAGIC, Buffer.from('{')), /byte 123 and not with 0/)
  })

  it('refuses to write an id that is none', () => {
    for (const id of [-1, 1.5, 2 ** 31, Number.NaN])
      assert.throws(() => frameRecord(id, new Uint8Array()), /no schema id/)
  })
})

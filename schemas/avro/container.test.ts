import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import avro from 'avsc'
import fc from 'fast-check'
import { bufferSource, type ContainerFault, ContainerReader, openContainer } from './container.js'
import type { ContainerCodec } from './container-header.js'
import { ContainerWriter, syncMarkerOf } from './container-writer.js'
import { BLOCK_LIMIT_BYTES, HEADER_LIMIT_BYTES } from './limits.js'

const schemaJson = '{"type":"record","name":"Note","fields":[{"name":"text","type":"string"}]}'
const noteType = avro.Type.forSchema(JSON.parse(schemaJson))
const sync = syncMarkerOf('container test')

/** A file of these records, a block for each inner array. */
function writeFile(blocks: readonly (readonly Uint8Array[])[], codec: ContainerCodec): Buffer {
  const chunks: Uint8Array[] = []
  const writer = new ContainerWriter({ schemaJson, codec, sync, write: (chunk) => chunks.push(chunk) })
  for (const block of blocks) {
    for (const record of block) writer.append(record)
    writer.flush()
  }
  return Buffer.concat(chunks)
}

interface Reading {
  readonly blocks: { offset: number; firstRecord: number; recordCount: number; bytes: Buffer }[]
  readonly fault: ContainerFault | undefined
  readonly endOffset: number
}

function readFile(bytes: Uint8Array, fromRecord = 0): Reading {
  const opened = openContainer(bufferSource(bytes))
  if (!(opened instanceof ContainerReader)) return { blocks: [], fault: opened, endOffset: 0 }
  const blocks: Reading['blocks'] = []
  for (let block = opened.next(fromRecord); block !== undefined; block = opened.next(fromRecord)) {
    const { offset, firstRecord, recordCount } = block
    blocks.push({ offset, firstRecord, recordCount, bytes: Buffer.from(block.bytes) })
  }
  return { blocks, fault: opened.fault, endOffset: opened.offset }
}

const anyBlocks = fc.array(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 }), {
  maxLength: 5,
})
const anyCodec = fc.constantFrom<ContainerCodec>('null', 'deflate')

/** Offsets at which a block ends, and the end of the header. */
function borders(file: Uint8Array): number[] {
  const { blocks, endOffset } = readFile(file)
  return [...blocks.map(({ offset }) => offset), endOffset]
}

describe('container files', () => {
  it('read what they write', () => {
    fc.assert(
      fc.property(anyBlocks, anyCodec, (blocks, codec) => {
        const { blocks: read, fault } = readFile(writeFile(blocks, codec))
        assert.equal(fault, undefined)
        assert.deepEqual(
          read.map(({ bytes, recordCount }) => ({ bytes, recordCount })),
          blocks.map((records) => ({ bytes: Buffer.concat(records), recordCount: records.length })),
        )
      }),
      { seed: 21, numRuns: 500 },
    )
  })

  for (const codec of ['null', 'deflate'] as const) {
    it(`can be read by avsc, codec ${codec}, and read what avsc wrote`, async () => {
      const notes = Array.from({ length: 500 }, (_, i) => ({ text: `note ${i} `.repeat(i % 9) }))
      const file = writeFile([notes.map((note) => noteType.toBuffer(note))], codec)
      const decoder = new avro.streams.BlockDecoder()
      const read: unknown[] = []
      decoder.on('data', (note) => read.push(note))
      decoder.end(file)
      await new Promise((resolve) => decoder.on('end', resolve))
      assert.deepEqual(JSON.parse(JSON.stringify(read)), notes)

      const encoder = new avro.streams.BlockEncoder(noteType, { codec, blockSize: 1_000 })
      const chunks: Buffer[] = []
      encoder.on('data', (chunk: Buffer) => chunks.push(chunk))
      for (const note of notes) encoder.write(note)
      encoder.end()
      await new Promise((resolve) => encoder.on('end', resolve))
      const { blocks, fault } = readFile(Buffer.concat(chunks))
      assert.equal(fault, undefined)
      assert.ok(blocks.length > 3)
      assert.deepEqual(
        Buffer.concat(blocks.map(({ bytes }) => bytes)),
        Buffer.concat(notes.map((note) => noteType.toBuffer(note))),
      )
    })
  }

  it('close a block by bytes', () => {
    const chunks: Uint8Array[] = []
    const write = (chunk: Uint8Array) => chunks.push(chunk)
    const writer = new ContainerWriter({ schemaJson, codec: 'null', sync, blockBytes: 100, write })
    for (let i = 0; i < 25; i++) writer.append(new Uint8Array(10))
    writer.append(new Uint8Array(1_000))
    writer.flush()
    writer.flush()
    assert.equal(writer.recordCount, 26)
    const { blocks } = readFile(Buffer.concat(chunks))
    assert.deepEqual(
      blocks.map(({ recordCount }) => recordCount),
      [10, 10, 6],
    )
  })

  it('pass over blocks before a record without reading them', () => {
    const blocks = [3, 2, 4].map((count, i) => new Array(count).fill(Uint8Array.of(i)))
    const file = writeFile(blocks, 'deflate')
    const damaged = Buffer.from(file)
    damaged[borders(file)[0] + 2] = 0x07 // The first compressed byte now names a reserved kind of block.
    for (const [fromRecord, first] of [
      [3, 3],
      [4, 3],
      [5, 5],
      [8, 5],
    ]) {
      const { blocks: read, fault } = readFile(damaged, fromRecord)
      assert.equal(fault, undefined)
      assert.equal(read[0].firstRecord, first)
    }
    assert.deepEqual(readFile(damaged, 9).blocks, [])
    assert.equal(readFile(damaged).fault?.reason, 'block-corrupt')
  })
})

describe('damaged container files', () => {
  const blocks = [1, 2, 3].map((count) => new Array(count).fill(noteType.toBuffer({ text: 'note' })))

  it('cut anywhere, give all whole blocks and say where the rest starts', () => {
    for (const codec of ['null', 'deflate'] as const) {
      const file = writeFile(blocks, codec)
      const [headerEnd, ...ends] = borders(file)
      for (let length = 0; length < file.length; length++) {
        const { blocks: read, fault, endOffset } = readFile(file.subarray(0, length))
        const whole = ends.filter((end) => end <= length).length
        assert.equal(read.length, whole)
        if (length < headerEnd) assert.equal(fault?.reason, 'header-truncated')
        else if (length === headerEnd || ends.includes(length)) assert.equal(fault, undefined)
        else {
          assert.equal(fault?.reason, 'truncated')
          assert.equal(fault?.offset, endOffset)
          assert.equal(endOffset, [headerEnd, ...ends][whole])
        }
      }
    }
  })

  it('with a wrong sync marker, give the blocks before it', () => {
    const file = writeFile(blocks, 'null')
    const ends = borders(file)
    file[ends[2] - 1] ^= 1
    const { blocks: read, fault } = readFile(file)
    assert.equal(read.length, 1)
    assert.deepEqual([fault?.reason, fault?.offset], ['bad-sync', ends[1]])
  })

  it('continue when a file that was cut has grown', () => {
    const file = writeFile(blocks, 'null')
    let size = borders(file)[1] + 5
    const opened = openContainer({
      get size() {
        return size
      },
      read: (offset, length) => file.subarray(offset, Math.min(offset + length, size)),
    })
    assert.ok(opened instanceof ContainerReader)
    assert.equal(opened.next()?.recordCount, 1)
    assert.equal(opened.next(), undefined)
    assert.equal(opened.fault?.reason, 'truncated')
    size = file.length
    assert.equal(opened.next()?.recordCount, 2)
    assert.equal(opened.fault, undefined)
  })

  it('survive flipped bits and garbage: blocks and a fault, never an exception', () => {
    const file = writeFile(blocks, 'deflate')
    fc.assert(
      fc.property(fc.array(fc.nat(file.length * 8 - 1), { minLength: 1, maxLength: 6 }), (flips) => {
        const bytes = Buffer.from(file)
        for (const flip of flips) bytes[flip >>> 3] ^= 1 << (flip & 7)
        assert.ok(readFile(bytes).blocks.length <= 3)
      }),
      { seed: 22, numRuns: 5_000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        const bytes = Buffer.concat([file.subarray(0, borders(file)[0]), noise])
        assert.ok(readFile(bytes).blocks.length <= noise.length)
        assert.ok(readFile(noise).fault !== undefined)
      }),
      { seed: 23, numRuns: 2_000 },
    )
  })
})

describe('refusals', () => {
  const header = (metadata: [string, string][]) => {
    const meta = avro.Type.forSchema({ type: 'map', values: 'bytes' })
    const entries = Object.fromEntries(metadata.map(([key, value]) => [key, Buffer.from(value)]))
    return Buffer.concat([Buffer.from('Obj\x01'), meta.toBuffer(entries), sync])
  }
  const faultOf = (bytes: Uint8Array) => readFile(bytes).fault

  it('of another kind of file', () => {
    assert.equal(faultOf(Buffer.from('PAR1 and more'))?.reason, 'not-avro')
    assert.equal(faultOf(Buffer.from('Obj\x00 and more'))?.reason, 'not-avro')
  })

  it('of a codec that cannot be read, by its name', () => {
    for (const codec of ['snappy', 'zstandard', 'bzip2', 'mystery']) {
      const file = header([
        ['avro.schema', schemaJson],
        ['avro.codec', codec],
      ])
      const fault = faultOf(file)
      assert.equal(fault?.reason, 'unknown-codec')
      assert.ok(fault?.detail.includes(codec))
    }
  })

  it('of a header without a schema; one without a codec means null', () => {
    assert.equal(faultOf(header([['avro.codec', 'null']]))?.reason, 'header-malformed')
    assert.equal(faultOf(header([['avro.schema', schemaJson]])), undefined)
  })

  it('of a header beyond its limit, and of one just below', () => {
    const padded = (length: number) =>
      header([
        ['avro.schema', schemaJson],
        ['padding', 'x'.repeat(length)],
      ])
    assert.equal(faultOf(padded(HEADER_LIMIT_BYTES))?.reason, 'header-malformed')
    assert.equal(faultOf(padded(HEADER_LIMIT_BYTES - 1_000)), undefined)
    assert.throws(
      () =>
        new ContainerWriter({
          schemaJson: ' '.repeat(HEADER_LIMIT_BYTES),
          codec: 'null',
          sync,
          write: () => {},
        }),
      { code: 'WEIR_SCHEMA' },
    )
  })

  it('of blocks beyond their limit: by the length they state, or by what they inflate to', () => {
    const long = avro.Type.forSchema('long')
    const start = header([
      ['avro.schema', schemaJson],
      ['avro.codec', 'deflate'],
    ])
    const stated = Buffer.concat([
      start,
      long.toBuffer(1),
      long.toBuffer(BLOCK_LIMIT_BYTES + 1),
      Buffer.alloc(99),
    ])
    assert.equal(faultOf(stated)?.reason, 'block-malformed')
    const bomb = deflateRawSync(Buffer.alloc(BLOCK_LIMIT_BYTES + 1))
    const inflated = Buffer.concat([start, long.toBuffer(1), long.toBuffer(bomb.length), bomb, sync])
    assert.equal(faultOf(inflated)?.reason, 'block-corrupt')
  })
})

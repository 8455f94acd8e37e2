/** `docs/streams.md` against the contracts: it names every input stream, and its example writes a day that reads. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { INPUT_STREAMS, type InputStream } from '../generated/schemas.js'
import { bufferSource, ContainerReader, openContainer } from './container.js'
import { createDecoder, type RecordDecoder, type SlotDecoder } from './decoder.js'
import { createScanner } from './scanner.js'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const text = readFileSync(join(repository, 'docs/streams.md'), 'utf8')

const python = process.env.WEIR_PYTHON ?? 'python3'
const hasFastavro = spawnSync(python, ['-c', 'import fastavro']).status === 0
const skip = hasFastavro ? false : `NOT TESTED: ${python} has no fastavro (set WEIR_PYTHON)`

describe('docs/streams.md', () => {
  it('names every input stream', () => {
    for (const stream of INPUT_STREAMS) assert.ok(text.includes(`\`${stream}\``), stream)
  })

  it('has an example in Python that writes a day of which every record can be read', { skip }, () => {
    const [, example] = /```python\n([\s\S]*?)```/.exec(text)!
    const folder = mkdtempSync(join(tmpdir(), 'weir-streams-'))
    try {
      const run = spawnSync(python, ['-', folder], { cwd: repository, input: example, encoding: 'utf8' })
      assert.equal(run.status, 0, run.stderr)
      const counts = Object.fromEntries(
        readdirSync(folder).map((stream) => [stream, readStream(folder, stream)]),
      )
      assert.deepEqual(counts, {
        account: 2,
        'balance-report': 2,
        calendar: 1,
        'cash-movement': 100,
        policy: 1,
        rail: 1,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** Reads the one file of a stream, fully; returns its number of records. */
function readStream(folder: string, stream: string): number {
  const opened = openContainer(bufferSource(readFileSync(join(folder, stream, 'demo.avro'))))
  assert.ok(opened instanceof ContainerReader)
  const { schemaJson } = opened.header
  const scanner = createScanner(stream as InputStream, schemaJson)
  const decoder = createDecoder(stream as InputStream, schemaJson) as SlotDecoder | RecordDecoder<InputStream>
  let records = 0
  for (let block = opened.next(); block !== undefined; block = opened.next()) {
    for (let at = 0; at < block.bytes.length; records++) {
      const end = scanner.scan(block.bytes, at, block.bytes.length)
      assert.ok(end > at && scanner.eventTimeMicros > 1.7e15)
      const record: Uint8Array = block.bytes.subarray(at, end)
      if (decoder.kind === 'record') assert.ok(decoder.decode(record), decoder.fault)
      else
        assert.equal(
          decoder.decode(record, 0, record.length, new Float64Array(decoder.lanes), 0),
          record.length,
        )
      at = end
    }
  }
  assert.equal(opened.fault, undefined)
  return records
}

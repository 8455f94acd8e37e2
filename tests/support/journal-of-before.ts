/**
 * A journal as versions of Weir wrote it before cycles told their configuration: the same entries in the schema of then, as a segment.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Schema } from 'avsc'
import type { JournalBody } from '../../pipeline/ports.js'
import {
  checksumOf,
  decodeSegmentHeader,
  ENTRY_PREFIX_BYTES,
  encodeSegmentHeader,
  entryKinds,
  segmentName,
  writeEntry,
} from '../../pipeline/runtime/journal/layout.js'
import { encodeBody } from '../../pipeline/runtime/journal/record-types.js'
import { parseType } from '../../schemas/avro/registry.js'
import { LONG_BYTES, writeLong } from '../../schemas/avro/varint.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type { Cycle } from '../../schemas/generated/types.js'

interface RecordSchema {
  readonly name?: string
  readonly fields?: readonly { readonly name: string }[]
}

/** The text of a schema as it was then: without the last field of a cycle, wherever that stands. */
export function schemaOfBefore(stream: 'cycle' | 'journal-entry'): string {
  const schema: unknown = JSON.parse(SCHEMA_JSON[stream], (_key, value: RecordSchema | null) =>
    value?.name === 'Cycle'
      ? { ...value, fields: value.fields?.filter(({ name }) => name !== 'configuration') }
      : value,
  )
  return JSON.stringify(schema)
}

const cycleType = parseType(JSON.parse(schemaOfBefore('cycle')) as Schema)

/** Avro bytes of a cycle as it was written then. */
export function cycleBytesOfBefore(cycle: Cycle): Buffer {
  const inputs = cycle.inputs.map((input) => ({ ...input, payload: Buffer.from(input.payload) }))
  return cycleType.toBuffer({ ...cycle, inputs })
}

/** Writes the only segment of a journal: all entries in one commit. */
export function writeJournalOfBefore(directory: string, bodies: readonly JournalBody[]): void {
  const header = encodeSegmentHeader(schemaOfBefore('journal-entry'), 0)
  const { sync } = decodeSegmentHeader(header)!
  const entries: Uint8Array[] = []
  let previousChecksum = 0
  for (const [sequence, body] of bodies.entries()) {
    const { kind, record } =
      'weir.Cycle' in body
        ? { kind: entryKinds.indexOf('weir.Cycle'), record: cycleBytesOfBefore(body['weir.Cycle']) }
        : encodeBody(body)
    const checksum = checksumOf(sequence, previousChecksum, kind, record)
    const bytes = Buffer.alloc(ENTRY_PREFIX_BYTES + record.length)
    const end = writeEntry(bytes, 0, { sequence, previousChecksum, checksum, kind, record })
    entries.push(bytes.subarray(0, end))
    previousChecksum = checksum
  }
  const block = Buffer.concat(entries)
  const prefix = Buffer.alloc(2 * LONG_BYTES)
  const end = writeLong(block.length, prefix, writeLong(entries.length, prefix, 0))
  writeFileSync(
    join(directory, segmentName(0)),
    Buffer.concat([header, prefix.subarray(0, end), block, sync]),
  )
}

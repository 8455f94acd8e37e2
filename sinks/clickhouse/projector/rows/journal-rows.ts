/**
 * Rows of `sources` and `process_starts`: what the journal says of itself. Pure.
 */
import type { JournalStart, SourceDeclaration } from '../../../../schemas/generated/types.js'
import { bool, defineTable, int64, micros, type RowSink, text, uint32 } from '../table.js'
import { hexOf } from './digests.js'

interface SourceRow {
  source: number
  stream: string
  name: string
  schemaFingerprint: string
  writerSchema: string
  sequence: number
}

export const sourcesTable = defineTable<SourceRow>('sources', {
  source: uint32,
  stream: text,
  name: text,
  schemaFingerprint: text,
  writerSchema: text,
  sequence: int64,
})

interface ProcessStartRow {
  startedAt: number
  version: string
  wasmDigest: string
  nodeVersion: string
  resumed: boolean
  sequence: number
}

export const processStartsTable = defineTable<ProcessStartRow>('process_starts', {
  startedAt: micros,
  version: text,
  wasmDigest: text,
  nodeVersion: text,
  resumed: bool,
  sequence: int64,
})

export function addSource(sink: RowSink, sequence: number, declaration: SourceDeclaration): void {
  const { source, stream, name, writerSchema } = declaration
  const schemaFingerprint = hexOf(declaration.fingerprint)
  sink.add(sourcesTable, { source, stream, name, schemaFingerprint, writerSchema, sequence })
}

export function addProcessStart(sink: RowSink, sequence: number, start: JournalStart): void {
  const { startedAt, version, nodeVersion, resumed } = start
  sink.add(processStartsTable, {
    startedAt,
    version,
    wasmDigest: hexOf(start.wasmDigest),
    nodeVersion,
    resumed,
    sequence,
  })
}

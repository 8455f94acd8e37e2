/**
 * Small Avro files of a stream, written and read as any library would. Depends on the Avro layer.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { bufferSource, ContainerReader, openContainer } from '../../schemas/avro/container.js'
import { ContainerWriter, syncMarkerOf } from '../../schemas/avro/container-writer.js'
import { parseType } from '../../schemas/avro/registry.js'
import { createWalker } from '../../schemas/avro/walker.js'

export function writeAvro(path: string, schemaJson: string, records: readonly object[]): void {
  const type = parseType(JSON.parse(schemaJson))
  const chunks: Uint8Array[] = []
  const writer = new ContainerWriter({
    schemaJson,
    codec: 'null',
    sync: syncMarkerOf('test'),
    write: (chunk) => chunks.push(chunk),
  })
  for (const record of records) writer.append(type.toBuffer(record))
  writer.flush()
  writeFileSync(path, Buffer.concat(chunks))
}

/** The file's schema and the bytes of its records. */
export function readAvro(path: string): { readonly schemaJson: string; readonly records: readonly Buffer[] } {
  const opened = openContainer(bufferSource(readFileSync(path)))
  if (!(opened instanceof ContainerReader)) throw new Error(opened.detail)
  const walker = createWalker(parseType(JSON.parse(opened.header.schemaJson)))
  const records: Buffer[] = []
  for (let block = opened.next(); block !== undefined; block = opened.next()) {
    for (let at = 0; at < block.bytes.length; ) {
      const end = walker.walk(block.bytes, at, block.bytes.length)
      if (end < 0) throw new Error('a record cannot be read')
      records.push(Buffer.from(block.bytes.subarray(at, end)))
      at = end
    }
  }
  if (opened.fault !== undefined) throw new Error(opened.fault.detail)
  return { schemaJson: opened.header.schemaJson, records }
}

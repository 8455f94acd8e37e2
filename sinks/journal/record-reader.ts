/**
 * Reads the payloads of one source of a journal, each in the source's writer schema. Depends on the schemas' registry.
 */
import { asBuffer, resolverFor, typeOf } from '../../schemas/avro/registry.js'
import { createWalker } from '../../schemas/avro/walker.js'
import type { StreamName } from '../../schemas/generated/schemas.js'
import type { RecordOf } from '../../schemas/generated/types.js'

/**
 * Gives undefined for bytes that are no record of the schema.
 * @throws WeirError when the writer schema cannot be read as the stream's
 */
export function recordReader<S extends StreamName>(
  stream: S,
  writerSchema: string,
): (payload: Uint8Array) => RecordOf[S] | undefined {
  const { resolver, writerType } = resolverFor(stream, writerSchema)
  const type = typeOf(stream)
  const walker = createWalker(writerType)
  return (payload) => {
    // Walked first: lengths in a broken record must not make avsc allocate.
    if (walker.walk(payload, 0, payload.length) !== payload.length) return undefined
    return type.fromBuffer(asBuffer(payload), resolver) as RecordOf[S]
  }
}

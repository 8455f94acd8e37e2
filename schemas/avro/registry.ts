/**
 * avsc's types of the streams, and how records written with another schema are read as them.
 *
 * Everything that is not a hot record in today's schema goes through here. Depends on avsc, the generated
 * schemas and `avsc-types.ts`.
 */
import avro from 'avsc'
import { WeirError } from '../../pipeline/errors.js'
import { SCHEMA_FINGERPRINT, SCHEMA_JSON, STREAMS, type StreamName } from '../generated/schemas.js'
import type { RecordOf } from '../generated/types.js'
import { ownType } from './avsc-types.js'
import { HEADER_LIMIT_BYTES } from './limits.js'
import { findUnitConflict } from './units.js'

type Resolver = ReturnType<avro.Type['createResolver']>

/** How records of one writer schema become records of a stream. */
export interface Resolution {
  readonly stream: StreamName
  readonly writerType: avro.Type
  /** SHA-256 of the writer schema's parsing canonical form. */
  readonly fingerprint: Uint8Array
  /** True when the writer's bytes are laid out exactly as the stream's own; then there is no resolver. */
  readonly canonical: boolean
  readonly resolver: Resolver | undefined
}

const types = new Map<StreamName, avro.Type>()
const resolutions = new Map<string, Resolution>()

// A run sees a handful of writer schemas; the bound is for a folder with thousands of odd ones.
const RESOLUTION_LIMIT = 256

export function isStream(name: string): name is StreamName {
  return (STREAMS as readonly string[]).includes(name)
}

/** avsc's type of a stream. Its records are those of `generated/types.ts`. */
export function typeOf(stream: StreamName): avro.Type {
  let type = types.get(stream)
  if (type === undefined) {
    type = parseType(JSON.parse(SCHEMA_JSON[stream]))
    types.set(stream, type)
  }
  return type
}

/** Encodes a record in its stream's schema. Throws WEIR_SCHEMA when a field does not hold a value of its type. */
export function encodeRecord<S extends StreamName>(stream: S, record: RecordOf[S]): Buffer {
  try {
    return typeOf(stream).toBuffer(record)
  } catch (cause) {
    throw new WeirError('WEIR_SCHEMA', `a record does not fit the schema: ${messageOf(cause)}`, {
      place: stream,
      remedy: 'see docs/streams-reference.md for the type of each field',
      cause,
    })
  }
}

/** Decodes a record that Weir itself wrote, such as a journal entry. Throws WEIR_SCHEMA when it cannot be read. */
export function decodeRecord<S extends StreamName>(stream: S, bytes: Uint8Array): RecordOf[S] {
  try {
    return typeOf(stream).fromBuffer(asBuffer(bytes)) as RecordOf[S]
  } catch (cause) {
    throw new WeirError('WEIR_SCHEMA', `a record cannot be decoded: ${messageOf(cause)}`, {
      place: stream,
      cause,
    })
  }
}

/**
 * How to read records of `writerSchemaJson` as records of `stream`.
 * Throws WEIR_SCHEMA when they cannot be: not a schema, a field missing, another type, another unit of time.
 */
export function resolverFor(stream: StreamName, writerSchemaJson: string): Resolution {
  const key = `${stream}\n${writerSchemaJson}`
  const known = resolutions.get(key)
  if (known !== undefined) return known
  const resolution = resolve(stream, writerSchemaJson)
  const oldest = resolutions.keys().next().value
  if (resolutions.size >= RESOLUTION_LIMIT && oldest !== undefined) resolutions.delete(oldest)
  resolutions.set(key, resolution)
  return resolution
}

function resolve(stream: StreamName, writerSchemaJson: string): Resolution {
  const schema = parseSchema(stream, writerSchemaJson)
  const conflict = findUnitConflict(JSON.parse(SCHEMA_JSON[stream]), schema)
  if (conflict !== undefined) {
    throw new WeirError('WEIR_SCHEMA', conflict.message, { place: stream, remedy: conflict.remedy })
  }
  try {
    const writerType = parseType(schema)
    const fingerprint = fingerprintOf(writerType)
    const canonical = Buffer.from(fingerprint).toString('hex') === SCHEMA_FINGERPRINT[stream]
    // The specification compares unqualified names, so that another organization's namespace is no obstacle.
    const resolver = canonical
      ? undefined
      : typeOf(stream).createResolver(writerType, { ignoreNamespaces: true } as object)
    return { stream, writerType, fingerprint, canonical, resolver }
  } catch (cause) {
    throw new WeirError('WEIR_SCHEMA', `records of this schema cannot be read: ${messageOf(cause)}`, {
      place: stream,
      remedy: `write with schemas/${stream}.avsc, or with one that has its fields without a default under the same names`,
      cause,
    })
  }
}

/** SHA-256 of a schema's parsing canonical form. Throws WEIR_SCHEMA when the text is not an Avro schema. */
export function fingerprintOfSchema(schemaJson: string): Uint8Array {
  const schema = parseSchema('schema', schemaJson)
  try {
    return fingerprintOf(parseType(schema))
  } catch (cause) {
    throw new WeirError('WEIR_SCHEMA', `not an Avro schema: ${messageOf(cause)}`, { cause })
  }
}

function fingerprintOf(type: avro.Type): Uint8Array {
  return Uint8Array.from(type.fingerprint('sha256'))
}

function parseSchema(place: string, json: string): avro.Schema {
  if (json.length > HEADER_LIMIT_BYTES) {
    throw new WeirError('WEIR_SCHEMA', `a writer schema of ${json.length} characters is too long`, { place })
  }
  try {
    return JSON.parse(json) as avro.Schema
  } catch (cause) {
    throw new WeirError('WEIR_SCHEMA', `the writer schema is not JSON: ${messageOf(cause)}`, { place, cause })
  }
}

/** avsc's type of a schema, with the types of `avsc-types.ts`. Throws what avsc throws. */
export function parseType(schema: avro.Schema): avro.Type {
  return avro.Type.forSchema(schema, { typeHook: ownType, omitRecordMethods: true })
}

/** The same memory as a Buffer, which avsc needs. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

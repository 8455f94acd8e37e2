/**
 * Finds where an Avro value ends without decoding it, on bytes that cannot be trusted.
 *
 * avsc decodes; it does not bound its loops by the bytes that are there, so a flipped bit in an array's count
 * could keep it busy for ever. These skippers look at every step: the work is bounded by the bytes given.
 * Depends on the varint reader only.
 */
import { WeirError } from '../../errors.js'
import type { VarintReader } from '../encoding/varint.js'

/** Moves the reader behind one value; `reader.failed` tells that there is no whole value. */
export type Skipper = (reader: VarintReader) => void

type Schema = string | readonly Schema[] | SchemaObject
interface SchemaObject {
  readonly type: Schema
  readonly name?: string
  readonly namespace?: string
  readonly fields?: readonly { readonly type: Schema }[]
  readonly items?: Schema
  readonly values?: Schema
  readonly size?: number
}

const skipLong: Skipper = (reader) => {
  reader.readLong()
}
const skipBytes: Skipper = (reader) => {
  reader.skip(reader.readLong())
}

const primitives: Readonly<Record<string, Skipper>> = {
  null: () => {},
  boolean: (reader) => reader.skip(1),
  int: skipLong,
  long: skipLong,
  float: (reader) => reader.skip(4),
  double: (reader) => reader.skip(8),
  bytes: skipBytes,
  string: skipBytes,
  enum: skipLong,
}

/** Builds the skipper of a schema given as parsed JSON. */
export function skipperOf(schema: unknown): Skipper {
  return build(schema as Schema, '', new Map())
}

/** Builds one skipper a branch of a union: later branches may use names that earlier ones declare. */
export function branchSkippersOf(branches: readonly unknown[], namespace: string): readonly Skipper[] {
  const named = new Map<string, Skipper>()
  return branches.map((branch) => build(branch as Schema, namespace, named))
}

function build(schema: Schema, namespace: string, named: Map<string, Skipper>): Skipper {
  if (typeof schema === 'string') return named.get(qualify(schema, namespace)) ?? primitive(schema, named)
  if (Array.isArray(schema)) return skipUnion(schema.map((branch) => build(branch, namespace, named)))
  const object = schema as SchemaObject
  if (typeof object.type !== 'string') return build(object.type, namespace, named)
  switch (object.type) {
    case 'record':
      return skipRecord(object, namespace, named)
    case 'enum':
      named.set(nameOf(object, namespace), skipLong)
      return skipLong
    case 'fixed': {
      const size = object.size ?? 0
      const skipper: Skipper = (reader) => reader.skip(size)
      named.set(nameOf(object, namespace), skipper)
      return skipper
    }
    case 'array':
      return skipBlocks(build(object.items as Schema, namespace, named))
    case 'map': {
      const value = build(object.values as Schema, namespace, named)
      return skipBlocks((reader) => {
        skipBytes(reader)
        value(reader)
      })
    }
    default:
      return build(object.type, namespace, named)
  }
}

function skipRecord(object: SchemaObject, namespace: string, named: Map<string, Skipper>): Skipper {
  const name = nameOf(object, namespace)
  const inner = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : namespace
  const fields: Skipper[] = []
  const skipper: Skipper = (reader) => {
    for (const field of fields) {
      if (reader.failed) return
      field(reader)
    }
  }
  named.set(name, skipper)
  for (const field of object.fields ?? []) fields.push(build(field.type, inner, named))
  return skipper
}

function skipUnion(branches: readonly Skipper[]): Skipper {
  return (reader) => {
    const branch = branches[reader.readLong()]
    if (branch === undefined) reader.skip(-1)
    else branch(reader)
  }
}

/** Arrays and maps: blocks of a count and items, or of a negative count, a byte size and items, until a count of 0. */
function skipBlocks(item: Skipper): Skipper {
  return (reader) => {
    for (;;) {
      const count = reader.readLong()
      if (count === 0 || reader.failed) return
      if (count < 0) {
        skipBytes(reader)
        continue
      }
      // An item takes at least one byte in our schemas, so a count beyond the rest is a lie.
      if (count > reader.limit - reader.position) return reader.skip(-1)
      for (let index = 0; index < count && !reader.failed; index++) item(reader)
    }
  }
}

function nameOf(object: SchemaObject, namespace: string): string {
  return qualify(object.name ?? '', object.namespace ?? namespace)
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function primitive(name: string, named: Map<string, Skipper>): Skipper {
  const skipper = primitives[name] ?? named.get(name)
  if (skipper === undefined)
    throw new WeirError('WEIR_SCHEMA', `the journal's schema names an unknown type ${name}`)
  return skipper
}

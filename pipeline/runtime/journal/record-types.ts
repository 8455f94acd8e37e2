/**
 * The Avro types of the journal: how its records are written now, and how those of an older schema are read.
 *
 * The only file of the journal that knows avsc. Depends on the schema registry.
 */
import avro from 'avsc'
import { typeOf } from '../../../schemas/avro/registry.js'
import { WeirError } from '../../errors.js'
import type { JournalBody } from '../../ports.js'
import { type EntryKind, entryKinds } from './layout.js'
import { branchSkippersOf, type Skipper } from './skip.js'

/** Stream names of the records in the order of `entryKinds`. */
const streams = ['journal-start', 'source-declaration', 'cycle', 'cycle-result'] as const

const currentTypes = streams.map((stream) => typeOf(stream))

/** Text of the schema that segments are written with. */
export const journalSchema = JSON.stringify(typeOf('journal-entry').schema({ exportAttrs: true }))

/** Encodes the record of a body; `kind` is the branch of the union. */
export function encodeBody(body: JournalBody): { readonly kind: number; readonly record: Buffer } {
  const name = Object.keys(body)[0] as EntryKind
  const kind = entryKinds.indexOf(name)
  const type = currentTypes[kind]
  if (type === undefined) throw new WeirError('WEIR_BUG', `the journal has no entry of kind ${name}`)
  return { kind, record: type.toBuffer((body as Record<string, unknown>)[name]) }
}

/** How the entries of a segment are read: its writer schema may be an older one. */
export interface SegmentSchema {
  readonly skippers: readonly Skipper[]
  /** Decodes the record of an entry of a kind. */
  decode(kind: number, record: Buffer): JournalBody
  /** Whether the records' bytes are those of the current schema. */
  readonly current: boolean
}

const known = new Map<string, SegmentSchema>()

/** @throws WeirError WEIR_SCHEMA when the schema's text is not one of a journal */
export function segmentSchema(text: string): SegmentSchema {
  const held = known.get(text)
  if (held !== undefined) return held
  const made = text === journalSchema ? currentSchema(text) : olderSchema(text)
  known.set(text, made)
  return made
}

function currentSchema(text: string): SegmentSchema {
  return {
    skippers: branchSkippers(text),
    decode: (kind, record) => named(kind, currentTypes[kind].fromBuffer(record)),
    current: true,
  }
}

function olderSchema(text: string): SegmentSchema {
  const entry = avro.Type.forSchema(JSON.parse(text) as avro.Schema) as avro.types.RecordType
  const body = entry.field('body').type as unknown as { readonly types: readonly avro.Type[] }
  const resolvers = body.types.map((writer, kind) => currentTypes[kind].createResolver(writer))
  return {
    skippers: branchSkippers(text),
    decode: (kind, record) => named(kind, currentTypes[kind].fromBuffer(record, resolvers[kind], true)),
    current: false,
  }
}

function branchSkippers(text: string): readonly Skipper[] {
  const schema = JSON.parse(text) as {
    readonly namespace?: string
    readonly fields?: readonly { readonly name: string; readonly type: unknown }[]
  }
  const body = schema.fields?.find((field) => field.name === 'body')
  if (body === undefined || !Array.isArray(body.type))
    throw new WeirError('WEIR_SCHEMA', 'a segment of the journal has a schema that is not that of a journal')
  return branchSkippersOf(body.type, schema.namespace ?? '')
}

function named(kind: number, record: unknown): JournalBody {
  return { [entryKinds[kind]]: record } as unknown as JournalBody
}

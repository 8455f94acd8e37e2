/**
 * The Avro types of the journal: how its records are written now, and how those of an older schema are read.
 *
 * The only file of the journal that knows avsc. Depends on the Avro layer.
 */
import avro from 'avsc'
import { encodeRecord, resolverFor, typeOf } from '../../../schemas/avro/registry.js'
import { createWalker, type Walker } from '../../../schemas/avro/walker.js'
import { SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import type { RecordOf } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import type { JournalBody } from '../../ports.js'
import { type EntryKind, entryKinds } from './layout.js'

/** Stream names of the records in the order of `entryKinds`. */
const streams = ['journal-start', 'source-declaration', 'cycle', 'cycle-result', 'source-positions'] as const
type JournalStream = (typeof streams)[number]

/** Text of the schema that segments are written with. */
export const journalSchema = SCHEMA_JSON['journal-entry']

/** Encodes the record of a body; `kind` is the branch of the union. */
export function encodeBody(body: JournalBody): { readonly kind: number; readonly record: Buffer } {
  const name = Object.keys(body)[0] as EntryKind
  const kind = entryKinds.indexOf(name)
  if (kind < 0) throw new WeirError('WEIR_BUG', `the journal has no entry of kind ${name}`)
  const record = (body as Record<string, unknown>)[name] as RecordOf[JournalStream]
  return { kind, record: encodeRecord(streams[kind], record) }
}

/** How the entries of a segment are read: its writer schema may be an older one. */
export interface SegmentSchema {
  /** One for each kind of entry. */
  readonly walkers: readonly Walker[]
  /** Decodes the record of an entry of a kind. */
  decode(kind: number, record: Buffer): JournalBody
  /** Whether the records' bytes are those of the current schema. */
  readonly current: boolean
}

const known = new Map<string, SegmentSchema>()

/** @throws WeirError WEIR_SCHEMA when the schema's text is not one of a journal, or cannot be read any more */
export function segmentSchema(text: string): SegmentSchema {
  let schema = known.get(text)
  if (schema === undefined) {
    schema = parse(text)
    known.set(text, schema)
  }
  return schema
}

function parse(text: string): SegmentSchema {
  const branches = branchesOf(text)
  const resolvers = branches.map((branch, kind) => {
    const json = JSON.stringify(branch.schema({ exportAttrs: true }))
    return text === journalSchema ? undefined : resolverFor(streams[kind], json).resolver
  })
  return {
    walkers: branches.map(createWalker),
    decode: (kind, record) =>
      ({
        [entryKinds[kind]]: typeOf(streams[kind]).fromBuffer(record, resolvers[kind]),
      }) as unknown as JournalBody,
    current: text === journalSchema,
  }
}

function branchesOf(text: string): readonly avro.Type[] {
  const entry = avro.Type.forSchema(JSON.parse(text) as avro.Schema, { omitRecordMethods: true })
  const body = entry instanceof avro.types.RecordType ? entry.field('body')?.type : undefined
  const branches = (body as { readonly types?: readonly avro.Type[] } | undefined)?.types
  if (branches === undefined || branches.length > streams.length)
    throw new WeirError('WEIR_SCHEMA', 'a segment of the journal has a schema that is not that of a journal')
  return branches
}

/**
 * From a record of a source topic to an input: its source, its group, its bytes without the wire format.
 *
 * What cannot be taken becomes an input all the same, a fault, so that it is journaled and ends as a dead letter. While the
 * registry has not said what a schema id means, the record has to wait, and those behind it with it.
 * Depends on the scanners of the Avro layer.
 */
import { createScanner, type RecordScanner } from '../../../schemas/avro/scanner.js'
import { readSchemaId, WIRE_HEADER_BYTES } from '../../../schemas/avro/wire-format.js'
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import { EVERY_GROUP, UNROUTED_GROUP } from '../../ports.js'
import { FAULT_PAYLOAD_BYTES, RECORD_BYTES_MOST } from './limits.js'
import type { BrokerFault, SchemaLookup, SourceRecord } from './ports.js'
import type { SourceTable } from './source-table.js'
import { partitionOf, sourceStreamOf } from './topics.js'

/** Schemas in which a topic was written: a handful; the bound is for a producer gone wrong. */
const SCHEMAS_A_TOPIC_MOST = 256

/** An input; its fields are valid until the next call. */
export interface Taken {
  source: number
  groupId: string
  payload: Uint8Array
}

interface KnownSchema {
  readonly source: number
  /** Undefined when records of the schema cannot be read as those of the stream. */
  readonly scanner: RecordScanner | undefined
  readonly why: string
}

export interface IntakeOptions {
  readonly partition: number
  readonly partitions: number
  readonly topicPrefix: string
  readonly schemas: SchemaLookup
  readonly sources: SourceTable
  /** Called with each new declaration, before an input of it is given. */
  readonly onDeclaration: (declaration: SourceDeclaration) => void
}

export class Intake {
  /** Why records have to wait; undefined when they do not, or the registry has not answered yet. */
  fault: BrokerFault | undefined
  readonly #options: IntakeOptions
  readonly #topics = new Map<string, Map<number, KnownSchema>>()
  /** Groups that are known to live in this partition. */
  readonly #ours = new Set<string>([EVERY_GROUP])
  readonly #taken: Taken = { source: 0, groupId: '', payload: new Uint8Array(0) }

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** The input that the record is; undefined when it has to wait for the registry. A null value is none: see `isTombstone`. */
  take(record: SourceRecord): Taken | undefined {
    const value = record.value as Uint8Array
    if (value.length > RECORD_BYTES_MOST)
      return this.#fault(record, 'too-large', `${value.length} bytes; at most ${RECORD_BYTES_MOST} are taken`)
    const id = readSchemaId(value)
    if (id < 0)
      return this.#fault(record, 'not-framed', 'the value does not begin with byte 0 and a schema id')
    const known = this.#topics.get(record.topic)?.get(id) ?? this.#lookUp(record, id)
    if (known === undefined) return undefined
    if (known === 'unknown')
      return this.#fault(record, 'unknown-schema', `the schema registry has no schema of id ${id}`)
    const { scanner } = known
    if (scanner === undefined) return this.#fault(record, 'unsupported-stream', known.why)
    if (scanner.scan(value, WIRE_HEADER_BYTES, value.length) < 0)
      return this.#fault(record, 'undecodable', `the value is no record of schema ${id}`)
    const { groupId } = scanner
    if (!this.#isOurs(groupId)) {
      const wanted = partitionOf(groupId, this.#options.partitions)
      return this.#fault(
        record,
        'wrong-partition',
        `records of group ${groupId} belong to partition ${wanted}`,
      )
    }
    const taken = this.#taken
    taken.source = known.source
    taken.groupId = groupId
    taken.payload = value.subarray(WIRE_HEADER_BYTES)
    return taken
  }

  #isOurs(groupId: string): boolean {
    if (this.#ours.has(groupId)) return true
    if (groupId === '' || groupId === UNROUTED_GROUP) return true
    if (partitionOf(groupId, this.#options.partitions) !== this.#options.partition) return false
    this.#ours.add(groupId)
    return true
  }

  #lookUp(record: SourceRecord, id: number): KnownSchema | 'unknown' | undefined {
    const lookup = this.#options.schemas.schemaOf(id)
    this.fault = lookup.state === 'failed' ? lookup.fault : undefined
    if (lookup.state !== 'done') return undefined
    if (lookup.value === undefined) return 'unknown'
    const known = this.#open(record.topic, lookup.value)
    let schemas = this.#topics.get(record.topic)
    if (schemas === undefined || schemas.size >= SCHEMAS_A_TOPIC_MOST) {
      schemas = new Map()
      this.#topics.set(record.topic, schemas)
    }
    schemas.set(id, known)
    return known
  }

  #open(topic: string, schema: string): KnownSchema {
    const { sources, topicPrefix } = this.#options
    const stream = sourceStreamOf(topicPrefix, topic)
    if (stream === undefined) throw new WeirError('WEIR_BUG', `a record of topic ${topic} was read`)
    let scanner: RecordScanner
    try {
      scanner = createScanner(stream, schema)
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      return { source: -1, scanner: undefined, why: error.toLine() }
    }
    const source = sources.find(stream, topic, schema)
    if (source !== undefined) return { source, scanner, why: '' }
    const declaration = sources.declare(stream, topic, schema)
    this.#options.onDeclaration(declaration)
    return { source: declaration.source, scanner, why: '' }
  }

  #fault(record: SourceRecord, reason: string, detail: string): Taken {
    const { sources, onDeclaration } = this.#options
    let source = sources.findFaults(record.topic)
    if (source === undefined) {
      const declaration = sources.declareFaults(record.topic)
      onDeclaration(declaration)
      source = declaration.source
    }
    const place = `${record.topic}/${this.#options.partition}, offset ${record.offset}`
    const header = Buffer.from(`${JSON.stringify({ reason, detail: `${place}: ${detail}` })}\n`, 'utf8')
    const value = record.value as Uint8Array
    const taken = this.#taken
    taken.source = source
    taken.groupId = UNROUTED_GROUP
    taken.payload = Buffer.concat([header, value.subarray(0, FAULT_PAYLOAD_BYTES)])
    return taken
  }
}

/** A null value: it deletes a key of a compacted topic. Reference data is replaced by records, not deleted; nothing to apply. */
export function isTombstone(record: SourceRecord): boolean {
  return record.value === null
}

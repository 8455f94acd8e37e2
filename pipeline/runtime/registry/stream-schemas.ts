/**
 * The schema of each of Weir's topics, its subject, and its id where no registry is configured. Pure.
 *
 * Without a registry an id is made from the schema itself, so it names one schema for good: a process of another release that
 * knows the schema reads it right, and one that does not refuses it. A counted table would give two layouts one number.
 */
import { fingerprintOfSchema } from '../../../schemas/avro/registry.js'
import { SCHEMA_FINGERPRINT, SCHEMA_JSON, type StreamName } from '../../../schemas/generated/schemas.js'
import {
  JOURNAL_STREAM,
  OUTPUT_STREAMS,
  QUERY_STREAM,
  SOURCE_STREAMS,
  type TopicStream,
  topicOf,
} from '../distributed/topics.js'

/** Every stream that has a topic, sorted by name. */
export const TOPIC_STREAMS: readonly TopicStream[] = [
  ...new Set<TopicStream>([...SOURCE_STREAMS, JOURNAL_STREAM, ...OUTPUT_STREAMS]),
].sort()

/** The stream whose schema the records of a topic have. */
export function schemaStreamOf(stream: TopicStream): StreamName {
  if (stream === JOURNAL_STREAM) return 'journal-entry'
  return stream === QUERY_STREAM ? 'instruction' : stream
}

/** Confluent's TopicNameStrategy for values. */
export function subjectOf(prefix: string, stream: TopicStream): string {
  return `${topicOf(prefix, stream)}-value`
}

export function schemaJsonOf(stream: TopicStream): string {
  return SCHEMA_JSON[schemaStreamOf(stream)]
}

/** Id of a topic's schema without a registry. */
export function fixedIdOf(stream: TopicStream): number {
  return idOfFingerprint(Buffer.from(SCHEMA_FINGERPRINT[schemaStreamOf(stream)], 'hex'))
}

/** Id of any schema without a registry. Throws WEIR_SCHEMA when the text is none. */
export function fixedIdOfSchema(schemaJson: string): number {
  return idOfFingerprint(fingerprintOfSchema(schemaJson))
}

/** The first 31 bits of the fingerprint: SHA-256 of the parsing canonical form, which any Avro library computes. */
function idOfFingerprint(fingerprint: Uint8Array): number {
  return new DataView(fingerprint.buffer, fingerprint.byteOffset).getUint32(0) >>> 1
}

/**
 * Names of the topics, and which partition a group lives in. Pure.
 *
 * All source topics and the journal have the same number of partitions. A group's records are in the same partition of
 * each: `partitionOf(group)`, Kafka's own default for a record keyed by the group id, so that any client that keys its records so
 * puts them right. A record for every group (`*`) is written once to each partition.
 *
 * Reference streams are compacted, so their key must name the record and not only the group: `GROUP/RECORD`. Their
 * partition is still that of the group, and a producer must say so.
 */
import { INPUT_STREAMS, type InputStream, type StreamName } from '../../../schemas/generated/schemas.js'

export const DEFAULT_TOPIC_PREFIX = 'weir.'

/** The journal: stream `cycle` by name, entries of `weir.JournalEntry` by content. */
export const JOURNAL_STREAM = 'cycle'

/** Instructions whose venue kept silent: to be asked for by id, never to be sent anew. Records are instructions. */
export const QUERY_STREAM = 'instruction-query'

export type TopicStream = StreamName | typeof QUERY_STREAM

/** Streams that an owner writes beside the journal, in the same transaction. */
export const OUTPUT_STREAMS = [
  'decision',
  'explanation',
  'instruction',
  QUERY_STREAM,
  'instruction-event',
  'reservation',
  'alert',
  'dead-letter',
] as const satisfies readonly TopicStream[]

/** Streams whose records replace an earlier one of the same key: their topics are compacted. */
export const COMPACTED_STREAMS: ReadonlySet<InputStream> = new Set<InputStream>([
  'account',
  'facility',
  'counterparty',
  'collateral-asset',
  'rail',
  'calendar',
  'regulatory-constraint',
  'policy',
  'roster',
])

export const SOURCE_STREAMS: readonly InputStream[] = INPUT_STREAMS

export function topicOf(prefix: string, stream: TopicStream): string {
  return prefix + stream
}

/** Stream of a topic; undefined for a topic of another prefix or stream. */
export function sourceStreamOf(prefix: string, topic: string): InputStream | undefined {
  if (!topic.startsWith(prefix)) return undefined
  const name = topic.slice(prefix.length)
  return SOURCE_STREAMS.find((stream) => stream === name)
}

/** Partition of a group: Kafka's default partitioner, murmur2 of the key's bytes, for the key `groupId`. */
export function partitionOf(groupId: string, partitions: number): number {
  return (murmur2(Buffer.from(groupId, 'utf8')) & 0x7fffffff) % partitions
}

const MULTIPLIER = 0x5bd1e995
const SEED = 0x9747b28c

/** The hash of Kafka's Java client (`org.apache.kafka.common.utils.Utils.murmur2`), as an unsigned 32-bit number. */
function murmur2(bytes: Uint8Array): number {
  let hash = SEED ^ bytes.length
  const whole = bytes.length & ~3
  for (let at = 0; at < whole; at += 4) {
    let word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    word = Math.imul(word, MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ word
  }
  const rest = bytes.length - whole
  if (rest >= 3) hash ^= bytes[whole + 2] << 16
  if (rest >= 2) hash ^= bytes[whole + 1] << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[whole], MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return (hash ^ (hash >>> 15)) >>> 0
}

/**
 * What Weir's topics should be like: partitions, copies, and the settings that its correctness or its operation rests on. Pure.
 *
 * Only settings that matter are named; all others are left to the cluster. Depends on the names of the streams.
 */
import {
  COMPACTED_STREAMS,
  JOURNAL_STREAM,
  SOURCE_STREAMS,
  type TopicStream,
  topicOf,
} from '../../distributed/topics.js'
import { TOPIC_STREAMS } from '../../registry/stream-schemas.js'

export interface TopicLayout {
  readonly topic: string
  readonly stream: TopicStream
  readonly partitions: number
  readonly replication: number
  /** Settings of the topic by Kafka's names, values as Kafka writes them. */
  readonly settings: Readonly<Record<string, string>>
}

export interface LayoutWishes {
  readonly prefix: string
  readonly partitions: number
  readonly replication: number
}

const DAY_MS = 86_400_000

/** Sources are journaled before they take effect; this is how long Weir may be down before records are lost. */
const SOURCE_RETENTION_MS = 7 * DAY_MS
/** What others read of Weir; the journal keeps it for good. */
const OUTPUT_RETENTION_MS = 30 * DAY_MS

/** An entry holds all inputs of a cycle of a group. */
const JOURNAL_MESSAGE_BYTES = 8 * 2 ** 20
/** An explanation or a dead letter must not be refused where the journal entry beside it in the transaction is taken. */
const OUTPUT_MESSAGE_BYTES = JOURNAL_MESSAGE_BYTES
/** Kafka's own default of one mebibyte, stated, because a cluster's may be larger than a cycle can hold. */
const SOURCE_MESSAGE_BYTES = 2 ** 20

export const MOST_PARTITIONS = 1_024
export const MOST_REPLICATION = 9

/** All topics, sorted by name. */
export function topicLayouts({ prefix, partitions, replication }: LayoutWishes): TopicLayout[] {
  return TOPIC_STREAMS.map((stream) => ({
    topic: topicOf(prefix, stream),
    stream,
    // Outputs too: an owner writes them to the partition of its journal.
    partitions,
    replication,
    settings: { ...commonSettings(replication), ...settingsOf(stream) },
  }))
}

function commonSettings(replication: number): Record<string, string> {
  return {
    'message.timestamp.type': 'CreateTime',
    // With three copies one broker may be away and every write is still on two; with fewer there is nothing to spare.
    'min.insync.replicas': String(replication >= 3 ? 2 : 1),
  }
}

function settingsOf(stream: TopicStream): Record<string, string> {
  if (stream === JOURNAL_STREAM) {
    return {
      'cleanup.policy': 'delete',
      'max.message.bytes': String(JOURNAL_MESSAGE_BYTES),
      // The journal is the truth: nothing in it may go away by itself.
      'retention.bytes': '-1',
      'retention.ms': '-1',
    }
  }
  const source = SOURCE_STREAMS.find((candidate) => candidate === stream)
  if (source === undefined) return deleting(OUTPUT_RETENTION_MS, OUTPUT_MESSAGE_BYTES)
  // By the broker's clock: a producer that stamps records with the time of a past event would see them deleted at once.
  const stamped = { 'message.timestamp.type': 'LogAppendTime' }
  if (!COMPACTED_STREAMS.has(source))
    return { ...deleting(SOURCE_RETENTION_MS, SOURCE_MESSAGE_BYTES), ...stamped }
  return { 'cleanup.policy': 'compact', 'max.message.bytes': String(SOURCE_MESSAGE_BYTES), ...stamped }
}

function deleting(retentionMs: number, messageBytes: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'max.message.bytes': String(messageBytes),
    'retention.ms': String(retentionMs),
  }
}

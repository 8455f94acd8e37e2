/**
 * What must hold before an instance starts: topics as the machines need them, schema ids, and no second instance of the name.
 *
 * Everything is looked at and nothing is changed but, where that is allowed, schemas registered.
 * Depends on the administration and the registry.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { WeirError } from '../../errors.js'
import type { Ringable } from '../distributed/pending-operation.js'
import type { SchemaLookup } from '../distributed/ports.js'
import {
  JOURNAL_STREAM,
  OUTPUT_STREAMS,
  SOURCE_STREAMS,
  type TopicStream,
  topicOf,
} from '../distributed/topics.js'
import { RegistryClient } from '../registry/client.js'
import { FixedSchemaLookup, RegistrySchemaLookup } from '../registry/lookup.js'
import type { RegistrySettings } from '../registry/settings.js'
import { ensureStreamSchemas } from '../registry/subjects.js'
import { type KafkaAdmin, openAdmin, type TopicDescription } from './admin.js'
import type { KafkaSettings } from './settings.js'

/** Longer than the broker takes to notice that a session has expired. */
const SESSION_MARGIN_MS = 2_000
const NAME_PAUSE_MS = 250

export interface Preflight {
  /** Journal topic and its id, which no other topic of any cluster has: one that was removed and made again is another journal. */
  readonly journalId: string
  readonly partitions: number
}

/** @throws WeirError WEIR_KAFKA when topics are missing or do not fit together, or the name is taken */
export async function preflight(settings: KafkaSettings): Promise<Preflight> {
  const admin = await openAdmin(settings)
  try {
    const topics = await topicsOf(admin, settings.topicPrefix)
    const journal = topics[0]
    const partitions = journal.partitions.length
    checkPartitions(topics, partitions)
    await checkName(admin, settings)
    return { journalId: `${journal.name}/${journal.topicId}`, partitions }
  } finally {
    await admin.close()
  }
}

/** The journal first, then sources and outputs. */
async function topicsOf(admin: KafkaAdmin, prefix: string): Promise<readonly TopicDescription[]> {
  const streams: readonly TopicStream[] = [JOURNAL_STREAM, ...SOURCE_STREAMS, ...OUTPUT_STREAMS]
  const topics = await admin.describeTopics(streams.map((stream) => topicOf(prefix, stream)))
  const missing = topics.filter(({ exists }) => !exists).map(({ name }) => name)
  if (missing.length === 0) return topics
  throw new WeirError('WEIR_KAFKA', `topics are missing: ${missing.join(', ')}`, {
    place: prefix === '' ? 'no topic prefix' : `topic prefix ${prefix}`,
    remedy: 'make them with: weir topics apply',
  })
}

function checkPartitions(topics: readonly TopicDescription[], wanted: number): void {
  for (const { name, partitions } of topics) {
    if (partitions.length === wanted) continue
    throw new WeirError(
      'WEIR_KAFKA',
      `it has ${partitions.length} partitions where the journal has ${wanted}`,
      {
        place: `topic ${name}`,
        remedy:
          'a group is in the same partition of every topic: make the topic anew with as many partitions as the journal',
      },
    )
  }
}

/**
 * The member of a process that was killed a moment ago is there until its session expires: whoever starts it again at once
 * is not refused for it.
 */
async function checkName(admin: KafkaAdmin, settings: KafkaSettings): Promise<void> {
  const { group, instance, sessionTimeoutMillis } = settings
  const until = performance.now() + sessionTimeoutMillis + SESSION_MARGIN_MS
  for (;;) {
    const members = await admin.groupMembers(group)
    const other = members.find((member) => member.instance === instance)
    if (other === undefined) return
    if (performance.now() > until) throw nameIsTaken(settings, other.host)
    await pause(NAME_PAUSE_MS)
  }
}

function nameIsTaken({ group, instance }: KafkaSettings, host: string): WeirError {
  return new WeirError('WEIR_KAFKA', `an instance of this name is a member of group ${group} already`, {
    place: `instance ${instance} on ${host}`,
    remedy: 'give each instance a name of its own (kafka.instance), see docs/runbook/takeover.md',
    retry: 'backoff',
  })
}

export interface OpenedSchemas {
  readonly lookup: SchemaLookup
  close(): void
}

/** Ids of the schemas that Weir writes with, and the look-up of those that others wrote with. */
export async function openSchemas(
  registry: RegistrySettings | undefined,
  topicPrefix: string,
  bell: Ringable,
): Promise<OpenedSchemas> {
  if (registry === undefined) return { lookup: new FixedSchemaLookup(), close: () => {} }
  const client = new RegistryClient(registry)
  try {
    const streams: readonly TopicStream[] = [JOURNAL_STREAM, ...OUTPUT_STREAMS]
    const ids = await ensureStreamSchemas(client, registry, topicPrefix, streams)
    return { lookup: new RegistrySchemaLookup(client, ids, () => bell.ring()), close: () => client.close() }
  } catch (error) {
    client.close()
    throw error
  }
}

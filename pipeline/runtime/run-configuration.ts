/**
 * The configuration of a run as policies list it: the effective settings on which it depends what is decided, when, and where it goes,
 * and their digest, which stands in every cycle.
 *
 * Defaults are settings like any other: a key that is left out and one that says the default are one configuration. Whatever no result
 * depends on is left out, so that all instances of a group have one digest (ADR 91 has the list). Depends on canonical JSON and the
 * runtime's options.
 */
import { canonicalJson, type Json } from '../../schemas/canonical-json.js'
import { sha256 } from '../identity.js'
import { type RunOptions, timingOf } from './engine/run-options.js'
import type { KafkaSettings } from './kafka/settings.js'

export interface RunConfiguration {
  /** Canonical JSON of the settings. */
  readonly canonical: string
  /** SHA-256 of its UTF-8 text. */
  readonly digest: Uint8Array
}

export type FolderOptions = Pick<
  RunOptions,
  'cycleMillis' | 'heartbeatMillis' | 'drainMillis' | 'venues' | 'identity' | 'version'
>

export interface InstanceSettings {
  readonly version: string
  readonly kafka: Pick<KafkaSettings, 'topicPrefix' | 'commit'>
  /** Whether a registry says what the ids of schemas mean. */
  readonly hasRegistry: boolean
  readonly heartbeatMillis?: number | undefined
}

/** Silence after which an empty cycle closes: silent venues are asked, and stale feeds noticed, within this. */
const INSTANCE_HEARTBEAT_MILLIS = 5_000

const MICROS = 1_000

/** Of a run over a folder. */
export function folderConfiguration(options: FolderOptions): RunConfiguration {
  const { cycleMicros, heartbeatMicros, drainMicros } = timingOf(options)
  const venues = options.venues
    .map(({ venueId, minimumLatencyMicros }) => ({ venueId, minimumLatencyMicros }))
    .sort((a, b) => (a.venueId < b.venueId ? -1 : 1))
  return configurationOf({
    runtime: 'folder',
    version: options.version ?? '',
    cycleMillis: cycleMicros / MICROS,
    heartbeatMillis: heartbeatMicros / MICROS,
    drainMillis: drainMicros / MICROS,
    venues,
    settings: options.identity ?? {},
  })
}

/** Of an instance on Kafka. */
export function instanceConfiguration(settings: InstanceSettings): RunConfiguration {
  const { version, kafka, hasRegistry } = settings
  const { maxWaitMillis, maxRecords } = kafka.commit
  return configurationOf({
    runtime: 'kafka',
    version,
    heartbeatMillis: instanceHeartbeatMillis(settings),
    topicPrefix: kafka.topicPrefix,
    commit: { maxWaitMillis, maxRecords },
    schemaIds: hasRegistry ? 'registry' : 'built-in',
  })
}

export function instanceHeartbeatMillis({
  heartbeatMillis,
}: Pick<InstanceSettings, 'heartbeatMillis'>): number {
  return heartbeatMillis ?? INSTANCE_HEARTBEAT_MILLIS
}

function configurationOf(settings: Json): RunConfiguration {
  const canonical = canonicalJson(settings)
  return { canonical, digest: sha256(Buffer.from(canonical, 'utf8')) }
}

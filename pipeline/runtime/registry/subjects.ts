/**
 * Brings schemas to their subjects: looked up, or registered when the configuration allows it, and never over the registry's
 * own rule of compatibility. Depends on `client.ts`, `stream-schemas.ts`.
 */
import { WeirError } from '../../errors.js'
import type { TopicStream } from '../distributed/topics.js'
import { incompatible, type RegistryClient } from './client.js'
import type { CompatibilityLevel, RegistrySettings } from './settings.js'
import { schemaJsonOf, subjectOf } from './stream-schemas.js'

export type SubjectState =
  /** The subject has the schema, under this id. */
  | { readonly kind: 'registered'; readonly id: number; readonly level: CompatibilityLevel }
  /** It could be registered. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'incompatible'; readonly reasons: readonly string[] }

/** What a subject has of a schema; changes nothing. */
export async function inspectSubject(
  client: RegistryClient,
  subject: string,
  schemaJson: string,
): Promise<SubjectState> {
  const id = await client.lookUp(subject, schemaJson)
  if (id !== undefined) return { kind: 'registered', id, level: await client.levelOf(subject) }
  const { compatible, reasons } = await client.compatibility(subject, schemaJson)
  return compatible ? { kind: 'missing' } : { kind: 'incompatible', reasons }
}

/**
 * Id of a schema under a subject, before anything is produced with it.
 * @throws WeirError WEIR_REGISTRY when it is not compatible, or not registered and may not be
 */
export async function ensureSchema(
  client: RegistryClient,
  settings: Pick<RegistrySettings, 'register' | 'compatibility'>,
  subject: string,
  schemaJson: string,
): Promise<number> {
  const id = await client.lookUp(subject, schemaJson)
  if (id !== undefined) return id
  const place = `${client.url}/subjects/${subject}`
  const { compatible, reasons } = await client.compatibility(subject, schemaJson)
  if (!compatible) throw incompatible(place, subject, reasons)
  if (!settings.register) {
    throw new WeirError('WEIR_REGISTRY', `the registry does not have the schema under ${subject}`, {
      place,
      remedy: 'register it (weir topics apply, or your own pipeline), or set kafka.registry.register: true',
    })
  }
  return client.register(subject, schemaJson)
}

/** Ids of Weir's own schemas for the given streams; one subject after the other, so that a registry is not flooded. */
export async function ensureStreamSchemas(
  client: RegistryClient,
  settings: Pick<RegistrySettings, 'register' | 'compatibility'>,
  prefix: string,
  streams: readonly TopicStream[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for (const stream of streams) {
    ids.set(stream, await ensureSchema(client, settings, subjectOf(prefix, stream), schemaJsonOf(stream)))
  }
  return ids
}

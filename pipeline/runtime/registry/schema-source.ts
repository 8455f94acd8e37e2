/**
 * Schemas and their ids for commands that wait for them: on a registry when one is configured, else those that Weir knows itself.
 * Depends on `client.ts`, `lookup.ts`, `subjects.ts`.
 */
import { WeirError } from '../../errors.js'
import type { TopicStream } from '../distributed/topics.js'
import { RegistryClient } from './client.js'
import { FixedSchemaLookup, fetchSchema } from './lookup.js'
import type { RegistrySettings } from './settings.js'
import { fixedIdOfSchema, subjectOf } from './stream-schemas.js'
import { ensureSchema } from './subjects.js'

export interface SchemaSource {
  /** Id to write records of the schema with. @throws WeirError WEIR_REGISTRY, WEIR_SCHEMA before anything is produced */
  idFor(stream: TopicStream, schemaJson: string): Promise<number>
  /** The schema of an id; undefined when it is not known. */
  schemaOf(id: number): Promise<string | undefined>
  close(): void
}

export function openSchemaSource(settings: RegistrySettings | undefined, topicPrefix: string): SchemaSource {
  return settings === undefined ? new KnownSchemas() : new RegistrySchemas(settings, topicPrefix)
}

/** Distinct ids that a command may meet; each is asked for once. */
const SCHEMAS_KEPT = 1_000

class RegistrySchemas implements SchemaSource {
  readonly #settings: RegistrySettings
  readonly #topicPrefix: string
  readonly #client: RegistryClient
  readonly #schemas = new Map<number, string | undefined>()

  constructor(settings: RegistrySettings, topicPrefix: string) {
    this.#settings = settings
    this.#topicPrefix = topicPrefix
    this.#client = new RegistryClient(settings)
  }

  idFor(stream: TopicStream, schemaJson: string): Promise<number> {
    return ensureSchema(this.#client, this.#settings, subjectOf(this.#topicPrefix, stream), schemaJson)
  }

  async schemaOf(id: number): Promise<string | undefined> {
    if (this.#schemas.has(id)) return this.#schemas.get(id)
    const schemaJson = await fetchSchema(this.#client, id)
    if (this.#schemas.size >= SCHEMAS_KEPT) this.#schemas.clear()
    this.#schemas.set(id, schemaJson)
    return schemaJson
  }

  close(): void {
    this.#client.close()
  }
}

class KnownSchemas implements SchemaSource {
  readonly #lookup = new FixedSchemaLookup()

  async idFor(stream: TopicStream, schemaJson: string): Promise<number> {
    const id = fixedIdOfSchema(schemaJson)
    if (this.#lookup.schemaOf(id).value !== undefined) return id
    throw new WeirError(
      'WEIR_SCHEMA',
      "this is not Weir's own schema, and no registry is configured to keep it in",
      {
        place: stream,
        remedy: "configure kafka.registry.url, or write the records anew in Weir's schema with --own-schema",
      },
    )
  }

  async schemaOf(id: number): Promise<string | undefined> {
    return this.#lookup.schemaOf(id).value
  }

  close(): void {
    // Nothing is open.
  }
}

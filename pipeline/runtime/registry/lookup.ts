/**
 * `SchemaLookup` on a registry, and without one.
 *
 * An id names the same schema for good, so what was found is kept, up to a bound. What was not found is not: the schema
 * may be registered a moment later. A failure is asked again by whoever still wants the schema. Depends on `client.ts`, `references.ts`, `stream-schemas.ts`.
 */
import { SCHEMA_JSON, STREAMS } from '../../../schemas/generated/schemas.js'
import { invariant, WeirError } from '../../errors.js'
import type { BrokerFault, Operation, SchemaLookup } from '../distributed/ports.js'
import type { TopicStream } from '../distributed/topics.js'
import type { RegistryClient } from './client.js'
import { selfContained } from './references.js'
import { fixedIdOf, fixedIdOfSchema, schemaStreamOf, TOPIC_STREAMS } from './stream-schemas.js'

/** Writer schemas of a deployment's producers over all topics; a flood of ids drops the oldest. */
const SCHEMAS_KEPT = 1_000

/** How long an unknown id or a failure stands: a topic full of unknown ids must not become a request each. */
const WITHOUT_SCHEMA_MS = 1_000

interface Settled<T> {
  state: 'pending' | 'done' | 'failed'
  value?: T
  fault?: BrokerFault
  /** Until then an answer without a schema stands; monotonic milliseconds. */
  standsUntilMs?: number
}

type Ask = Pick<RegistryClient, 'schemaById' | 'schemaOf' | 'url'>

export class RegistrySchemaLookup implements SchemaLookup {
  readonly #client: Ask
  readonly #ids: ReadonlyMap<string, number>
  readonly #bell: () => void
  readonly #operations = new Map<number, Settled<string | undefined>>()

  /**
   * @param ids id of each of Weir's topic streams, as the registry gave it
   * @param bell rung when an operation settles
   */
  constructor(client: Ask, ids: ReadonlyMap<string, number>, bell: () => void = () => undefined) {
    this.#client = client
    this.#ids = withSchemaNames(ids)
    this.#bell = bell
  }

  schemaOf(id: number): Operation<string | undefined> {
    const known = this.#operations.get(id)
    if (known !== undefined && performance.now() < (known.standsUntilMs ?? Number.POSITIVE_INFINITY))
      return known
    const operation: Settled<string | undefined> = { state: 'pending' }
    this.#keep(id, operation)
    void this.#ask(id, operation)
    return operation
  }

  idOfStream(stream: string): number {
    return idIn(this.#ids, stream)
  }

  async #ask(id: number, operation: Settled<string | undefined>): Promise<void> {
    try {
      const schemaJson = await fetchSchema(this.#client, id)
      if (schemaJson === undefined) operation.standsUntilMs = performance.now() + WITHOUT_SCHEMA_MS
      else operation.value = schemaJson
      operation.state = 'done'
    } catch (error) {
      const fault = toWeirError(error, `${this.#client.url}/schemas/ids/${id}`)
      operation.standsUntilMs = performance.now() + WITHOUT_SCHEMA_MS
      operation.fault = { kind: kindOf(fault), error: fault }
      operation.state = 'failed'
    }
    this.#bell()
  }

  #keep(id: number, operation: Settled<string | undefined>): void {
    const oldest = this.#operations.keys().next().value
    if (this.#operations.size >= SCHEMAS_KEPT && oldest !== undefined) this.#operations.delete(oldest)
    this.#operations.delete(id)
    this.#operations.set(id, operation)
  }
}

/** A schema of the registry, complete in itself; undefined when it does not know the id. */
export async function fetchSchema(client: Ask, id: number): Promise<string | undefined> {
  const found = await client.schemaById(id)
  if (found === undefined) return undefined
  return selfContained(client, found, `${client.url}/schemas/ids/${id}`)
}

/** Without a registry: the schemas that this release has, and those of earlier ones that it was given. */
export class FixedSchemaLookup implements SchemaLookup {
  readonly #schemas = new Map<number, string>()
  readonly #ids: ReadonlyMap<string, number>

  /** @param further schemas of other releases or producers, as JSON text */
  constructor(further: readonly string[] = []) {
    for (const schemaJson of further) this.#schemas.set(fixedIdOfSchema(schemaJson), schemaJson)
    for (const stream of STREAMS) this.#schemas.set(fixedIdOfSchema(SCHEMA_JSON[stream]), SCHEMA_JSON[stream])
    this.#ids = withSchemaNames(new Map(TOPIC_STREAMS.map((stream) => [stream, fixedIdOf(stream)])))
  }

  schemaOf(id: number): Operation<string | undefined> {
    const schema = this.#schemas.get(id)
    return schema === undefined ? { state: 'done' } : { state: 'done', value: schema }
  }

  idOfStream(stream: string): number {
    return idIn(this.#ids, stream)
  }
}

/** A topic stream may also be asked for by the name of its schema: `journal-entry` for the journal. */
function withSchemaNames(ids: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = new Map(ids)
  for (const stream of TOPIC_STREAMS) {
    const id = ids.get(stream)
    const schemaStream = schemaStreamOf(stream as TopicStream)
    if (id !== undefined && !ids.has(schemaStream)) all.set(schemaStream, id)
  }
  return all
}

function idIn(ids: ReadonlyMap<string, number>, stream: string): number {
  const id = ids.get(stream)
  invariant(id !== undefined, `the schema id of ${stream} is known before the machines start`)
  return id
}

function toWeirError(error: unknown, place: string): WeirError {
  if (error instanceof WeirError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new WeirError('WEIR_BUG', `unexpected: ${message}`, { place, cause: error })
}

/** A schema that cannot be put together stays so, as wrong credentials do: an operator must act. */
function kindOf(error: WeirError): BrokerFault['kind'] {
  return error.retry === 'never' ? 'refused' : 'retriable'
}

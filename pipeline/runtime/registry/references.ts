/**
 * Makes a schema with references complete in itself: each type that it names and does not define is put in where it is
 * named first. Weir's own schemas have none; those of other producers may.
 *
 * References are followed to a bound, each version once. Depends on `client.ts`.
 */
import { WeirError } from '../../errors.js'
import type { RegisteredSchema, RegistryClient, SchemaReference } from './client.js'

/** Schemas that one schema may draw in, over all levels: the largest families of shared types have a few dozen. */
const REFERENCES_AT_MOST = 100
const NESTING_AT_MOST = 16

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'])

/** @throws WeirError WEIR_SCHEMA when the references cannot be put together; WEIR_REGISTRY from the client */
export async function selfContained(
  client: Pick<RegistryClient, 'schemaOf'>,
  registered: RegisteredSchema,
  place: string,
): Promise<string> {
  if (registered.references.length === 0) return registered.schemaJson
  const definitions = new Map<string, Json>()
  await new Collector(client, definitions, place).collect(registered.references, 1)
  const schema = parse(registered.schemaJson, place)
  return JSON.stringify(new Inliner(definitions).put(schema, ''))
}

class Collector {
  readonly #client: Pick<RegistryClient, 'schemaOf'>
  readonly #definitions: Map<string, Json>
  readonly #place: string
  readonly #seen = new Set<string>()

  constructor(client: Pick<RegistryClient, 'schemaOf'>, definitions: Map<string, Json>, place: string) {
    this.#client = client
    this.#definitions = definitions
    this.#place = place
  }

  async collect(references: readonly SchemaReference[], depth: number): Promise<void> {
    if (depth > NESTING_AT_MOST)
      throw refused(this.#place, `references go deeper than ${NESTING_AT_MOST} levels`)
    for (const { subject, version } of references) {
      const key = `${version} ${subject}`
      if (this.#seen.has(key)) continue
      this.#seen.add(key)
      if (this.#seen.size > REFERENCES_AT_MOST) {
        throw refused(this.#place, `it draws in more than ${REFERENCES_AT_MOST} schemas by reference`)
      }
      const found = await this.#client.schemaOf(subject, version)
      if (found === undefined) {
        throw refused(
          this.#place,
          `it refers to version ${version} of ${subject}, which the registry does not know`,
        )
      }
      await this.collect(found.references, depth + 1)
      define(parse(found.schemaJson, this.#place), '', this.#definitions)
    }
  }
}

/** Notes every named type in `schema` under its full name. */
function define(schema: Json, namespace: string, into: Map<string, Json>): void {
  if (Array.isArray(schema)) {
    for (const branch of schema) define(branch, namespace, into)
    return
  }
  if (schema === null || typeof schema !== 'object') return
  const inner = namespaceOf(schema, namespace)
  if (isNamed(schema)) into.set(fullName(String(schema.name), inner), { ...schema, namespace: inner })
  for (const part of partsOf(schema)) define(part, inner, into)
}

class Inliner {
  readonly #definitions: ReadonlyMap<string, Json>
  readonly #defined = new Set<string>()

  constructor(definitions: ReadonlyMap<string, Json>) {
    this.#definitions = definitions
  }

  put(schema: Json, namespace: string): Json {
    if (typeof schema === 'string') return this.#name(schema, namespace)
    if (Array.isArray(schema)) return schema.map((branch) => this.put(branch, namespace))
    if (schema === null || typeof schema !== 'object') return schema
    const inner = namespaceOf(schema, namespace)
    if (isNamed(schema)) {
      const name = fullName(String(schema.name), inner)
      // A definition of a definition that was drawn in before: the name is enough, and a second one would be a fault.
      if (this.#defined.has(name)) return name
      this.#defined.add(name)
    }
    const made: { [key: string]: Json } = { ...schema }
    if (schema.type !== undefined && !isNamed(schema)) made.type = this.put(schema.type, inner)
    if (schema.items !== undefined) made.items = this.put(schema.items, inner)
    if (schema.values !== undefined) made.values = this.put(schema.values, inner)
    if (Array.isArray(schema.fields)) {
      made.fields = schema.fields.map((field) =>
        isObject(field) && field.type !== undefined ? { ...field, type: this.put(field.type, inner) } : field,
      )
    }
    return made
  }

  #name(text: string, namespace: string): Json {
    if (PRIMITIVES.has(text)) return text
    const name = fullName(text, namespace)
    if (this.#defined.has(name)) return name
    const definition = this.#definitions.get(name) ?? this.#definitions.get(text)
    return definition === undefined ? text : this.put(definition, '')
  }
}

function partsOf(schema: { [key: string]: Json }): Json[] {
  const fields = Array.isArray(schema.fields) ? schema.fields.filter(isObject).map((field) => field.type) : []
  const inner = isNamed(schema) ? [] : [schema.type]
  return [...inner, schema.items, schema.values, ...fields].filter((part) => part !== undefined)
}

function isObject(value: Json): value is { [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isNamed(schema: { [key: string]: Json }): boolean {
  return ['record', 'enum', 'fixed', 'error'].includes(String(schema.type)) && typeof schema.name === 'string'
}

function namespaceOf(schema: { [key: string]: Json }, outer: string): string {
  if (!isNamed(schema)) return outer
  const name = String(schema.name)
  if (name.includes('.')) return name.slice(0, name.lastIndexOf('.'))
  return typeof schema.namespace === 'string' ? schema.namespace : outer
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function parse(json: string, place: string): Json {
  try {
    return JSON.parse(json) as Json
  } catch {
    throw refused(place, 'a schema of the registry is not JSON')
  }
}

function refused(place: string, message: string): WeirError {
  return new WeirError('WEIR_SCHEMA', message, { place, remedy: 'register the schema complete in itself' })
}

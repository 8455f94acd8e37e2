/**
 * Reads `schemas/*.avsc` and makes each of them self-contained.
 *
 * A file may refer to a record of another file by full name (`weir.Decision`) and may repeat the
 * definition of a small shared type (`weir.Uuid`). Both are resolved here: every named type is
 * written out at its first use and referred to by full name after that, as the Avro specification
 * demands of a schema that stands alone. Depends on Node only.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'])
const NAMED = new Set(['record', 'enum', 'fixed', 'error'])

/**
 * @typedef {object} Stream
 * @property {string} name stream name, the file's stem: `cash-movement`
 * @property {any} schema self-contained schema as JSON value
 *
 * @typedef {object} Contracts
 * @property {Stream[]} streams sorted by name
 * @property {Map<string, any>} named every named type by full name, in order of first use; its fields' types are
 *   full names, primitives, arrays or unions
 */

/** @param {string} directory @returns {Contracts} */
export function loadContracts(directory) {
  const names = readdirSync(directory)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => file.slice(0, -'.avsc'.length))
    .sort()
  /** @type {Map<string, any>} */
  const definitions = new Map()
  const roots = names.map((name) => {
    const root = parse(join(directory, `${name}.avsc`))
    collect(root, undefined, definitions, `${name}.avsc`)
    return { name, fullName: fullNameOf(root, undefined) }
  })
  const streams = roots.map(({ name, fullName }) => ({
    name,
    schema: inline(fullName, undefined, definitions, new Set(), name),
  }))
  return { streams, named: namedTypes(streams) }
}

/** @param {string} file */
function parse(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Whether the value of `type`, `items` or `values` is a schema, not the word `array` or `map`. @param {any} value */
function isReference(value) {
  return value !== undefined && value !== 'array' && value !== 'map'
}

/** @param {any} schema @param {string | undefined} namespace */
function fullNameOf(schema, namespace) {
  if (schema.name.includes('.')) return schema.name
  const space = schema.namespace ?? namespace
  return space ? `${space}.${schema.name}` : schema.name
}

/** @param {string} fullName */
function namespaceOf(fullName) {
  const dot = fullName.lastIndexOf('.')
  return dot < 0 ? undefined : fullName.slice(0, dot)
}

/**
 * Gathers definitions; a name that two files define differently is an error.
 * @param {any} schema @param {string | undefined} namespace @param {Map<string, any>} definitions @param {string} file
 */
function collect(schema, namespace, definitions, file) {
  if (Array.isArray(schema)) {
    for (const branch of schema) collect(branch, namespace, definitions, file)
  } else if (schema !== null && typeof schema === 'object') {
    if (!NAMED.has(schema.type)) {
      for (const key of ['type', 'items', 'values']) {
        if (isReference(schema[key])) collect(schema[key], namespace, definitions, file)
      }
      return
    }
    const fullName = fullNameOf(schema, namespace)
    const known = definitions.get(fullName)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`${file}: ${fullName} is defined differently elsewhere; make the definitions equal`)
    }
    definitions.set(fullName, schema)
    for (const field of schema.fields ?? []) collect(field.type, namespaceOf(fullName), definitions, file)
  }
}

/**
 * @param {any} schema @param {string | undefined} namespace @param {Map<string, any>} definitions
 * @param {Set<string>} seen @param {string} place @returns {any}
 */
function inline(schema, namespace, definitions, seen, place) {
  if (Array.isArray(schema))
    return schema.map((branch) => inline(branch, namespace, definitions, seen, place))
  if (typeof schema === 'string') {
    if (PRIMITIVES.has(schema)) return schema
    const fullName = schema.includes('.') || !namespace ? schema : `${namespace}.${schema}`
    if (seen.has(fullName)) return fullName
    const definition = definitions.get(fullName)
    if (definition === undefined) throw new Error(`${place}: no schema file defines ${fullName}`)
    return inline(definition, namespace, definitions, seen, place)
  }
  if (!NAMED.has(schema.type)) {
    const copy = { ...schema }
    for (const key of ['type', 'items', 'values']) {
      if (isReference(schema[key])) copy[key] = inline(schema[key], namespace, definitions, seen, place)
    }
    return copy
  }
  const fullName = fullNameOf(schema, namespace)
  if (seen.has(fullName)) return fullName
  seen.add(fullName)
  const inner = namespaceOf(fullName)
  const { type, name: _name, namespace: _space, fields, ...rest } = schema
  const named = { type, name: fullName.slice(inner ? inner.length + 1 : 0), namespace: inner, ...rest }
  if (fields === undefined) return named
  return {
    ...named,
    fields: fields.map((/** @type {any} */ field) => ({
      ...field,
      type: inline(field.type, inner, definitions, seen, `${place}.${field.name}`),
    })),
  }
}

/** @param {Stream[]} streams @returns {Map<string, any>} */
function namedTypes(streams) {
  /** @type {Map<string, any>} */
  const named = new Map()
  /** @param {any} schema @returns {any} */
  const flatten = (schema) => {
    if (typeof schema === 'string') return schema
    if (Array.isArray(schema)) return schema.map(flatten)
    if (!NAMED.has(schema.type)) {
      if (schema.items !== undefined) return { ...schema, items: flatten(schema.items) }
      if (schema.values !== undefined) return { ...schema, values: flatten(schema.values) }
      return { ...schema, type: flatten(schema.type) }
    }
    const fullName = fullNameOf(schema, undefined)
    if (!named.has(fullName)) {
      named.set(fullName, schema)
      if (schema.fields !== undefined) {
        const fields = schema.fields.map((/** @type {any} */ field) => ({
          ...field,
          type: flatten(field.type),
        }))
        named.set(fullName, { ...schema, fields })
      }
    }
    return fullName
  }
  for (const stream of streams) flatten(stream.schema)
  return named
}

/** `weir.CashMovement` -> `CashMovement`. @param {string} fullName */
export function shortName(fullName) {
  return fullName.slice(fullName.lastIndexOf('.') + 1)
}

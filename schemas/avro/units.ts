/**
 * Refuses writer schemas whose numbers mean something else than the stream's.
 *
 * Schema resolution compares types only: a `timestamp-millis` would be read as microseconds, a day in 2026 as one
 * in January 1970, without a word. So where both sides name a logical type, they must name the same one.
 * Depends on nothing.
 */

export interface UnitConflict {
  readonly message: string
  readonly remedy: string
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

/** The first field of both record schemas that carries different logical types; undefined when there is none. */
export function findUnitConflict(reader: unknown, writer: unknown): UnitConflict | undefined {
  return compare(reader as Json, writer as Json, '')
}

function compare(reader: Json, writer: Json, path: string): UnitConflict | undefined {
  if (!isObject(reader)) return undefined
  if (Array.isArray(writer)) {
    for (const branch of writer) {
      const conflict = compare(reader, branch, path)
      if (conflict !== undefined) return conflict
    }
    return undefined
  }
  if (!isObject(writer)) return undefined
  const wanted = reader.logicalType
  const found = writer.logicalType
  if (typeof wanted === 'string' && typeof found === 'string' && wanted !== found) {
    return {
      message: `field ${path} is ${found}, not ${wanted}`,
      remedy: `write ${path} as ${wanted}`,
    }
  }
  return compareFields(reader, writer, path) ?? compare(reader.items ?? null, writer.items ?? null, path)
}

function compareFields(reader: JsonObject, writer: JsonObject, path: string): UnitConflict | undefined {
  for (const field of fieldsOf(reader)) {
    const other = fieldsOf(writer).find((candidate) => candidate.name === field.name)
    if (other === undefined) continue
    const at = path === '' ? String(field.name) : `${path}.${String(field.name)}`
    const conflict = compare(field.type ?? null, other.type ?? null, at)
    if (conflict !== undefined) return conflict
  }
  return undefined
}

function fieldsOf(schema: JsonObject): readonly JsonObject[] {
  const fields = schema.fields
  return Array.isArray(fields) ? fields.filter(isObject) : []
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

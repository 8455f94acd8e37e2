/**
 * Whether data of one schema can be read with another. Depends on avsc and `units.ts`.
 */
import type { Schema } from 'avsc'
import { messageOf, parseType } from './registry.js'
import { findUnitConflict } from './units.js'

/**
 * Why records written with `writer` cannot be read with `reader` (both schemas as JSON values); undefined when
 * they can: fields may have been added with a default, removed, or put in another order.
 */
export function findUnreadable(reader: Schema, writer: Schema): string | undefined {
  const conflict = findUnitConflict(reader, writer)
  if (conflict !== undefined) return conflict.message
  try {
    parseType(reader).createResolver(parseType(writer), { ignoreNamespaces: true } as object)
    return undefined
  } catch (cause) {
    return messageOf(cause)
  }
}

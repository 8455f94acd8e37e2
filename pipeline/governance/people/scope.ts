/** Whether a person's legal entities cover what a command is about. Pure; depends on the roster's types. */
import type { Person } from './roster.js'

/**
 * A person without a list may act for all. Anyone else must be given every entity that is touched, and what touches none that is
 * known is for those without a list.
 */
export function coversEntities({ entities }: Person, touched: ReadonlySet<string>): boolean {
  if (entities === undefined) return true
  if (touched.size === 0) return false
  for (const entity of touched) if (!entities.has(entity)) return false
  return true
}

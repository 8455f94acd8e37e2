/** Last days of policies and keys: a date counts to its end, UTC. Pure; depends on `yaml-document.ts`. */
import type { YamlDocument } from './yaml-document.js'

const MILLIS_PER_DAY = 86_400_000

/**
 * The first instant after the date at `path`, microseconds; undefined when it is left out.
 *
 * @throws WeirError for a date that no calendar has
 */
export function readLastDay(document: YamlDocument, path: readonly (string | number)[]): number | undefined {
  if (!document.hasAt(path)) return undefined
  const written = document.stringAt(path)
  const millis = Date.parse(`${written}T00:00:00Z`)
  if (!Number.isNaN(millis) && new Date(millis).toISOString().startsWith(written)) {
    return (millis + MILLIS_PER_DAY) * 1000
  }
  throw document.errorAt(path, `${written} is no date`, 'write a date as 2026-12-31')
}

/**
 * Where the workers find the agent. Depends on node:url.
 */
import { pathToFileURL } from 'node:url'
import { WeirError } from '../errors.js'

/** URL of a module given by URL, URL text or absolute path. */
export function moduleUrl(module: string | URL): string {
  if (module instanceof URL) return module.href
  if (module.startsWith('file:')) return module
  if (module.startsWith('/')) return pathToFileURL(module).href
  throw new WeirError('WEIR_BUG', 'the agent module is given by URL or absolute path', { place: module })
}

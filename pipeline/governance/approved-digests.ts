/**
 * What a policy lets decide: the optimizer modules and configurations that it lists, by SHA-256. None listed means any.
 *
 * A policy lists them so that a new version of either goes the way of every change. Pure.
 */
import { toHex } from '../identity.js'
import type { Policy } from './policy.js'

/** How a decision is refused. */
export interface Unapproved {
  readonly reason: 'optimizer-not-approved' | 'configuration-not-approved'
  readonly subject: string
}

export function unapprovedOptimizer(
  { optimizers }: Pick<Policy, 'optimizers'>,
  digestHex: string,
): Unapproved | undefined {
  if (isListed(optimizers, digestHex) === true) return undefined
  return { reason: 'optimizer-not-approved', subject: `optimizer ${digestHex}` }
}

/** @param digest that of the cycle; zero when it was not told, which no policy that lists any lets decide */
export function unapprovedConfiguration(
  { configurations }: Pick<Policy, 'configurations'>,
  digest: Uint8Array,
): Unapproved | undefined {
  // Asked in every cycle: the digest is not spelled out where it does not matter.
  if (configurations.length === 0) return undefined
  const digestHex = toHex(digest)
  if (isListed(configurations, digestHex) === true) return undefined
  return { reason: 'configuration-not-approved', subject: `configuration ${digestHex}` }
}

function isListed(listed: readonly string[], digestHex: string): boolean {
  return listed.length === 0 || listed.includes(digestHex)
}

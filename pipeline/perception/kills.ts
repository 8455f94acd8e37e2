/**
 * The kill switch: which kill, if any, stops an account, a channel, an asset or a kind of instruction.
 *
 * Channels and the risk gate both ask here. Depends on the state.
 */
import type { InstructionKind } from '../../schemas/generated/types.js'
import type { GroupState } from './state.js'

export function isAccountKilled(state: GroupState, accountId: string): boolean {
  if (state.people.kills.size === 0) return false
  const entityId = state.accounts.get(accountId)?.reference.entityId ?? ''
  return isKilled(state, `account:${accountId}`, `entity:${entityId}`)
}

/** @param channel `rail:ID` or `facility:ID` */
export function isChannelKilled(state: GroupState, channel: string): boolean {
  return isKilled(state, channel)
}

export function isAssetKilled(state: GroupState, assetId: string): boolean {
  return isKilled(state, `asset:${assetId}`)
}

export function isKindKilled(state: GroupState, kind: InstructionKind): boolean {
  return isKilled(state, `instruction-kind:${kind}`)
}

/** By its own name, with the whole group, or with everything. */
function isKilled({ people, groupId }: GroupState, ...names: readonly string[]): boolean {
  for (const { subject } of people.kills.values())
    if (subject === 'all' || subject === `group:${groupId}` || names.includes(subject)) return true
  return false
}

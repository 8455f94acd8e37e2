/**
 * The kill switch: which kill, if any, stops an account, a channel or a kind of instruction.
 *
 * Channels and the risk gate both ask here. Depends on the state.
 */
import type { InstructionKind } from '../../schemas/generated/types.js'
import type { GroupState } from './state.js'

/** Whether something kills all that the group sends. */
export function isGroupKilled(state: GroupState): boolean {
  return isKilled(state, ['all', `group:${state.groupId}`])
}

export function isAccountKilled(state: GroupState, accountId: string): boolean {
  if (state.people.kills.size === 0) return false
  const entityId = state.accounts.get(accountId)?.reference.entityId ?? ''
  return isGroupKilled(state) || isKilled(state, [`account:${accountId}`, `entity:${entityId}`])
}

/** @param channel `rail:ID` or `facility:ID` */
export function isChannelKilled(state: GroupState, channel: string): boolean {
  return isGroupKilled(state) || isKilled(state, [channel])
}

export function isKindKilled(state: GroupState, kind: InstructionKind): boolean {
  return isGroupKilled(state) || isKilled(state, [`instruction-kind:${kind}`])
}

function isKilled(state: GroupState, subjects: readonly string[]): boolean {
  for (const { subject } of state.people.kills.values()) if (subjects.includes(subject)) return true
  return false
}

/** The legal entities that the subject of a command is about. Depends on the state. */
import type { GroupState } from './state.js'

/** Empty when it is about more than the group's own accounts, or about nothing known: for people who may act for all. */
export function entitiesOf(state: GroupState, subject: string): ReadonlySet<string> {
  const colon = subject.indexOf(':')
  const form = colon < 0 ? subject : subject.slice(0, colon)
  const id = colon < 0 ? '' : subject.slice(colon + 1)
  switch (form) {
    case 'all':
      return new Set()
    case 'entity':
      return new Set([id])
    case 'account':
      return entitiesOfAccounts(state, [id])
    case 'rail': {
      const rail = state.rails.get(id)?.reference
      return entitiesOfAccounts(
        state,
        rail === undefined ? [] : [rail.sourceAccountId, rail.destinationAccountId],
      )
    }
    case 'facility': {
      const facility = state.facilities.get(id)?.reference
      return entitiesOfAccounts(state, facility === undefined ? [] : [facility.accountId])
    }
    case 'kill': {
      const killed = state.people.kills.get(id.replaceAll('-', ''))
      return killed === undefined ? new Set() : entitiesOf(state, killed.subject)
    }
    default:
      return entitiesOfAccounts(state, [...state.accounts.keys()])
  }
}

function entitiesOfAccounts(state: GroupState, accountIds: readonly string[]): ReadonlySet<string> {
  const entities = new Set<string>()
  for (const accountId of accountIds) {
    const account = state.accounts.get(accountId)
    if (account === undefined) return new Set()
    entities.add(account.reference.entityId)
  }
  return entities
}

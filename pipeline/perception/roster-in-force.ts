/** The roster in force in its typed form, read once for each version. Depends on the roster's reader and the state. */
import { parseRoster, type Roster } from '../governance/people/roster.js'
import type { GroupState } from './state.js'

/** Groups of a worker mostly share one roster; a memo of a pure function. */
const ROSTERS_KEPT = 16
const read = new Map<string, Roster>()

/** Undefined before the first roster. */
export function rosterOf({ people }: GroupState): Roster | undefined {
  const { roster } = people
  if (roster === null) return undefined
  let found = read.get(roster.digestHex)
  if (found === undefined) {
    found = parseRoster(roster.document, `roster ${roster.id} v${roster.version}`)
    if (read.size >= ROSTERS_KEPT) read.clear()
    read.set(roster.digestHex, found)
  }
  return found
}

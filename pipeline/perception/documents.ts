/**
 * The documents of people's state: policies and rosters that wait, those to go back to, and the policies above them, by digest.
 *
 * There is room for a number of them. Whatever is needed stays; of the rest the one that came first is forgotten, and can be sent again.
 * Depends on the state and the details of commands.
 */
import { readDetail } from '../governance/people/command-detail.js'
import { refuseUnless } from './outcome.js'
import { type DocumentReference, PEOPLE_LIMITS } from './people-state.js'
import type { GroupState, PolicyReference } from './state.js'

/** Refuses when all that there is room for are needed. One that is kept already counts as the newest. */
export function keepDocument(state: GroupState, document: DocumentReference): void {
  const { documents } = state.people
  documents.delete(document.digestHex)
  if (documents.size >= PEOPLE_LIMITS.documents) {
    const needed = neededDocuments(state)
    const idle = [...documents.keys()].find((digestHex) => !needed.has(digestHex))
    refuseUnless(idle !== undefined, 'state-limit', `more than ${PEOPLE_LIMITS.documents} documents wait`)
    documents.delete(idle)
  }
  documents.set(document.digestHex, document)
}

export function documentOf({ policyId, ...policy }: PolicyReference): DocumentReference {
  return { kind: 'policy', id: policyId, ...policy }
}

/** Those that a change under way names, or a trial; and what is above one of these or above the policy in force, up to the root. */
function neededDocuments({ people, policy, groupId }: GroupState): Set<string> {
  const needed = new Set<string>()
  const need = (digestHex: string | undefined): void => {
    for (let at = digestHex; at !== undefined && !needed.has(at); ) {
      needed.add(at)
      at = people.documents.get(at)?.parent?.digestHex
    }
  }
  need(policy?.parent?.digestHex)
  need(people.trial?.previousHex)
  for (const [changeHex, { stage, manifest }] of people.changes) {
    if (stage === 'full' || stage === 'rolled-back') continue
    // The digest of a new roster is that of its text.
    need(changeHex)
    const read = readDetail('change', manifest)
    const entries = 'detail' in read ? read.detail.entries : []
    need(entries.find(({ group }) => group === groupId)?.digest)
  }
  return needed
}

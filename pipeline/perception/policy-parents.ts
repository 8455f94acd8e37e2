/**
 * Holds policies against those above them, by the texts that the agent has: so that nobody puts a looser one in force, whoever signs for it.
 *
 *   a version to be activated   every policy above it is there, and each link is proven
 *   what was above stays above  in the text that the new version's chain names, or by proof against the text that was there
 *   the first of a group        proven against what is there; what is not there is told
 *
 * Depends on the state, the documents and the chain of policies.
 */
import { WeirError } from '../errors.js'
import { type PolicyFile, parsePolicyFile } from '../governance/policy.js'
import { policiesAbove, proveChain, proveLink, type TreeFile } from '../governance/policy-chain.js'
import { printable } from '../governance/printable.js'
import type { CycleCollector } from './outcome.js'
import type { DocumentReference } from './people-state.js'
import type { GroupState } from './state.js'

/** Longest id of a document, characters. */
export const ID_LENGTH = 128

export function placeOf(kind: string, id: string, version: number): string {
  return `${kind} ${printable(id, ID_LENGTH)} v${version}`
}

/** Why a policy must not be in force; `missing` when a text has to come first. */
export interface TreeFault {
  readonly kind: 'missing' | 'looser'
  readonly detail: string
}

/** Undefined when the policy is proven against all that is above it and all that was above the one in force. */
export function treeFaultOf(state: GroupState, child: TreeFile): TreeFault | undefined {
  try {
    const { parents, orphan } = above(state, child)
    if (orphan !== undefined) return missing(orphan)
    proveChain([child, ...parents])
    return faultAgainstFormer(state, child, new Set(parents.map(({ policy }) => policy.policyId)))
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    return { kind: 'looser', detail: error.toLine() }
  }
}

/**
 * A newer text of a policy above is part of what is approved, because the child names its digest. A chain that no longer has the policy
 * has nothing of the kind, so the text that was there counts.
 */
function faultAgainstFormer(
  state: GroupState,
  child: TreeFile,
  names: ReadonlySet<string>,
): TreeFault | undefined {
  let former = state.policy?.parent ?? null
  while (former !== null) {
    const { policyId, digestHex } = former
    const document = policyText(state, digestHex)
    if (!names.has(policyId)) {
      if (document === undefined) {
        const detail = `${policyId}, above the policy in force, has not come (send its text of digest ${digestHex} on the policy stream, then try again)`
        return { kind: 'missing', detail }
      }
      proveLink(child, read(document))
    }
    former = document?.parent ?? null
  }
  return undefined
}

/**
 * A policy that is taken as it comes: proven against those above it that are there.
 *
 * @returns what is to be told when one is not there; undefined when all are
 * @throws WeirError `WEIR_POLICY` when it is looser than one that is there
 */
export function proveAsFarAsKnown(state: GroupState, child: TreeFile): string | undefined {
  const { parents, orphan } = above(state, child)
  proveChain([child, ...parents])
  return orphan === undefined ? undefined : missing(orphan).detail
}

/** Judges the policy in force, which was taken as it came, when the last text above it comes. */
export function judgeInForce(collector: CycleCollector, arrivedHex: string): void {
  const { state } = collector
  if (state.policy === null || !isAboveInForce(state, arrivedHex)) return
  const { policyId, version, document } = state.policy
  const file = placeOf('policy', policyId, version)
  const subject = `policy:${policyId}`
  try {
    if (proveAsFarAsKnown(state, { file, ...parsePolicyFile(document, file) }) !== undefined) return
    const message = `${file} is proven: all policies above it have come, and it only tightens them.`
    collector.alert('INFO', 'policy-proven', subject, message)
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    const message = `The policy in force is not within what is above it: ${error.toLine()}`
    collector.alert('CRITICAL', 'policy-looser', subject, message)
  }
}

function isAboveInForce(state: GroupState, digestHex: string): boolean {
  for (
    let at = state.policy?.parent ?? null;
    at !== null;
    at = policyText(state, at.digestHex)?.parent ?? null
  )
    if (at.digestHex === digestHex) return true
  return false
}

function above(state: GroupState, child: TreeFile) {
  return policiesAbove(child, ({ policy }) => {
    const found = policyText(state, policy.parent!.digestHex)
    return found === undefined ? undefined : read(found)
  })
}

/** A roster's text is none, whoever names it. */
function policyText(state: GroupState, digestHex: string): DocumentReference | undefined {
  const found = state.people.documents.get(digestHex)
  return found?.kind === 'policy' ? found : undefined
}

/**
 * Groups of a worker mostly have the same policies above them: a memo of a pure function, since the record of such a policy has the id and
 * version of its text, which stand in messages. By size, because a text that was read is many times as large.
 */
const MEMO_CHARACTERS = 256 * 1024
const memo = new Map<string, TreeFile>()
let memoCharacters = 0

function read({ id, version, digestHex, document }: DocumentReference): TreeFile {
  const known = memo.get(digestHex)
  if (known !== undefined) return known
  const file = placeOf('policy', id, version)
  const made = { file, ...parsePolicyFile(document, file) }
  if (memoCharacters + document.length > MEMO_CHARACTERS) {
    memo.clear()
    memoCharacters = 0
  }
  memo.set(digestHex, made)
  memoCharacters += document.length
  return made
}

function missing({ policy, document }: PolicyFile): TreeFault {
  const { policyId, digestHex } = policy.parent!
  const message = `its parent ${policyId} has not come`
  const remedy = `send its text of digest ${digestHex} on the policy stream, then try again`
  return { kind: 'missing', detail: document.errorAt(['parent', 'digest'], message, remedy).toLine() }
}

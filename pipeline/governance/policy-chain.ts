/**
 * A policy and those above it, one after the other: who may stand above whom, and the proof that each only tightens the next.
 *
 * Where the texts come from is the caller's: a folder (`policy-tree.ts`), or the documents of an agent. Pure; depends on the policy, its
 * document and the proof of two.
 */
import { POLICY_LEVELS, type PolicyFile } from './policy.js'
import { type ProvenRule, proveTightening } from './tightening.js'

/** A policy and where it was read from. */
export interface TreeFile extends PolicyFile {
  readonly file: string
}

/** The policies above one, from the nearest up. */
export interface PoliciesAbove {
  readonly parents: readonly TreeFile[]
  /** Whose parent is not there; undefined when the chain goes up to the root. */
  readonly orphan: TreeFile | undefined
}

/**
 * Follows the parents of a policy upwards. At most as many as there are levels above it.
 *
 * @param find the policy that another names as its parent, by digest; undefined when it is not there
 * @throws WeirError `WEIR_POLICY` at the key `parent` of the policy that names one that cannot be used
 */
export function policiesAbove(
  child: TreeFile,
  find: (child: TreeFile) => TreeFile | undefined,
): PoliciesAbove {
  const parents: TreeFile[] = []
  const names = new Set([child.policy.policyId])
  for (let at = child; at.policy.parent !== undefined; at = parents[parents.length - 1]) {
    const parent = find(at)
    if (parent === undefined) return { parents, orphan: at }
    checkNames(at, parent, names)
    checkLevels(at, parent)
    names.add(parent.policy.policyId)
    parents.push(parent)
  }
  return { parents, orphan: undefined }
}

/** @param below names of the policies below the parent */
function checkNames(child: TreeFile, { policy }: TreeFile, below: ReadonlySet<string>): void {
  const { policyId } = child.policy.parent!
  if (policy.policyId !== policyId) {
    const message = `the digest is that of ${policy.policyId}, not of ${policyId}`
    throw child.document.errorAt(['parent', 'digest'], message, `write the digest of the text of ${policyId}`)
  }
  if (!below.has(policyId)) return
  const message = `${policyId} is above itself`
  throw child.document.errorAt(['parent', 'policy'], message, 'name a policy of a higher level')
}

function checkLevels(child: TreeFile, parent: TreeFile): void {
  const { policyId, level } = parent.policy
  const above = POLICY_LEVELS.slice(0, POLICY_LEVELS.indexOf(child.policy.level!))
  if (level !== undefined && above.includes(level)) return
  const is = level === undefined ? 'has no level' : `is of level ${level}`
  const message = `the parent ${policyId} ${is}, not above ${child.policy.level}`
  throw child.document.errorAt(['parent', 'policy'], message, `a parent is of level ${above.join(' or ')}`)
}

/**
 * Proves that a policy only tightens one above it.
 *
 * @returns the rules that it replaces, each proven
 * @throws WeirError `WEIR_POLICY` at the first key that is looser
 */
export function proveLink(lower: TreeFile, upper: TreeFile): readonly ProvenRule[] {
  const { looser, proven } = proveTightening(upper.policy, lower.policy)
  const [first] = looser
  if (first === undefined) return proven
  const more = looser.length - 1
  const message = `looser than ${upper.policy.policyId}: ${first.message}`
  throw lower.document.errorAt(
    first.path,
    more === 0 ? message : `${message}, and ${more} more`,
    first.remedy,
  )
}

/**
 * The same for each policy of a chain and the next.
 *
 * @param chain from the lowest up
 */
export function proveChain(chain: readonly TreeFile[]): readonly ProvenRule[] {
  return chain.slice(1).flatMap((upper, index) => proveLink(chain[index], upper))
}

/**
 * The tree of policies as a folder has it: enterprise, region, entity, group. A child names its parent and the SHA-256 of the parent's text,
 * so that it was proven against these very words and nobody can change them under it; in a folder that text is the parent's newest.
 *
 * Pure; depends on the chain of policies. Reading a folder is the command line's.
 */
import type { WeirError } from '../errors.js'
import type { Policy } from './policy.js'
import { policiesAbove, proveChain, type TreeFile } from './policy-chain.js'
import type { ProvenRule } from './tightening.js'

export const digestOf = ({ digest }: Policy): string => Buffer.from(digest).toString('hex')

/** The policies of a folder by digest and by name. */
export class PolicyTree {
  readonly #byDigest = new Map<string, TreeFile>()
  readonly #byName = new Map<string, TreeFile[]>()

  /**
   * @param files in any order; the same text twice counts once
   * @throws WeirError `WEIR_POLICY` when two texts claim to be the same version of one policy
   */
  constructor(files: readonly TreeFile[]) {
    for (const one of files) {
      const digest = digestOf(one.policy)
      if (this.#byDigest.has(digest)) continue
      const { policyId, version } = one.policy
      const known = this.#byName.get(policyId) ?? []
      const other = known.find(({ policy }) => policy.version === version)
      if (other !== undefined) {
        const message = `${policyId} version ${version} is also in ${other.file}, with another text`
        throw one.document.errorAt(['version'], message, 'give each text its own version')
      }
      this.#byDigest.set(digest, one)
      this.#byName.set(policyId, [...known, one])
    }
  }

  /**
   * The parents of a policy from the nearest to the root; none when it names none.
   *
   * @throws WeirError `WEIR_POLICY` at the key `parent` of the policy that names one that cannot be used
   */
  parentsOf(child: TreeFile): readonly TreeFile[] {
    return policiesAbove(child, (at) => this.#parentOf(at)).parents
  }

  #parentOf({ policy, document }: TreeFile): TreeFile {
    const { policyId, digestHex } = policy.parent!
    const mistake = (key: 'policy' | 'digest', message: string, remedy: string): WeirError =>
      document.errorAt(['parent', key], message, remedy)
    const named = this.#byName.get(policyId) ?? []
    const found = this.#byDigest.get(digestHex)
    if (named.length === 0) {
      const there = found === undefined ? '' : `; the digest is that of ${found.policy.policyId}`
      const remedy = 'add its file to the folder of policies, or correct the name'
      throw mistake('policy', `there is no policy ${policyId}${there}`, remedy)
    }
    const newest = named.reduce((a, b) => (b.policy.version > a.policy.version ? b : a))
    const version = `version ${newest.policy.version} in ${newest.file}`
    const remedy = `read what changed, then write digest: ${digestOf(newest.policy)}`
    if (found === undefined) {
      throw mistake('digest', `no text of ${policyId} has this digest; there is ${version}`, remedy)
    }
    // Of another policy is told by whoever follows the parents.
    if (found.policy.policyId !== policyId || found === newest) return found
    const message = `${policyId} version ${found.policy.version} is not the newest: there is ${version}`
    throw mistake('digest', message, remedy)
  }
}

export interface Lineage {
  /** From the nearest to the root. */
  readonly parents: readonly TreeFile[]
  /** Rules that were replaced somewhere on the way up, and proven. */
  readonly proven: readonly ProvenRule[]
}

/**
 * Proves that a policy tightens its parent, that one its own parent, and so on to the root.
 *
 * @throws WeirError `WEIR_POLICY` at the first key that is looser, in the document of the looser policy
 */
export function proveLineage(tree: PolicyTree, child: TreeFile): Lineage {
  const parents = tree.parentsOf(child)
  return { parents, proven: proveChain([child, ...parents]) }
}

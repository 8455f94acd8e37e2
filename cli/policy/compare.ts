/** `weir policy diff`: what changes between two policies, in words and numbers. Depends on governance. */

import type { TreeFile } from '../../pipeline/governance/policy-chain.js'
import { describeChange, differences } from '../../pipeline/governance/policy-difference.js'
import { digestOf } from '../../pipeline/governance/policy-tree.js'
import { printable } from '../../pipeline/governance/printable.js'
import { proveTightening, type Tightening } from '../../pipeline/governance/tightening.js'
import { printJson, printText } from '../output.js'
import { readPolicyFile } from './files.js'

/** Characters of one change; two rules of a screen each would fill the terminal. */
const LINE_LENGTH = 400

export function compare(beforePath: string, afterPath: string, flags: { readonly json?: boolean }): void {
  const before = readPolicyFile(beforePath)
  const after = readPolicyFile(afterPath)
  const changes = differences(before.policy, after.policy)
  const proof = proveTightening(before.policy, after.policy)
  if (flags.json === true) {
    const reasons = proof.looser.map(({ message }) => message)
    printJson({
      before: named(before),
      after: named(after),
      changes,
      tightens: proof.tightens,
      looser: reasons,
    })
    return
  }
  for (const change of changes) printText(printable(describeChange(change), LINE_LENGTH))
  printText(verdict(before, after, changes.length, proof))
}

function named({ file, policy }: TreeFile): object {
  return { file, policyId: policy.policyId, version: policy.version, digest: digestOf(policy) }
}

function verdict(
  before: TreeFile,
  after: TreeFile,
  changes: number,
  { tightens, looser }: Tightening,
): string {
  if (changes === 0) return `${after.file} allows the same as ${before.file}.`
  if (tightens) return `${after.file} only tightens ${before.file}.`
  const more = looser.length === 1 ? '' : `, and ${looser.length - 1} more`
  return `${after.file} does not only tighten ${before.file}: ${printable(looser[0].message, LINE_LENGTH)}${more}.`
}

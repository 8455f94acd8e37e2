/** `weir policy lint`: each file by itself, and against its parents where it names one. Depends on governance. */
import { WeirError } from '../../pipeline/errors.js'
import type { TreeFile } from '../../pipeline/governance/policy-chain.js'
import { digestOf, type Lineage, PolicyTree, proveLineage } from '../../pipeline/governance/policy-tree.js'
import { EXIT } from '../failure.js'
import { note, printJson, printText } from '../output.js'
import { policyFilesIn, readPolicyFile } from './files.js'

interface LintFlags {
  readonly json?: boolean
  readonly policies?: string
}

/** A file with what is known of it: a policy and its parents, or the first mistake. */
interface Finding {
  readonly file: string
  readonly read: TreeFile | undefined
  readonly lineage: Lineage | undefined
  readonly mistake: WeirError | undefined
}

export function lint(paths: readonly string[], flags: LintFlags): void {
  const files = paths.map(readFinding)
  const folder = flags.policies === undefined ? [] : policyFilesIn(flags.policies)
  const others = folder.filter((path) => !paths.includes(path)).map(readFinding)
  const tree = treeOf([...files, ...others])
  const findings = files.map((finding) => placed(finding, tree, flags.policies))
  // A folder with a broken policy is no tree to prove anything in.
  const wrong = [...findings, ...others].flatMap(({ mistake }) => (mistake === undefined ? [] : [mistake]))
  if (tree instanceof WeirError) wrong.push(tree)
  if (flags.json === true) printJson({ valid: wrong.length === 0, policies: findings.map(asJson) })
  else for (const finding of findings) if (finding.lineage !== undefined) printText(describe(finding))
  for (const mistake of wrong) note(`weir: ${mistake.toLine()}`)
  process.exitCode = wrong.length === 0 ? EXIT.ok : EXIT.badInput
}

function readFinding(file: string): Finding {
  const read = attempt(() => readPolicyFile(file))
  if (read instanceof WeirError) return { file, read: undefined, lineage: undefined, mistake: read }
  return { file, read, lineage: undefined, mistake: undefined }
}

function treeOf(findings: readonly Finding[]): PolicyTree | WeirError {
  return attempt(() => new PolicyTree(findings.flatMap(({ read }) => (read === undefined ? [] : [read]))))
}

/** The finding with its parents, or with why they are none. */
function placed(finding: Finding, tree: PolicyTree | WeirError, folder: string | undefined): Finding {
  const { read } = finding
  if (read === undefined || tree instanceof WeirError) return finding
  if (read.policy.parent !== undefined && folder === undefined) {
    const message = `nothing is proven against the parent ${read.policy.parent.policyId}`
    const mistake = read.document.errorAt(['parent'], message, 'give its folder with --policies DIR')
    return { ...finding, mistake }
  }
  const lineage = attempt(() => proveLineage(tree, read))
  return lineage instanceof WeirError ? { ...finding, mistake: lineage } : { ...finding, lineage }
}

/** What `work` gives, or the mistake that it was told. */
function attempt<T>(work: () => T): T | WeirError {
  try {
    return work()
  } catch (error) {
    if (error instanceof WeirError) return error
    throw error
  }
}

function asJson({ file, read, lineage, mistake }: Finding): object {
  if (mistake !== undefined) {
    const { code, message, place, remedy } = mistake
    return { file, valid: false, error: { code, message, place, remedy } }
  }
  const { policyId, version, groupId, mode, level } = read!.policy
  return {
    file,
    valid: lineage !== undefined,
    policyId,
    version,
    groupId,
    mode,
    level: level ?? 'group',
    digest: digestOf(read!.policy),
    parents: (lineage?.parents ?? []).map((parent) => ({
      file: parent.file,
      policyId: parent.policy.policyId,
      version: parent.policy.version,
      digest: digestOf(parent.policy),
    })),
    provenRules: lineage?.proven ?? [],
  }
}

function describe({ file, read, lineage }: Finding): string {
  const { policyId, version, groupId, mode, level, accounts } = read!.policy
  const what = groupId === '' ? `of level ${level}` : `for group ${groupId}`
  const short = digestOf(read!.policy).slice(0, 12)
  const above = lineage!.parents.map(({ policy }) => `${policy.policyId} version ${policy.version}`)
  const tightens = above.length === 0 ? '' : `, tightens ${above.join(', which tightens ')}`
  return `${file}: ok: ${policyId} version ${version} ${what}, ${mode}, ${accounts.length} accounts, digest ${short}${tightens}`
}

/**
 * `weir policy propose`, `approve`, `activate` and `rollback`: a change of policies from its proposal to being in force.
 *
 * A change is a manifest, canonical JSON of which version each group gets; all voices are bound to its digest, so whoever approves has the same
 * file. Each group of the change is told by a command of its own. Depends on the policy files and sending.
 */
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import type { ChangeManifest } from '../../pipeline/governance/people/command-detail.js'
import { digestOf, PolicyTree, proveLineage } from '../../pipeline/governance/policy-tree.js'
import { canonicalJson, type Json } from '../../schemas/canonical-json.js'
import { required } from '../flags.js'
import { type PolicyText, policyFilesIn, readPolicyFile } from '../policy/files.js'
import { shellWord } from '../shell.js'
import { type LetterRecord, policyRecord } from './letter.js'
import {
  checkedManifest,
  describeManifest,
  MANIFEST_FLAG,
  ordersOf,
  readManifest,
  writeManifest,
} from './manifest.js'
import { addPeopleFlags, PEOPLE_HELP, type PeopleFlags, Settings } from './people-flags.js'
import { send } from './send.js'

interface ChangeFlags extends PeopleFlags {
  readonly change?: string
  readonly policies?: string
  readonly manifest?: string
  readonly stage?: string
  readonly for?: string
}

const STAGES = ['shadow', 'canary', 'full'] as const

/** Registered below `weir policy`. */
export function registerAt(policy: Command): void {
  addPeopleFlags(
    policy
      .command('propose')
      .description('propose new versions of policies; writes the manifest that others approve')
      .argument('<file...>', 'YAML files, one a group')
      .option('--change <id>', 'needed: name of the change')
      .option(
        '--policies <dir>',
        'folder of their parents, which are sent with them; needed when one names a parent',
      )
      .option(...MANIFEST_FLAG),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir policy propose europe.yaml --change q3-limits --reason 'limits of the third quarter'\n${PEOPLE_HELP}`,
    )
    .action(propose)
  const steps = [
    ['approve', 'APPROVE', 'say yes to a change, by its manifest'],
    ['activate', 'ACTIVATE', 'take an approved change to its next stage'],
    ['rollback', 'ROLLBACK', 'put the policy before a change in force again'],
  ] as const
  for (const [word, kind, description] of steps) {
    const command = policy
      .command(word)
      .description(description)
      .argument('<change>', 'name of the change')
      .option(...MANIFEST_FLAG)
    if (word === 'activate') command.option('--stage <stage>', `needed: ${STAGES.join(', ')}`)
    if (word === 'approve')
      command.option('--for <person>', 'with the roles that this person has delegated to you')
    const stage = word === 'activate' ? ' --stage shadow' : ''
    addPeopleFlags(command)
      .addHelpText(
        'after',
        `\nExample:\n  $ weir policy ${word} q3-limits${stage} --reason 'as agreed'\n${PEOPLE_HELP}`,
      )
      .action((change: string, flags: ChangeFlags) => step(word, kind, change, flags))
  }
}

async function propose(files: readonly string[], flags: ChangeFlags): Promise<void> {
  const settings = new Settings(flags, 'weir policy propose')
  const change = required(flags.change, '--change', 'weir policy propose')
  const proposed = proven(files.map(readForGroup), flags.policies)
  const entries = proposed
    .map(({ policy }) => ({
      kind: 'policy',
      group: policy.groupId,
      policy: policy.policyId,
      version: policy.version,
      digest: digestOf(policy),
    }))
    .sort((a, b) => (a.group < b.group ? -1 : 1))
  const twice = entries.find(({ group }, index) => entries[index + 1]?.group === group)
  if (twice !== undefined)
    throw wrong(files.join(', '), `two policies are for group ${twice.group}`, 'give one a group')
  const manifest = canonicalJson({ change, entries } as unknown as Json)
  const { digest, file } = checkedManifest(manifest, change, flags.manifest)
  const documents = (eventTime: number): LetterRecord[] => {
    // Whoever is asked and says no leaves no file.
    writeManifest(file, manifest)
    return proposed.flatMap((one) => recordsOf(one, eventTime))
  }
  const orders = ordersOf('PROPOSE', { change, entries } as ChangeManifest, digest, manifest)
  await send(settings, {
    orders,
    documents,
    notes: [
      ...describeManifest({ change, entries } as ChangeManifest, digest, file),
      ...proposed.flatMap(({ policy, parents }) =>
        parents.map((one) => `${policy.groupId}: with ${named(one)} above it`),
      ),
    ],
    next: () => [
      `an approver and a risk-officer approve it, with ${file}: weir policy approve ${shellWord(change)} --reason TEXT`,
    ],
  })
}

async function step(
  word: string,
  kind: 'APPROVE' | 'ACTIVATE' | 'ROLLBACK',
  change: string,
  flags: ChangeFlags,
): Promise<void> {
  const settings = new Settings(flags, `weir policy ${word}`)
  const { digest, file, manifest } = readManifest(change, flags.manifest)
  const detail =
    kind === 'ACTIVATE'
      ? canonicalJson({ stage: stageOf(flags.stage) })
      : flags.for === undefined
        ? ''
        : canonicalJson({ for: flags.for })
  const all = ordersOf(kind, manifest, digest, detail)
  const group = flags.group
  const orders = group === undefined ? all : all.filter(({ groupId }) => groupId === group)
  if (orders.length === 0)
    throw wrong('--group', `${change} is not about group ${group}`, 'leave it out for all of the change')
  await send(settings, { orders, notes: describeManifest(manifest, digest, file) })
}

/** A policy that is proposed, and those above it, from the nearest to the root. */
interface Proposed extends PolicyText {
  readonly parents: readonly PolicyText[]
}

/** What is proposed only tightens what is above it. @throws WeirError WEIR_POLICY when that is not proven */
function proven(files: readonly PolicyText[], folder: string | undefined): Proposed[] {
  const all = [...files, ...(folder === undefined ? [] : policyFilesIn(folder).map(readPolicyFile))]
  const texts = new Map(all.map((one) => [digestOf(one.policy), one]))
  const tree = new PolicyTree(all)
  return files.map((file) => {
    const { parent } = file.policy
    if (parent !== undefined && folder === undefined) {
      const message = `nothing is proven against the parent ${parent.policyId}`
      throw file.document.errorAt(['parent'], message, 'give its folder with --policies DIR')
    }
    const { parents } = proveLineage(tree, file)
    return { ...file, parents: parents.map(({ policy }) => texts.get(digestOf(policy))!) }
  })
}

/** The agent proves it too, so what is above goes with it, from the root down; a record is for one group, so each has its own. */
function recordsOf(proposed: Proposed, eventTime: number): LetterRecord[] {
  const { groupId } = proposed.policy
  return [...proposed.parents]
    .reverse()
    .concat(proposed)
    .map(({ policy: { policyId, version }, text }) =>
      policyRecord({ groupId, eventTime, policyId, version, document: text }),
    )
}

const named = ({ policy }: PolicyText): string => `${policy.policyId} version ${policy.version}`

function readForGroup(file: string): PolicyText {
  const read = readPolicyFile(file)
  const { policy, document } = read
  if (policy.groupId !== '') return read
  throw document.errorAt(
    ['level'],
    `a policy of level ${policy.level} governs no group`,
    'propose policies of level group; those above them are sent with them from --policies DIR',
  )
}

function stageOf(text: string | undefined): string {
  const stage = STAGES.find((one) => one === text)
  if (stage !== undefined) return stage
  throw wrong(
    '--stage',
    text === undefined ? 'this flag is needed' : `there is no stage '${text.slice(0, 40)}'`,
    `stages are ${STAGES.join(', ')}`,
  )
}

function wrong(place: string, message: string, remedy: string): WeirError {
  return new WeirError('WEIR_USAGE', message, { place, remedy })
}

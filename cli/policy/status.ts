/** `weir policy status`: policies in force and changes under way, from the journal of a run. Depends on the journal and governance. */
import type { Command } from 'commander'
import { printable } from '../../pipeline/governance/printable.js'
import type { ChangeRollout, NextStep } from '../../pipeline/governance/rollout.js'
import { type PolicyStatus, readPolicyStatus } from '../../sinks/rollout/read-rollout.js'
import { formatTable } from '../amounts.js'
import { DEMO_DATA_DIR } from '../flags.js'
import { printJson, printText } from '../output.js'
import { withStoredRun } from './stored-run.js'

/** Characters of a note; guardrails with their numbers are longer, and are whole in the JSON. */
const NOTE_LENGTH = 160
const DIGEST_SHOWN = 12

interface StatusFlags {
  readonly dataDir?: string
  readonly json?: boolean
}

export function registerAt(policy: Command): void {
  policy
    .command('status')
    .description('policies in force, and how far changes of them are')
    .option('--data-dir <dir>', 'data directory of the run; the run must not be going on')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The data directory is ${DEMO_DATA_DIR} unless given. For each change: who approved it, the stage of each group, and what is next or
is waited for. A group judges every command by itself; docs/policy-trials.md says how.`,
    )
    .action(run)
}

async function run({ dataDir = DEMO_DATA_DIR, json }: StatusFlags): Promise<void> {
  const status = await withStoredRun(dataDir, (entries, journal) => readPolicyStatus(journal, entries))
  if (json === true) printJson(status)
  else printText(describe(status))
}

function describe({ inForce, changes }: PolicyStatus): string {
  const rows = inForce.map(({ groupId, policyId, version, digest, decidedAtMicros }) => [
    groupId,
    policyId,
    String(version),
    digest.slice(0, DIGEST_SHOWN),
    new Date(decidedAtMicros / 1000).toISOString(),
  ])
  const table = formatTable(['group', 'policy', 'version', 'digest', 'last decision'], rows, ['version'])
  const told = changes.length === 0 ? ['No change was proposed.\n'] : changes.map(describeChange)
  return [table, ...told].join('\n')
}

function describeChange({ change, author, approvedBy, groups, next }: ChangeRollout): string {
  const rows = groups.map((group) => [
    group.groupId,
    `${group.policyId} v${group.version}`,
    group.inCohort ? 'yes' : 'no',
    group.stage,
    String(group.decisions),
    group.isReady ? 'yes' : 'no',
    printable(group.note, NOTE_LENGTH),
  ])
  const head = ['group', 'policy', 'cohort', 'stage', 'decisions', 'ready', '']
  const approved = approvedBy.length === 0 ? 'nobody' : approvedBy.join(', ')
  return `Change ${change}, proposed by ${author}, approved by ${approved}
${formatTable(head, rows, ['decisions'])}next: ${describeNext(next)}
`
}

function describeNext(next: NextStep): string {
  const why = printable(next.why, NOTE_LENGTH)
  if (next.command === 'none') return why
  const what = next.command === 'ROLLBACK' ? 'roll back' : `activate ${next.stage}`
  return `${what} in ${next.groups.join(', ')}: ${why}`
}

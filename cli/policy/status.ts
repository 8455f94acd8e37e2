/** `weir policy status`: policies in force and changes under way, from a run's journal or the journal topic. Depends on the journals and governance. */
import type { Command } from 'commander'
import { printable } from '../../pipeline/governance/printable.js'
import type { ChangeRollout, NextStep } from '../../pipeline/governance/rollout.js'
import { type PolicyStatus, PolicyStatusView } from '../../sinks/rollout/policy-status.js'
import { formatTable } from '../amounts.js'
import { loadConfiguration } from '../configuration.js'
import { DEMO_DATA_DIR } from '../flags.js'
import { addKafkaFlags, type KafkaFlags, kafkaTarget } from '../kafka-flags.js'
import { printJson, printText } from '../output.js'
import { type JournalTarget, presentJournal } from '../people/followed-journal.js'

/** Characters of a note; guardrails with their numbers are longer, and are whole in the JSON. */
const NOTE_LENGTH = 160
const DIGEST_SHOWN = 12

interface StatusFlags extends KafkaFlags {
  readonly dataDir?: string
}

export function registerAt(policy: Command): void {
  addKafkaFlags(
    policy
      .command('status')
      .description('policies in force, and how far changes of them are')
      .option('--data-dir <dir>', 'data directory of a run, which may be going on'),
  )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The journal is that of --data-dir; without it the journal topic, with --kafka or a kafka section in the file; else that of
${DEMO_DATA_DIR}. For each change: who approved it, the stage of each group, and what is next or is waited for. A group judges every
command by itself; docs/policy-trials.md says how. weir policy promote does what is next.

Examples:
  $ weir policy status --data-dir ./data
  $ weir policy status --config weir.yaml --json`,
    )
    .action(run)
}

async function run(flags: StatusFlags): Promise<void> {
  const view = new PolicyStatusView()
  for await (const { partition, body } of presentJournal(journalOf(flags))) view.take(partition, body)
  if (flags.json === true) printJson(view.status)
  else printText(describe(view.status))
}

function journalOf(flags: StatusFlags): JournalTarget {
  const { kafka, dataDir = DEMO_DATA_DIR } = loadConfiguration(flags.config)
  const isTopic = flags.dataDir === undefined && (flags.kafka !== undefined || kafka !== undefined)
  if (isTopic) return { kind: 'kafka', kafka: kafkaTarget(flags) }
  return { kind: 'run', dataDir: flags.dataDir ?? dataDir }
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

/**
 * `weir policy promote`: takes an approved change from stage to stage, whenever the groups say that it may go on, without anybody who sits there.
 *
 * Depends on the promoter, the signer and the flags of people.
 */
import type { Command } from 'commander'
import { wholeNumber } from '../flags.js'
import { interruptible } from '../interruption.js'
import { addKafkaFlags, addRegisterFlag } from '../kafka-flags.js'
import { note } from '../output.js'
import { confirm } from '../people/confirm.js'
import type { JournalTarget } from '../people/followed-journal.js'
import { describeManifest, MANIFEST_FLAG, readManifest } from '../people/manifest.js'
import {
  addSignerFlags,
  PERSON_CONFIG_FLAG,
  type PeopleFlags,
  Settings,
  waitOption,
} from '../people/people-flags.js'
import { runOf } from '../people/send.js'
import { Signer } from '../people/signer.js'
import { describeTarget, targetOf } from '../people/target.js'
import { Promoter } from './promoter.js'
import { PromotionLetters } from './promotion-letters.js'

interface PromoteFlags extends PeopleFlags {
  readonly manifest?: string
  readonly patience: number
  readonly rollBackOthers?: boolean
}

const DEFAULT_PATIENCE = 10
const PATIENCE_MOST = 1_000

export function registerAt(policy: Command): void {
  const command = policy
    .command('promote')
    .description(
      'take an approved change from stage to stage as the groups become ready, until it is in force',
    )
    .argument('<change>', 'name of the change')
    .option(...MANIFEST_FLAG)
    .option(
      '--patience <n>',
      'give up at so many times the decisions that a stage asks for',
      wholeNumber('--patience', 1, PATIENCE_MOST),
      DEFAULT_PATIENCE,
    )
    .option(
      '--roll-back-others',
      'when one group takes it back, take it back in the others; needs more than ACTIVATE',
    )
    .option(
      '--data-dir <dir>',
      'the data directory of a run over a folder that is under way: weir run --follow',
    )
  addSignerFlags(addRegisterFlag(addKafkaFlags(command)))
    .option(...PERSON_CONFIG_FLAG)
    .addOption(waitOption())
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON document at the end; needs --yes')
    .addHelpText(
      'after',
      `
It follows the journal and signs each next stage when the groups of the change say that it may go on: shadow when two have approved,
canary in the cohort, full everywhere when the canaries are through. Each step is told. It keeps nothing: after a restart it goes on
where the journal says that the change is. The key is that of a person of the roster who may ACTIVATE; see docs/policy-trials.md.

Exit codes: 0 it is in force everywhere; 3 a group took it back, it was withdrawn, or an order was refused; 4 no conclusion within
--patience, or an order was not seen in the journal; 130 interrupted, and the same command goes on.

Example:
  $ weir policy promote q3-limits --reason 'as approved' --yes
Docs: docs/policy-trials.md`,
    )
    .action(promote)
}

async function promote(change: string, flags: PromoteFlags): Promise<void> {
  const settings = new Settings(flags, 'weir policy promote')
  const manifest = readManifest(change, flags.manifest)
  const target = targetOf(flags, settings.person) as JournalTarget
  const signer = await Signer.open(settings)
  await runOf(target)
  for (const line of describeManifest(manifest.manifest, manifest.digest, manifest.file)) note(line)
  note(
    `each next stage is signed by ${settings.author} of roster ${settings.rosterId} and goes to ${describeTarget(target)}`,
  )
  await confirm('Proceed?', flags.yes === true)
  const { patience, rollBackOthers = false } = flags
  const letters = new PromotionLetters(settings, target, signer)
  const promoter = new Promoter(settings, manifest, letters, { patience, rollsBack: rollBackOthers })
  await interruptible((signal) => promoter.run(target, signal))
}

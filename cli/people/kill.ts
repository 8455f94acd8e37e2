/** `weir kill`: stops what an account, a rail, a group or everything sends; one person is enough. Depends on sending. */
import type { Command } from 'commander'
import { shellWord } from '../shell.js'
import { commandIdOf, type LetterRecord } from './letter.js'
import { addPeopleFlags, PEOPLE_HELP, type PeopleFlags, Settings } from './people-flags.js'
import { send } from './send.js'

export function register(program: Command): void {
  const command = program
    .command('kill')
    .description('stop what a subject sends, at once; two people lift it again')
    .argument(
      '<subject...>',
      'all, group:ID, entity:ID, account:ID, rail:ID, facility:ID, asset:ID or instruction-kind:KIND',
    )
  addPeopleFlags(command)
    .addHelpText(
      'after',
      `
Without --group: the group that the subject names, else that of the person configuration, else every group; all is always for
every group.

Examples:
  $ weir kill all --reason 'the bank calls: doubled payments' --yes
  $ weir kill account:ACC-1 rail:SEPA --group europe --reason 'balances are wrong'
${PEOPLE_HELP}`,
    )
    .action(kill)
}

async function kill(subjects: readonly string[], flags: PeopleFlags): Promise<void> {
  const settings = new Settings(flags, 'weir kill')
  const orders = subjects.map((subject) => ({
    kind: 'KILL' as const,
    subject,
    groupId: groupOf(subject, settings),
  }))
  await send(settings, { orders, next: liftWith })
}

function groupOf(subject: string, settings: Settings): string {
  if (settings.flags.group !== undefined) return settings.flags.group
  if (subject === 'all') return '*'
  return /^group:(.+)$/.exec(subject)?.[1] ?? settings.groupOr('*')
}

function liftWith(records: readonly LetterRecord[]): string[] {
  return records.map(
    ({ command, groupId }) =>
      `two people lift it: weir lift ${commandIdOf(command!)} --group ${shellWord(groupId)} --reason TEXT`,
  )
}

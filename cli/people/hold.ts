/** `weir hold` and `weir release`: nothing moves a subject until it is released. Depends on sending. */
import type { Command } from 'commander'
import { addPeopleFlags, PEOPLE_HELP, type PeopleFlags, Settings } from './people-flags.js'
import { send } from './send.js'

const DESCRIPTIONS = {
  hold: 'plan nothing that moves a subject, until it is released',
  release: 'end a hold',
} as const

export function register(program: Command): void {
  for (const word of ['hold', 'release'] as const) {
    const command = program
      .command(word)
      .description(DESCRIPTIONS[word])
      .argument('<subject...>', 'group, account:ID, rail:ID or facility:ID')
    addPeopleFlags(command)
      .addHelpText(
        'after',
        `
Example:
  $ weir ${word} account:ACC-1 --group europe --reason 'reconciliation of the morning'
${PEOPLE_HELP}`,
      )
      .action(async (subjects: readonly string[], flags: PeopleFlags) => {
        const settings = new Settings(flags, `weir ${word}`)
        const groupId = settings.groupOr(undefined)
        const kind = word === 'hold' ? 'HOLD' : 'RELEASE'
        await send(settings, { orders: subjects.map((subject) => ({ kind, subject, groupId })) })
      })
  }
}

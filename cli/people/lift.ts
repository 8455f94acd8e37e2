/** `weir lift`: one of the two voices that end a kill. Depends on sending. */
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { addPeopleFlags, PEOPLE_HELP, type PeopleFlags, Settings } from './people-flags.js'
import { send } from './send.js'

const ID = /^(?:kill:)?([0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})$/

export function register(program: Command): void {
  const command = program
    .command('lift')
    .description('say that a kill may end; with the second person it does')
    .argument('<kill...>', 'ids of kills, as weir pending shows them')
  addPeopleFlags(command)
    .addHelpText(
      'after',
      `
Example:
  $ weir lift 5b0f8c1e-3d0a-8c57-9f0e-2c4c8f6f9a11 --group europe --reason 'the bank has corrected it'
${PEOPLE_HELP}`,
    )
    .action(lift)
}

async function lift(ids: readonly string[], flags: PeopleFlags): Promise<void> {
  const settings = new Settings(flags, 'weir lift')
  const groupId = settings.groupOr(undefined)
  await send(settings, {
    orders: ids.map((id) => ({ kind: 'LIFT', subject: `kill:${killIdOf(id)}`, groupId })),
    notes: ['the kill ends when two people have lifted it; one voice alone changes nothing'],
  })
}

/** As the agent writes it: two voices for one kill must name it alike. */
function killIdOf(text: string): string {
  const [, id] = ID.exec(text) ?? []
  if (id !== undefined) return id.replaceAll('-', '').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  throw new WeirError('WEIR_USAGE', 'it is no id of a kill', {
    place: text.slice(0, 60),
    remedy: 'give an id that weir kill printed, or that weir pending shows',
  })
}

/** `weir delegate` and `weir revoke`: another person says yes with one's roles for a while. Depends on sending. */
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { ROLES, type Role } from '../../pipeline/governance/people/roles.js'
import { canonicalJson } from '../../schemas/canonical-json.js'
import { addPeopleFlags, PEOPLE_HELP, type PeopleFlags, Settings } from './people-flags.js'
import { send } from './send.js'
import { instant, isoOfMicros } from './times.js'

interface DelegateFlags extends PeopleFlags {
  readonly roles?: readonly string[]
  readonly until?: number
}

export function register(program: Command): void {
  addPeopleFlags(
    program
      .command('delegate')
      .description('let another person approve with your roles, until a time')
      .argument('<person>', 'by the name in the roster')
      .option('--roles <role...>', `needed: which of your roles: ${ROLES.join(', ')}`)
      .option('--until <time>', 'needed: within 30 days, with its zone', instant('--until')),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir delegate omar --roles approver --until 2026-03-20T17:00:00Z --group europe --reason 'on leave'\n${PEOPLE_HELP}`,
    )
    .action(delegate)
  addPeopleFlags(
    program
      .command('revoke')
      .description('end what you have delegated to a person')
      .argument('<person>', 'by the name in the roster'),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir revoke omar --group europe --reason 'back at work'\n${PEOPLE_HELP}`,
    )
    .action(async (person: string, flags: PeopleFlags) => {
      const settings = new Settings(flags, 'weir revoke')
      const groupId = settings.groupOr(undefined)
      await send(settings, { orders: [{ kind: 'REVOKE', subject: `person:${person}`, groupId }] })
    })
}

async function delegate(person: string, flags: DelegateFlags): Promise<void> {
  const settings = new Settings(flags, 'weir delegate')
  const roles = rolesOf(flags.roles)
  if (flags.until === undefined)
    throw new WeirError('WEIR_USAGE', 'this flag is needed', {
      place: '--until',
      remedy: 'see: weir delegate --help',
    })
  const until = flags.until * 1_000
  await send(settings, {
    orders: [
      {
        kind: 'DELEGATE',
        subject: `person:${person}`,
        groupId: settings.groupOr(undefined),
        detail: canonicalJson({ roles, until }),
      },
    ],
    notes: [`roles ${roles.join(', ')}, until ${isoOfMicros(until)}`],
  })
}

function rolesOf(words: readonly string[] | undefined): Role[] {
  const given = [...new Set((words ?? []).flatMap((word) => word.split(',')))]
  const unknown = given.find((word) => !(ROLES as readonly string[]).includes(word))
  if (given.length > 0 && unknown === undefined) return given as Role[]
  throw new WeirError(
    'WEIR_USAGE',
    unknown === undefined ? 'this flag is needed' : `there is no role '${unknown.slice(0, 40)}'`,
    {
      place: '--roles',
      remedy: `roles are ${ROLES.join(', ')}`,
    },
  )
}

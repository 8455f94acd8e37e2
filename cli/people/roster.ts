/** `weir roster`: who may command a group; checked, begun and changed. Depends on the roster's reader and sending. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { parseRoster, type Roster } from '../../pipeline/governance/people/roster.js'
import { toHex } from '../../pipeline/identity.js'
import { printJson, printText } from '../output.js'
import { shellWord } from '../shell.js'
import { rosterRecord } from './letter.js'
import {
  addPeopleFlags,
  addTargetFlags,
  PEOPLE_HELP,
  type PeopleFlags,
  Settings,
  type TargetFlags,
} from './people-flags.js'
import { groupName, send } from './send.js'

export function register(program: Command): void {
  const roster = program.command('roster').description('who may command a group')
  roster
    .command('check')
    .description('check a roster; every mistake with file, line and column')
    .argument('<file>', 'YAML file')
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\nExample:\n  $ weir roster check roster.yaml`)
    .action(check)
  addTargetFlags(
    roster
      .command('establish')
      .description('give a group its first roster; needs no signature, and works once')
      .argument('<file>', 'YAML file'),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir roster establish roster.yaml --group '*' --config weir.yaml\n${PEOPLE_HELP}`,
    )
    .action(establish)
  addPeopleFlags(
    roster
      .command('propose')
      .description('propose a new version; another admin approves it, and it is in force')
      .argument('<file>', 'YAML file'),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir roster propose roster.yaml --group europe --reason 'omar has left'\n${PEOPLE_HELP}`,
    )
    .action(propose)
}

interface RosterFile {
  readonly text: string
  readonly roster: Roster
}

/** Above what a roster may have, so that its own reader tells the bound. */
const FILE_BYTES_MOST = 512 * 1024

function readRoster(file: string): RosterFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8').slice(0, FILE_BYTES_MOST)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new WeirError('WEIR_POLICY', code === 'ENOENT' ? 'no such file' : `it cannot be read (${code})`, {
      place: file,
      remedy: 'give the path of a YAML file',
      cause,
    })
  }
  return { text, roster: parseRoster(text, file) }
}

function check(file: string, { json }: { readonly json?: boolean }): void {
  const { roster } = readRoster(file)
  const { rosterId, version, people, authorities } = roster
  const digest = toHex(roster.digest)
  if (json === true) {
    const persons = [...people.values()].map(({ personId, roles, entities, keys, signIns }) => ({
      person: personId,
      roles: [...roles],
      entities: entities === undefined ? null : [...entities],
      keys: keys.length,
      signIns: signIns.length,
    }))
    printJson({
      valid: true,
      rosterId,
      version,
      digest,
      people: persons,
      authorities: [...authorities.keys()],
    })
    return
  }
  printText(`${file}: ok: ${rosterId} version ${version}, ${people.size} people, digest ${digest}`)
  for (const { personId, roles, entities } of people.values()) {
    const scope = entities === undefined ? 'all entities' : [...entities].join(', ')
    printText(`  ${personId}: ${[...roles].join(', ')}; ${scope}`)
  }
}

async function establish(file: string, flags: TargetFlags): Promise<void> {
  const { text, roster } = readRoster(file)
  const settings = new Settings(flags, 'weir roster establish')
  const groupId = settings.groupOr(undefined)
  await send(settings, {
    orders: [],
    documents: (eventTime) => [recordOf(roster, text, groupId, eventTime)],
    notes: [
      `roster ${roster.rosterId} v${roster.version} with ${roster.people.size} people, for ${groupName(groupId)}`,
      'taken as it comes where there is no roster; where there is one it only waits, and changes nothing until people approve it',
    ],
  })
}

async function propose(file: string, flags: PeopleFlags): Promise<void> {
  const { text, roster } = readRoster(file)
  const settings = new Settings({ ...flags, roster: flags.roster ?? roster.rosterId }, 'weir roster propose')
  const groupId = settings.groupOr(undefined)
  const subject = `roster:${roster.rosterId}`
  const digest = toHex(roster.digest)
  await send(settings, {
    orders: [{ kind: 'PROPOSE', subject, groupId, digest: roster.digest }],
    documents: (eventTime) => [recordOf(roster, text, groupId, eventTime)],
    notes: [`version ${roster.version} with ${roster.people.size} people, digest ${digest}`],
    next: () => [
      `another admin approves it: weir approve ${shellWord(subject)} --digest ${digest} --group ${shellWord(groupId)} --reason TEXT`,
    ],
  })
}

function recordOf({ rosterId, version }: Roster, document: string, groupId: string, eventTime: number) {
  return rosterRecord({ groupId, eventTime, rosterId, version, document })
}

/** `weir forbid`, `weir adjust` and `weir force`: what people do to plans, and plans of people. Depends on sending. */
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import type { AdjustedLeg, ForcedMove } from '../../pipeline/governance/people/command-detail.js'
import { formatMinor } from '../../pipeline/money.js'
import { WHOLE_HOLDING } from '../../pipeline/perception/collateral.js'
import { EXACT_LIMIT } from '../../pipeline/ports.js'
import { canonicalJson, type Json } from '../../schemas/canonical-json.js'
import { digestOfFlag } from './digest.js'
import { addPeopleFlags, PEOPLE_HELP, type PeopleFlags, Settings } from './people-flags.js'
import { send } from './send.js'

interface AdjustFlags extends PeopleFlags {
  readonly digest?: string
  readonly leg?: readonly string[]
}

interface ForceFlags extends PeopleFlags {
  readonly move?: readonly string[]
}

const CASH_KINDS = ['TRANSFER', 'FX', 'DRAW', 'REPAY'] as const
const COLLATERAL_KINDS = ['PLEDGE', 'RELEASE'] as const

export function register(program: Command): void {
  addPeopleFlags(
    program
      .command('forbid')
      .description('cancel a plan that waits')
      .argument('<decision...>', 'ids of decisions, as weir pending shows them'),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir forbid 5b0f8c1e-3d0a-8c57-9f0e-2c4c8f6f9a11 --group europe --reason 'not today'\n${PEOPLE_HELP}`,
    )
    .action(forbid)
  addPeopleFlags(
    program
      .command('adjust')
      .description('put a plan with other amounts in the place of one that waits')
      .argument('<decision>', 'id of the decision, as weir pending shows it')
      .option('--digest <hex>', 'needed: of the plan, as weir pending shows it')
      .option(
        '--leg <n=amount...>',
        'needed: leg and its amount in minor units; a leg that is left out falls away',
      ),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir adjust 5b0f8c1e-3d0a-8c57-9f0e-2c4c8f6f9a11 --digest 3a7b... --leg 0=150000000 --group europe --reason 'half is enough'\n${PEOPLE_HELP}`,
    )
    .action(adjust)
  addPeopleFlags(
    program
      .command('force')
      .description('make a plan by hand; others approve it, and it passes the gate')
      .option(
        '--move <kind:channel:amount...>',
        'needed: kind, rail or facility, amount in minor units; or PLEDGE or RELEASE, facility, asset, millionths of the holding',
      ),
  )
    .addHelpText(
      'after',
      `\nExample:\n  $ weir force --group europe --move TRANSFER:SEPA-1:150000000 --reason 'salaries come early'\n  $ weir force --group europe --move PLEDGE:REPO-1:BUND-2031:250000 --reason 'a quarter of the holding'\n${PEOPLE_HELP}`,
    )
    .action(force)
}

async function forbid(decisions: readonly string[], flags: PeopleFlags): Promise<void> {
  const settings = new Settings(flags, 'weir forbid')
  const groupId = settings.groupOr(undefined)
  await send(settings, {
    orders: decisions.map((decision) => ({ kind: 'FORBID', subject: decisionSubject(decision), groupId })),
  })
}

async function adjust(decision: string, flags: AdjustFlags): Promise<void> {
  const settings = new Settings(flags, 'weir adjust')
  const digest = digestOfFlag(flags.digest, 'weir adjust')
  const legs = neededList(flags.leg, '--leg', 'weir adjust').map(legOf)
  const twice = legs.find(({ leg }, index) => legs.findIndex((one) => one.leg === leg) !== index)
  if (twice !== undefined) throw wrong('--leg', `leg ${twice.leg} is given twice`, 'give each once')
  await send(settings, {
    orders: [
      {
        kind: 'ADJUST',
        subject: decisionSubject(decision),
        groupId: settings.groupOr(undefined),
        digest,
        detail: canonicalJson({ legs } as unknown as Json),
      },
    ],
    notes: legs.map(
      ({ leg, amountMinor }) => `leg ${leg}: ${amountMinor.toLocaleString('en-US')} minor units`,
    ),
  })
}

async function force(flags: ForceFlags): Promise<void> {
  const settings = new Settings(flags, 'weir force')
  const moves = neededList(flags.move, '--move', 'weir force').map(moveOf)
  await send(settings, {
    orders: [
      {
        kind: 'FORCE',
        subject: 'group',
        groupId: settings.groupOr(undefined),
        detail: canonicalJson({ moves } as unknown as Json),
      },
    ],
    notes: moves.map(noteOf),
  })
}

/** The prefix may be typed or not. */
function decisionSubject(text: string): string {
  const id = text.replace(/^decision:/, '')
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return `decision:${id}`
  throw wrong(
    text.slice(0, 60),
    'it is no id of a decision',
    'give one as weir pending or weir explain shows it',
  )
}

function legOf(text: string): AdjustedLeg {
  const [, leg, amount] = /^([0-9]{1,3})=([0-9]{1,16})$/.exec(text) ?? []
  if (leg === undefined || Number(leg) > 255)
    throw wrong(
      '--leg',
      `'${text.slice(0, 40)}' is no leg with an amount`,
      'give LEG=AMOUNT, such as 0=150000000 for 1.5 million of two decimals',
    )
  return { leg: Number(leg), amountMinor: amountOf(amount as string, '--leg') }
}

function noteOf(move: ForcedMove): string {
  if ('assetId' in move)
    return `${move.kind} to ${move.channel}: ${formatMinor(move.assetParts, 4)} % of ${move.assetId}`
  return `${move.kind} by ${move.channel}: ${move.amountMinor.toLocaleString('en-US')} minor units`
}

function moveOf(text: string): ForcedMove {
  const [, word, rest] = /^([A-Za-z]+):(.+)$/.exec(text) ?? []
  const collateral = COLLATERAL_KINDS.find((one) => one === word?.toUpperCase())
  if (collateral !== undefined) return collateralOf(collateral, rest as string)
  const kind = CASH_KINDS.find((one) => one === word?.toUpperCase())
  const [, channel, amount] = /^(.{1,128}):([0-9]{1,16})$/.exec(rest ?? '') ?? []
  if (kind === undefined || channel === undefined)
    throw wrong(
      '--move',
      `'${text.slice(0, 60)}' is no move`,
      `give KIND:CHANNEL:AMOUNT, such as TRANSFER:SEPA-1:150000000; kinds are ${[...CASH_KINDS, ...COLLATERAL_KINDS].join(', ')}`,
    )
  return { kind, channel, amountMinor: amountOf(amount as string, '--move') }
}

/** Ids of facilities and assets may hold any character but the colon, which separates them here. */
function collateralOf(kind: (typeof COLLATERAL_KINDS)[number], text: string): ForcedMove {
  const [, channel, assetId, digits] = /^([^:]{1,128}):([^:]{1,128}):([0-9]{1,7})$/.exec(text) ?? []
  const assetParts = Number(digits)
  if (channel !== undefined && assetId !== undefined && assetParts >= 1 && assetParts <= WHOLE_HOLDING)
    return { kind, channel, assetId, assetParts }
  throw wrong(
    '--move',
    `'${kind}:${text.slice(0, 60)}' is no collateral`,
    `give ${kind}:FACILITY:ASSET:PARTS with 1 to 1000000 millionths of the holding, such as ${kind}:REPO-1:BUND-2031:250000`,
  )
}

function amountOf(digits: string, flag: string): number {
  const amountMinor = Number(digits)
  if (amountMinor > 0 && amountMinor < EXACT_LIMIT) return amountMinor
  throw wrong(flag, `${digits} is no amount`, 'give minor units, more than 0 and below 2^52')
}

function neededList(values: readonly string[] | undefined, flag: string, command: string): readonly string[] {
  if (values !== undefined && values.length > 0 && values.length <= 256) return values
  throw wrong(
    flag,
    values === undefined ? 'this flag is needed' : 'more than 256 are given',
    `see: ${command} --help`,
  )
}

function wrong(place: string, message: string, remedy: string): WeirError {
  return new WeirError('WEIR_USAGE', message, { place, remedy })
}

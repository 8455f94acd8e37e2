/**
 * `weir pending`: what waits for people, with the command that each may give. Reads a run's journal or the journal topic; changes nothing.
 * Depends on the journals and what waits.
 */
import type { Command } from 'commander'
import { printable } from '../../pipeline/governance/printable.js'
import { toHex } from '../../pipeline/identity.js'
import { formatMinor } from '../../pipeline/money.js'
import type { Instruction } from '../../schemas/generated/types.js'
import { addKafkaFlags, type KafkaFlags } from '../kafka-flags.js'
import { printJson, printText } from '../output.js'
import { shellWord } from '../shell.js'
import { type JournalTarget, presentJournal } from './followed-journal.js'
import { PERSON_CONFIG_FLAG } from './people-flags.js'
import { loadPersonConfig } from './person-config.js'
import { targetOf } from './target.js'
import { isoOfMicros } from './times.js'
import {
  type GroupWaiting,
  type Voice,
  type WaitingChange,
  type WaitingPlan,
  WaitingView,
} from './waiting.js'

interface PendingFlags extends KafkaFlags {
  readonly dataDir?: string
  readonly group?: string
  readonly personConfig?: string
}

export function register(program: Command): void {
  addKafkaFlags(
    program
      .command('pending')
      .description('what waits for people: plans, changes, rosters, kills, holds, delegations')
      .option('--group <id>', 'only this liquidity group')
      .option('--data-dir <dir>', 'of a run over a folder'),
  )
    .option(...PERSON_CONFIG_FLAG)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Reads the whole journal. For what can be approved it prints the digest, what it is about, and the command to approve it.

Examples:
  $ weir pending --config weir.yaml --group europe
  $ weir pending --data-dir ./data --json
Docs: docs/governance-commands.md`,
    )
    .action(pending)
}

async function pending(flags: PendingFlags): Promise<void> {
  const found = (await readAll(flags))
    .filter(([groupId]) => flags.group === undefined || groupId === flags.group)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  if (flags.json === true) printJson({ groups: found.map(([groupId, group]) => asJson(groupId, group)) })
  else printText(describeAll(found))
}

async function readAll(flags: PendingFlags): Promise<[string, GroupWaiting][]> {
  const target = targetOf({ ...flags, wait: false }, loadPersonConfig(flags.personConfig))
  const views = new Map<number, WaitingView>()
  for await (const { partition, body } of presentJournal(target as JournalTarget)) {
    const view = views.get(partition) ?? new WaitingView()
    views.set(partition, view)
    view.take(body)
  }
  return [...views.values()].flatMap((view) => [...view.groups])
}

/** Reasons have 1,024 characters at most. */
const LINE_LENGTH = 2_000

function describeAll(found: readonly [string, GroupWaiting][]): string {
  const lines = found.flatMap(([groupId, group]) => describe(groupId, group))
  return lines.length === 0
    ? 'nothing waits for people'
    : lines.map((line) => printable(line, LINE_LENGTH)).join('\n')
}

function describe(groupId: string, group: GroupWaiting): string[] {
  const end = `--group ${shellWord(groupId)} --reason TEXT`
  return [
    ...[...group.kills.values()].flatMap(({ killId, subject, author, reason, atMicros, voices }) => [
      `${groupId}: ${subject} is killed since ${isoOfMicros(atMicros)} by ${author}: ${reason}${spoken(voices)}`,
      `  weir lift ${killId} ${end}`,
    ]),
    ...[...group.holds].flatMap(([subject, { author, reason }]) => [
      `${groupId}: ${subject} is held by ${author}: ${reason}`,
      `  weir release ${shellWord(subject)} ${end}`,
    ]),
    ...group.awaited.flatMap((plan) => [
      `${groupId}: ${plan.subject} of ${isoOfMicros(plan.atMicros)} awaits approval${spoken(plan.voices)}`,
      ...legsOf(plan).map((leg) => `  ${legText(leg)}`),
      ...approval(plan.subject, plan.digest, end),
    ]),
    ...[...group.changes.values()].flatMap((change) => [
      `${groupId}: ${change.subject} by ${change.author} is at the stage ${change.stage}: ${change.reason}${spoken(change.voices)}`,
      ...contentOf(change),
      ...nextOf(change, end),
    ]),
    ...[...group.delegations.values()].map(
      ({ from, to, roles, untilMicros }) =>
        `${groupId}: ${to} may approve for ${from} as ${roles.join(', ')} until ${isoOfMicros(untilMicros)}`,
    ),
  ]
}

function approval(subject: string, digest: string, end: string): string[] {
  if (digest === '') return ['  its digest is not in the journal']
  return [`  digest ${digest}`, `  weir approve ${shellWord(subject)} --digest ${digest} ${end}`]
}

function nextOf({ subject, digest, stage }: WaitingChange, end: string): string[] {
  if (stage === 'proposed') return approval(subject, digest, end)
  const change = subject.slice('change:'.length)
  return [
    `  weir policy activate ${shellWord(change)} --stage ${stage === 'shadow' ? 'canary' : 'full'} --reason TEXT`,
  ]
}

function contentOf({ manifest }: WaitingChange): string[] {
  if (manifest === '') return []
  const { entries } = JSON.parse(manifest) as {
    entries: { group: string; policy: string; version: number }[]
  }
  return entries.map(({ group, policy, version }) => `  ${group}: ${policy} version ${version}`)
}

function spoken(voices: readonly Voice[]): string {
  if (voices.length === 0) return ''
  const names = voices.map((voice) =>
    voice.for === voice.person ? voice.person : `${voice.person} for ${voice.for}`,
  )
  return `; yes from ${names.join(', ')}`
}

function legsOf({ legs }: WaitingPlan): Instruction[] {
  return [...legs.values()].map(({ instruction }) => instruction).sort((a, b) => a.leg - b.leg)
}

function legText(leg: Instruction): string {
  const { kind, channelId, sourceAccountId, destinationAccountId, currency, amountMinor } = leg
  const { assetId, assetParts } = leg
  if (assetId !== '') {
    const worth = `${amountMinor.toLocaleString('en-US')} minor units ${currency} when it was decided`
    return `leg ${leg.leg}: ${kind} ${formatMinor(assetParts, 4)} % of ${assetId} by ${channelId}, worth ${worth}`
  }
  const from = sourceAccountId === '' ? '' : ` from ${sourceAccountId}`
  const to = destinationAccountId === '' ? '' : ` to ${destinationAccountId}`
  return `leg ${leg.leg}: ${kind} ${amountMinor.toLocaleString('en-US')} minor units ${currency}${from}${to} by ${channelId}`
}

function asJson(groupId: string, group: GroupWaiting): object {
  return {
    group: groupId,
    closedAt: isoOfMicros(group.closedAtMicros),
    kills: [...group.kills.values()].map(withTimes),
    holds: [...group.holds].map(([subject, hold]) => ({ subject, ...hold })),
    plans: group.awaited.map((plan) => ({
      ...withTimes(plan),
      legs: legsOf(plan).map(({ instructionId, decisionId: _, ...leg }) => ({
        instructionId: toHex(instructionId),
        ...leg,
      })),
    })),
    changes: [...group.changes.values()].map(({ manifest, ...change }) => ({
      ...withTimes(change),
      manifest: manifest === '' ? null : (JSON.parse(manifest) as object),
    })),
    delegations: [...group.delegations.values()].map(({ untilMicros, ...rest }) => ({
      ...rest,
      until: isoOfMicros(untilMicros),
    })),
  }
}

function withTimes<T extends { readonly atMicros: number; voices: readonly Voice[] }>({
  atMicros,
  voices,
  ...rest
}: T) {
  return {
    ...rest,
    at: isoOfMicros(atMicros),
    voices: voices.map(({ expiresAtMicros, ...voice }) => ({
      ...voice,
      expires: isoOfMicros(expiresAtMicros),
    })),
  }
}

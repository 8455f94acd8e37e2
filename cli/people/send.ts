/**
 * What every command of people does: says what will happen, asks, signs, sends, and tells what became of it.
 * Depends on the signer, the delivery and the command table.
 */
import { WeirError } from '../../pipeline/errors.js'
import {
  COMMAND_LIFE_MICROS,
  commandRow,
  takesSubject,
} from '../../pipeline/governance/people/command-table.js'
import { note } from '../output.js'
import { confirm } from './confirm.js'
import { type Delivered, sendToKafka, sendToRun } from './delivery.js'
import { commandRecord, type LetterRecord, letterName, writeLetter } from './letter.js'
import type { Settings } from './people-flags.js'
import { lookAtRun, type RunState } from './run-journal.js'
import { type Lifetime, type Order, Signer } from './signer.js'
import { describeTarget, type Target, targetOf } from './target.js'
import { tell } from './tell.js'

const DEFAULT_LIFE_MS = 15 * 60_000
const MICROS_PER_MS = 1_000
const MICROS_PER_MINUTE = 60_000_000

export interface Letter {
  readonly orders: readonly Order[]
  /** Documents that go with them, made when it is known when. */
  readonly documents?: (atMicros: number) => readonly LetterRecord[]
  /** What to say after the effects of the commands, before it is asked. */
  readonly notes?: readonly string[]
  /** What to do next, when all went well. */
  readonly next?: (records: readonly LetterRecord[]) => readonly string[]
}

/** Signs and sends a letter; sets the exit code. */
export async function send(settings: Settings, letter: Letter): Promise<void> {
  for (const order of letter.orders) checkSubject(order)
  const target = targetOf(settings.flags, settings.person)
  const signer = letter.orders.length === 0 ? undefined : await Signer.open(settings)
  const run = await runOf(target)
  const lifeMicros = lifeOf(settings, run)
  for (const line of announcement(settings, letter, target, lifeMicros)) note(line)
  await confirm('Proceed?', settings.flags.yes === true)
  // Who thinks it over does not lose the time in which it counts.
  const lifetime = lifetimeOf(settings, run)
  const records = [
    ...(letter.documents?.(lifetime.atMicros) ?? []),
    ...letter.orders.map((order) => commandRecord(signer!.sign(order, lifetime))),
  ]
  const name = letterName(records, lifetime.atMicros)
  const delivered = await deliver(target, run, name, records, settings.flags.wait)
  tell(settings, target, records, delivered, letter.next?.(records) ?? [])
}

/** The run that a target names; undefined for other targets. @throws WeirError when it takes nothing from people */
export async function runOf(target: Target): Promise<RunState | undefined> {
  const run = target.kind === 'run' ? await lookAtRun(target.dataDir) : undefined
  if (run?.takesDrops === false) throw takesNothing(target)
  return run
}

export function lifetimeOf(settings: Settings, run: RunState | undefined): Lifetime {
  const atMicros = madeAt(settings, run)
  return { atMicros, expiresAtMicros: atMicros + lifeOf(settings, run) }
}

/** @param run as it was looked at before the letter was signed */
export function deliver(
  target: Target,
  run: RunState | undefined,
  name: string,
  records: readonly LetterRecord[],
  waitMs: number | false,
): Promise<Delivered | undefined> {
  switch (target.kind) {
    case 'kafka':
      return sendToKafka(target.kafka, name, records, waitMs)
    case 'run':
      return sendToRun(target.dataDir, run!, name, records, waitMs)
    case 'file':
      writeLetter(target.directory, name, records)
      return Promise.resolve(undefined)
  }
}

/** A run over a folder lives in the time of its input, so what is sent to it is made at the time that it has come to. */
function madeAt({ flags }: Settings, run: RunState | undefined): number {
  if (flags.at !== undefined) return flags.at * MICROS_PER_MS
  if (run === undefined) return Date.now() * MICROS_PER_MS
  if (run.closedAtMicros >= 0) return run.closedAtMicros
  throw new WeirError('WEIR_USAGE', 'the run has closed no cycle, so its time is not known', {
    place: '--at',
    remedy: 'try again, or give the time',
  })
}

/** The time of a run over a folder may pass faster than that of a person. */
function lifeOf({ flags }: Settings, run: RunState | undefined): number {
  if (flags.expiresIn !== undefined) return flags.expiresIn * MICROS_PER_MS
  return run === undefined ? DEFAULT_LIFE_MS * MICROS_PER_MS : COMMAND_LIFE_MICROS
}

function announcement(settings: Settings, letter: Letter, target: Target, lifeMicros: number): string[] {
  const { orders, notes = [] } = letter
  const effects = orders.map(
    ({ kind, subject, groupId }) =>
      `${kind.toLowerCase()} ${subject} in ${groupName(groupId)}: ${commandRow(kind).effect}`,
  )
  const signed =
    orders.length === 0
      ? []
      : [
          `signed by ${settings.author} of roster ${settings.rosterId}, counts for ${lifeMicros / MICROS_PER_MINUTE} minutes`,
        ]
  return [...effects, ...notes, ...signed, `goes to ${describeTarget(target)}`]
}

export function groupName(groupId: string): string {
  return groupId === '*' ? 'every group' : `group ${groupId}`
}

/** The agent would refuse it; the person is told before it is signed. */
function checkSubject({ kind, subject }: Order): void {
  const row = commandRow(kind)
  if (takesSubject(row, subject)) return
  const forms = row.subjects.map((form) => (form.endsWith(':') ? `${form}ID` : form))
  throw new WeirError('WEIR_USAGE', `it is no subject of ${kind.toLowerCase()}`, {
    place: subject.slice(0, 60) === '' ? 'subject' : subject.slice(0, 60),
    remedy: `subjects are ${forms.join(', ')}`,
  })
}

function takesNothing(target: Target): WeirError {
  return new WeirError('WEIR_USAGE', 'this run began with a version of Weir that takes nothing from people', {
    place: describeTarget(target),
    remedy: 'run the input anew in another --data-dir',
  })
}

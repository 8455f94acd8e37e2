/** Tells what became of a letter, in words or as one JSON document, and by the exit code. Depends on the outcomes. */
import { printable } from '../../pipeline/governance/printable.js'
import { toHex } from '../../pipeline/identity.js'
import { EXIT } from '../failure.js'
import { note, printJson, printText } from '../output.js'
import type { Delivered } from './delivery.js'
import { commandIdOf, type LetterRecord } from './letter.js'
import type { Outcome } from './outcome.js'
import type { Settings } from './people-flags.js'
import { describeTarget, type Target } from './target.js'
import { isoOfMicros } from './times.js'

/** Reasons have 1,024 characters at most. */
const LINE_LENGTH = 2_000

/** @param next what to do next, told when nothing was refused */
export function tell(
  settings: Settings,
  target: Target,
  records: readonly LetterRecord[],
  delivered: Delivered | undefined,
  next: readonly string[],
): void {
  const outcomes = delivered?.watch.outcomes ?? []
  const refused = outcomes.some(({ result }) => result === 'refused')
  const isUnseen = delivered?.isComplete === false
  if (settings.flags.json === true) printJson(asJson(target, records, delivered, next))
  else {
    if (delivered === undefined) printText(`written: ${describeTarget(target)}`)
    else if (delivered.isComplete === undefined)
      printText(`sent: ${describeTarget(target)}; nothing was waited for`)
    for (const outcome of outcomes) printText(describe(outcome))
    if (!refused && !isUnseen) for (const line of next) printText(line)
  }
  if (isUnseen) for (const line of unseen(settings, target)) note(`weir: ${line}`)
  process.exitCode = refused ? EXIT.different : isUnseen ? EXIT.notSeen : EXIT.ok
}

function describe({
  record,
  groupId,
  cycle,
  closedAtMicros,
  result,
  reason,
  detail,
  messages,
}: Outcome): string {
  const where = `${record.title} in group ${groupId}, cycle ${cycle} at ${isoOfMicros(closedAtMicros)}`
  const words = {
    // A document is in force by itself only where there was none before, and then the cycle says so.
    effect: record.command === undefined && messages.length === 0 ? 'was taken' : 'took effect',
    nothing: 'was taken and changes nothing in this group',
    duplicate: 'was there already',
    refused: `refused: ${reason}: ${detail}`,
  }[result]
  return [`${where}: ${words}`, ...messages.map((message) => `  ${message}`)]
    .map((line) => printable(line, LINE_LENGTH))
    .join('\n')
}

function unseen({ flags: { wait } }: Settings, target: Target): string[] {
  const seconds = wait === false ? 0 : wait / 1_000
  const remedy =
    target.kind === 'run'
      ? 'is weir run --follow at work there? It is taken when it is'
      : 'weir status says whether an instance owns the partition; it is taken when one does, until it expires'
  return [`not everything was seen in the journal within ${seconds} s: ${remedy}`]
}

function asJson(
  target: Target,
  records: readonly LetterRecord[],
  delivered: Delivered | undefined,
  next: readonly string[],
): object {
  const outcomes = delivered?.watch.outcomes ?? []
  return {
    target: target.kind,
    complete: delivered?.isComplete,
    records: records.map((record) => ({
      stream: record.stream,
      group: record.groupId,
      subject: record.subject,
      ...(record.command === undefined ? {} : commandAsJson(record.command)),
      outcomes: outcomes
        .filter((one) => one.record === record)
        .map(({ record: _, groupId, closedAtMicros, ...rest }) => ({
          group: groupId,
          closedAt: isoOfMicros(closedAtMicros),
          ...rest,
        })),
    })),
    next,
  }
}

function commandAsJson(command: NonNullable<LetterRecord['command']>): object {
  const { kind, author, digest, expiresAt } = command
  return {
    commandId: commandIdOf(command),
    kind,
    author,
    digest: toHex(digest),
    expires: isoOfMicros(expiresAt),
  }
}

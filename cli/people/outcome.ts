/**
 * What became of the records of a letter, by the journal: which cycle took each, or why it was refused.
 *
 * A record is known by its bytes, which the journal holds as they came. Pure; depends on the journal's records.
 */
import { Disposition } from '../../pipeline/perception/outcome.js'
import type { JournalBody } from '../../pipeline/ports.js'
import type { Alert, Cycle, CycleResult } from '../../schemas/generated/types.js'
import type { LetterRecord } from './letter.js'

export interface Outcome {
  readonly record: LetterRecord
  readonly groupId: string
  readonly cycle: number
  readonly closedAtMicros: number
  readonly result: 'effect' | 'nothing' | 'duplicate' | 'refused'
  /** Why it was refused: a stable code, and a sentence. */
  readonly reason: string
  readonly detail: string
  /** What the cycle said of its subject. */
  readonly messages: readonly string[]
}

/** Alerts that only repeat that a command was taken or refused. */
const REPEATING = new Set(['command', 'command-refused'])

/** What came late is taken all the same: the feed of people has no order. */
export function isTaken(disposition: number | undefined): boolean {
  return disposition === Disposition.ACCEPTED || disposition === Disposition.LATE
}

interface Seen {
  readonly record: LetterRecord
  readonly input: number
}

export class OutcomeWatch {
  readonly outcomes: Outcome[] = []
  readonly #records: readonly LetterRecord[]
  /** Cycles that hold records of the letter and have no result yet, by group and number. */
  readonly #open = new Map<string, readonly Seen[]>()

  constructor(records: readonly LetterRecord[]) {
    this.#records = records
  }

  /** Takes the next entry of the journal; true when an outcome became known. */
  take(body: JournalBody): boolean {
    if ('weir.Cycle' in body) this.#takeCycle(body['weir.Cycle'])
    return 'weir.CycleResult' in body && this.#takeResult(body['weir.CycleResult'])
  }

  /** Whether every record has come to something in each of the groups; a record for one group in that one. */
  isComplete(everyGroup: readonly string[]): boolean {
    return this.#records.every((record) =>
      (record.groupId === '*' ? everyGroup : [record.groupId]).every((groupId) =>
        this.outcomes.some((one) => one.record === record && one.groupId === groupId),
      ),
    )
  }

  /** Whether every record has come to something somewhere. */
  get isSeen(): boolean {
    return this.#records.every((record) => this.outcomes.some((one) => one.record === record))
  }

  #takeCycle({ groupId, cycle, inputs }: Cycle): void {
    const seen = inputs.flatMap(({ payload }, input) => {
      const record = this.#records.find(({ bytes }) => endsWith(payload, bytes))
      return record === undefined ? [] : [{ record, input }]
    })
    if (seen.length > 0) this.#open.set(keyOf(groupId, cycle), seen)
  }

  #takeResult(result: CycleResult): boolean {
    const { groupId, cycle } = result
    const key = keyOf(groupId, cycle)
    const seen = this.#open.get(key)
    if (seen === undefined) return false
    this.#open.delete(key)
    // A journal that was replayed holds a result once; a letter that was sent twice is told once a group.
    for (const { record, input } of seen)
      if (!this.outcomes.some((one) => one.record === record && one.groupId === groupId))
        this.outcomes.push(outcomeOf(record, input, result))
    return true
  }
}

function outcomeOf(record: LetterRecord, input: number, result: CycleResult): Outcome {
  const { groupId, cycle, closedAt, deadLetters, alerts } = result
  const letter = deadLetters.find((one) => one.input === input)
  const disposition = result.dispositions[input]
  const isTouched = result.touched[input] !== ''
  return {
    record,
    groupId,
    cycle,
    closedAtMicros: closedAt,
    result: isTaken(disposition)
      ? isTouched
        ? 'effect'
        : 'nothing'
      : disposition === Disposition.DUPLICATE
        ? 'duplicate'
        : 'refused',
    reason: letter?.reason ?? '',
    detail: letter?.detail ?? '',
    messages: alerts.filter((alert) => isAbout(alert, record)).map(({ message }) => message),
  }
}

function isAbout({ code, subject }: Alert, record: LetterRecord): boolean {
  if (REPEATING.has(code)) return false
  return subject === record.subject || (record.command?.kind === 'LIFT' && code === 'kill-lifted')
}

/** The payload of a topic may have a frame before the record. */
function endsWith(payload: Uint8Array, bytes: Buffer): boolean {
  return payload.length >= bytes.length && bytes.compare(payload, payload.length - bytes.length) === 0
}

function keyOf(groupId: string, cycle: number): string {
  return `${cycle}/${groupId}`
}

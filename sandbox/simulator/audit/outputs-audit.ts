/**
 * The streams beside the journal hold exactly what the committed results say, in their order; and the bank has carried out nothing else.
 *
 * Markers reach partitions at different times, so one topic may be ahead of another while a transaction settles, and at no
 * other time. Depends on the logs and the record types.
 */
import { toHex } from '../../../pipeline/identity.js'
import { topicOf } from '../../../pipeline/runtime/distributed/topics.js'
import { decodeRecord, encodeRecord } from '../../../schemas/avro/registry.js'
import type { StreamName } from '../../../schemas/generated/schemas.js'
import type { CycleResult, Instruction } from '../../../schemas/generated/types.js'
import type { AuditedLedger, AuditedLogs } from './logs.js'
import { hold, type Invariant } from './violation.js'

const AUDITED = [
  'decision',
  'explanation',
  'reservation',
  'instruction-event',
  'alert',
  'dead-letter',
  'instruction',
] as const satisfies readonly StreamName[]

type AuditedStream = (typeof AUDITED)[number]

interface StreamAudit {
  readonly expected: Buffer[]
  checked: number
  readonly actual: Buffer[]
  offset: number
}

export class OutputsAudit {
  readonly #streams = new Map<string, StreamAudit>()
  /** Instructions that committed results have released, by id, and what they are for. */
  readonly #released = new Map<string, Instruction>()
  readonly #legs = new Set<string>()
  #settledChecked = 0

  constructor(
    private readonly cluster: AuditedLogs,
    private readonly prefix: string,
    private readonly partitions: number,
    private readonly ledger: AuditedLedger,
    /** Which of the result's instructions leave. */
    private readonly releaseOf: (result: CycleResult) => readonly Instruction[],
  ) {}

  get released(): ReadonlyMap<string, Instruction> {
    return this.#released
  }

  expect(partition: number, result: CycleResult): void {
    const add = <S extends AuditedStream>(stream: S, records: readonly object[]): void => {
      const { expected } = this.#of(stream, partition)
      for (const record of records) expected.push(encodeRecord(stream, record as never))
    }
    add('decision', result.decisions)
    add('explanation', result.explanations)
    add('reservation', result.reservations)
    add('instruction-event', result.instructionEvents)
    add('alert', result.alerts)
    add('dead-letter', result.deadLetters)
    const release = this.releaseOf(result)
    add('instruction', release)
    for (const instruction of release) this.#release(instruction)
  }

  /** @param settled no transaction is between its decision and its last marker */
  check(settled: boolean): void {
    for (const stream of AUDITED)
      for (let partition = 0; partition < this.partitions; partition++)
        this.#check(stream, partition, settled)
    if (settled) this.#checkBank()
  }

  /** At the end: what was released and settled was carried out, and once. */
  finish(): void {
    this.check(true)
    for (const id of this.#released.keys())
      hold(this.ledger.entries.has(id), 'effective-once', () => `instruction ${id} never reached the bank`)
  }

  #release(instruction: Instruction): void {
    const id = toHex(instruction.instructionId)
    const leg = `${instruction.groupId}/${instruction.cycle}/${instruction.leg}`
    hold(!this.#released.has(id), 'effective-once', () => `instruction ${id} was released twice`)
    hold(!this.#legs.has(leg), 'effective-once', () => `leg ${leg} has two instructions`)
    this.#released.set(id, instruction)
    this.#legs.add(leg)
  }

  #check(stream: AuditedStream, partition: number, settled: boolean): void {
    const audit = this.#of(stream, partition)
    this.#read(stream, partition, audit)
    const { expected, actual } = audit
    const invariant = invariantOf(stream)
    const place = `${stream}/${partition}`
    for (; audit.checked < Math.min(expected.length, actual.length); audit.checked++) {
      const at = audit.checked
      hold(
        expected[at].equals(actual[at]),
        invariant,
        () => `${place}: record ${at} is not what the journal says`,
      )
    }
    if (!settled) return
    hold(
      expected.length === actual.length,
      invariant,
      () => `${place}: ${actual.length} records where the journal has ${expected.length}`,
    )
  }

  #read(stream: AuditedStream, partition: number, audit: StreamAudit): void {
    const log = this.cluster.logOf(topicOf(this.prefix, stream), partition)
    for (;;) {
      const { records, next } = log.read(audit.offset, 1_000)
      if (next === audit.offset) return
      audit.offset = next
      for (const { value } of records) audit.actual.push(Buffer.from(value!).subarray(5))
    }
  }

  #checkBank(): void {
    const { settled } = this.ledger
    for (; this.#settledChecked < settled.length; this.#settledChecked++) {
      const id = settled[this.#settledChecked]
      hold(
        this.#released.has(id),
        'effective-once',
        () => `the bank carried out ${id}, which nobody has committed`,
      )
    }
  }

  #of(stream: AuditedStream, partition: number): StreamAudit {
    const name = `${stream}/${partition}`
    let audit = this.#streams.get(name)
    if (audit === undefined) {
      audit = { expected: [], checked: 0, actual: [], offset: 0 }
      this.#streams.set(name, audit)
    }
    return audit
  }
}

/**
 * Gives the instructions that leave with a result, in their order. One that waited for people or for another leg was made in an
 * earlier cycle: results are to be given in the order of their groups.
 */
export function sentReader(): (result: CycleResult) => readonly Instruction[] {
  const unsent = new Map<string, Instruction>()
  return ({ instructions, instructionEvents }) => {
    for (const instruction of instructions) unsent.set(toHex(instruction.instructionId), instruction)
    return instructionEvents.flatMap(({ instructionId, state }) => {
      const id = toHex(instructionId)
      const instruction = unsent.get(id)
      if (state !== 'SENT' || instruction === undefined) return []
      unsent.delete(id)
      return [instruction]
    })
  }
}

function invariantOf(stream: AuditedStream): Invariant {
  if (stream === 'instruction') return 'effective-once'
  return stream === 'decision' || stream === 'dead-letter' ? 'refusals-recorded' : 'outputs-equal-journal'
}

/** Id of the instruction in a record of a topic of instructions. */
export function idOfInstruction(value: Uint8Array): string {
  return toHex(decodeRecord('instruction', Buffer.from(value).subarray(5)).instructionId)
}

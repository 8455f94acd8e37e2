/**
 * Turns the entries of a journal partition into leaves, one after the other: a pure fold.
 *
 * Equal entries after equal memory give equal leaves, which is what resuming and checking rest on. Leaves come with a cycle's result, in this
 * order: commands and policy versions that the cycle took, decisions, instructions, what became of instructions. The memory is the
 * sources, the cycles without a result, and of each group its history and how many leaves it has. Depends on the leaves' fields and the Avro layer.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { toHex } from '../../../pipeline/identity.js'
import type { Json } from '../../../schemas/canonical-json.js'
import type {
  Command,
  Cycle,
  CycleResult,
  Policy,
  SourceDeclaration,
} from '../../../schemas/generated/types.js'
import type { JournalEntryReader } from '../../journal/journal-port.js'
import { recordReader } from '../../journal/record-reader.js'
import { cycleDigest, extendHistory, HISTORY_BEGIN, sourceDigest, sourcesOf } from './history.js'
import type { Leaf, LeafKind } from './leaf.js'
import {
  commandFields,
  type DecisionInputs,
  decisionFields,
  eventFields,
  instructionFields,
  policyFields,
} from './leaf-fields.js'

/** As the agent judged the input: it had effect, in time or late. */
const ACCEPTED = 0
const LATE = 3

type Order =
  | { readonly kind: 'command'; readonly record: Command }
  | { readonly kind: 'policy'; readonly record: Policy }
/** Undefined for bytes that are no record of the source's schema. */
type ReadOrder = (payload: Uint8Array) => Order | undefined

/** What is remembered of a group. */
export interface GroupMemory {
  /** Number of its next leaf. */
  readonly sequence: number
  /** Over the cycles so far, see history.ts. */
  readonly history: Uint8Array
}

interface PendingCycle {
  readonly cycle: Cycle
  readonly digests: DecisionInputs
}

export class LeafMaker {
  readonly #partition: number
  /** Digests of the declarations, by number of the source. */
  readonly #sources = new Map<number, Uint8Array>()
  /** Of the streams whose records become leaves. */
  readonly #readers = new Map<number, ReadOrder>()
  readonly #pending = new Map<string, PendingCycle>()
  readonly #sequences = new Map<string, number>()
  readonly #histories = new Map<string, Uint8Array>()

  /** @param groups where they stand when it is not the beginning of the journal */
  constructor(partition: number, groups: ReadonlyMap<string, GroupMemory> = new Map()) {
    this.#partition = partition
    for (const [group, { sequence, history }] of groups) {
      this.#sequences.set(group, sequence)
      this.#histories.set(group, history)
    }
  }

  /** @throws WeirError WEIR_JOURNAL when the entry does not fit those before it */
  leavesOf(entry: JournalEntryReader): readonly Leaf[] {
    const body = entry.decode()
    if ('weir.Cycle' in body) this.#expect(entry.sequence, body['weir.Cycle'])
    else if ('weir.SourceDeclaration' in body) this.#declare(body['weir.SourceDeclaration'])
    else if ('weir.CycleResult' in body) return this.#ofResult(entry.sequence, body['weir.CycleResult'])
    return []
  }

  #expect(entry: number, cycle: Cycle): void {
    const { groupId } = cycle
    const sources = sourcesOf(cycle).map((source) => {
      const digest = this.#sources.get(source)
      if (digest === undefined)
        throw this.#misfit(entry, `an input of source ${source}, which was not declared`)
      return digest
    })
    const digest = cycleDigest(cycle)
    const history = extendHistory(this.#histories.get(groupId) ?? HISTORY_BEGIN, digest, sources)
    this.#histories.set(groupId, history)
    this.#pending.set(keyOf(cycle), { cycle, digests: { cycle: digest, history } })
  }

  #declare(declaration: SourceDeclaration): void {
    const { source, stream, writerSchema } = declaration
    this.#sources.set(source, sourceDigest(declaration))
    if (stream === 'command' || stream === 'policy')
      this.#readers.set(source, orderReader(stream, writerSchema))
    else this.#readers.delete(source)
  }

  #ofResult(entry: number, result: CycleResult): readonly Leaf[] {
    const pending = this.#pending.get(keyOf(result))
    if (pending === undefined || pending.cycle.inputs.length !== result.dispositions.length)
      throw this.#misfit(entry, `a result of cycle ${result.cycle} of ${result.groupId} without its cycle`)
    const { cycle, digests } = pending
    this.#pending.delete(keyOf(result))
    const leaves: Leaf[] = []
    const add = (kind: LeafKind, fields: Readonly<Record<string, Json>>): void => {
      const { groupId: group } = result
      const sequence = this.#sequences.get(group) ?? 0
      this.#sequences.set(group, sequence + 1)
      leaves.push({
        kind,
        group,
        sequence,
        fields,
        journal: { partition: this.#partition, entry, ordinal: leaves.length },
      })
    }
    this.#addOrders(entry, cycle, result, add)
    const explanations = new Map(result.explanations.map((one) => [toHex(one.decisionId), one]))
    for (const decision of result.decisions)
      add('decision', decisionFields(decision, digests, result, explanations.get(toHex(decision.decisionId))))
    for (const instruction of result.instructions) add('instruction', instructionFields(instruction))
    for (const event of result.instructionEvents) add('instruction-event', eventFields(event))
    return leaves
  }

  #misfit(entry: number, what: string): WeirError {
    return new WeirError('WEIR_JOURNAL', what, {
      place: `journal partition ${this.#partition}, entry ${entry}`,
      remedy: 'run weir replay on the data directory',
    })
  }

  #addOrders(
    entry: number,
    cycle: Cycle,
    result: CycleResult,
    add: (kind: LeafKind, fields: Readonly<Record<string, Json>>) => void,
  ): void {
    for (const [index, { source, payload }] of cycle.inputs.entries()) {
      const disposition = result.dispositions[index]
      if (disposition !== ACCEPTED && disposition !== LATE) continue
      const reader = this.#readers.get(source)
      if (reader === undefined) continue
      const order = reader(payload)
      if (order === undefined) throw this.#misfit(entry, 'an input that was accepted and cannot be read')
      if (order.kind === 'command') add('command', commandFields(order.record))
      else add('policy', policyFields(order.record))
    }
  }
}

function orderReader(kind: Order['kind'], writerSchema: string): ReadOrder {
  const read = recordReader(kind, writerSchema)
  return (payload) => {
    const record = read(payload)
    return record === undefined ? undefined : ({ kind, record } as Order)
  }
}

function keyOf({ groupId, cycle }: { readonly groupId: string; readonly cycle: number }): string {
  return `${groupId}/${cycle}`
}

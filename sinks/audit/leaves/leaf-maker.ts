/**
 * Turns the entries of a journal partition into leaves, one after the other: a pure fold.
 *
 * Equal entries after equal memory give equal leaves, which is what resuming and checking rest on. Leaves come with a cycle's result, in this
 * order: what people and policies ordered, as it took effect (orders.ts), decisions, instructions, what became of instructions. The memory is the
 * sources, the cycles without a result, and of each group its history and how many leaves it has. Depends on the leaves' fields and the Avro layer.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { toHex } from '../../../pipeline/identity.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { Json } from '../../../schemas/canonical-json.js'
import type { Cycle, CycleResult, SourceDeclaration } from '../../../schemas/generated/types.js'
import type { JournalEntryReader } from '../../journal/journal-port.js'
import { isGoverning } from './governing.js'
import { cycleDigest, extendHistory, HISTORY_BEGIN, sourceDigest, sourcesOf } from './history.js'
import type { Leaf, LeafKind } from './leaf.js'
import { type DecisionInputs, decisionFields, eventFields, instructionFields } from './leaf-fields.js'
import { type OrderReader, orderFields, orderReader, takenOrders } from './orders.js'

/** What is remembered of a group. */
export interface GroupMemory {
  /** Number of its next leaf. */
  readonly sequence: number
  /** Over the cycles so far, see history.ts. */
  readonly history: Uint8Array
  /** Its leaves so far that say what governs it, see governing.ts. */
  readonly governing: number
}

interface PendingCycle {
  readonly cycle: Cycle
  readonly digests: Omit<DecisionInputs, 'governing'>
}

export class LeafMaker {
  readonly #partition: number
  /** Digests of the declarations, by number of the source. */
  readonly #sources = new Map<number, Uint8Array>()
  /** Of the streams whose records become leaves. */
  readonly #readers = new Map<number, OrderReader>()
  readonly #pending = new Map<string, PendingCycle>()
  readonly #sequences = new Map<string, number>()
  readonly #histories = new Map<string, Uint8Array>()
  readonly #governing = new Map<string, number>()

  /** @param groups where they stand when it is not the beginning of the journal */
  constructor(partition: number, groups: ReadonlyMap<string, GroupMemory> = new Map()) {
    this.#partition = partition
    for (const [group, { sequence, history, governing }] of groups) {
      this.#sequences.set(group, sequence)
      this.#governing.set(group, governing)
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
    const digest = cycleDigest(cycle, encodeRecord('cycle', cycle))
    const history = extendHistory(this.#histories.get(groupId) ?? HISTORY_BEGIN, digest, sources)
    this.#histories.set(groupId, history)
    this.#pending.set(keyOf(cycle), { cycle, digests: { cycle: digest, history } })
  }

  #declare(declaration: SourceDeclaration): void {
    const { source } = declaration
    this.#sources.set(source, sourceDigest(declaration))
    const reader = orderReader(declaration)
    if (reader === undefined) this.#readers.delete(source)
    else this.#readers.set(source, reader)
  }

  #ofResult(entry: number, result: CycleResult): readonly Leaf[] {
    const pending = this.#pending.get(keyOf(result))
    if (pending === undefined || pending.cycle.inputs.length !== result.dispositions.length)
      throw this.#misfit(entry, `a result of cycle ${result.cycle} of ${result.groupId} without its cycle`)
    const { cycle, digests } = pending
    this.#pending.delete(keyOf(result))
    const leaves: Leaf[] = []
    const { groupId: group } = result
    const add = (kind: LeafKind, fields: Readonly<Record<string, Json>>): void => {
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
    const governing = this.#addOrders(entry, cycle, result, add)
    const explanations = new Map(result.explanations.map((one) => [toHex(one.decisionId), one]))
    for (const decision of result.decisions) {
      const explanation = explanations.get(toHex(decision.decisionId))
      add('decision', decisionFields(decision, { ...digests, governing }, result, explanation))
    }
    for (const instruction of result.instructions) add('instruction', instructionFields(instruction))
    for (const event of result.instructionEvents) add('instruction-event', eventFields(event, governing))
    return leaves
  }

  #misfit(entry: number, what: string): WeirError {
    return new WeirError('WEIR_JOURNAL', what, {
      place: `journal partition ${this.#partition}, entry ${entry}`,
      remedy: 'run weir replay on the data directory',
    })
  }

  /** Gives how many leaves say what governs the group, these included. */
  #addOrders(
    entry: number,
    cycle: Cycle,
    result: CycleResult,
    add: (kind: LeafKind, fields: Readonly<Record<string, Json>>) => void,
  ): number {
    let governing = this.#governing.get(cycle.groupId) ?? 0
    const orders = takenOrders(cycle, result, this.#readers)
    if (orders === undefined) throw this.#misfit(entry, 'an input that was accepted and cannot be read')
    for (const order of orders) {
      const fields = orderFields(order, result.closedAt)
      add(order.kind, fields)
      if (isGoverning(order.kind, fields)) governing++
    }
    if (orders.length > 0) this.#governing.set(cycle.groupId, governing)
    return governing
  }
}

function keyOf({ groupId, cycle }: { readonly groupId: string; readonly cycle: number }): string {
  return `${groupId}/${cycle}`
}

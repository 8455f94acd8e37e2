/**
 * Turns journal entries into rows, one after the other: a pure fold.
 *
 * Equal entries after equal memory give equal rows, which is what a retry relies on. The memory is small:
 * declared sources, cycles whose results have not come yet, and the lineage of each group. `restore.ts`
 * makes the same memory from what was projected. Depends on `rows/` and `payload`.
 */
import { WeirError } from '../../../pipeline/errors.js'
import type { JournalBody } from '../../../pipeline/ports.js'
import type { Cycle, CycleResult, SourceDeclaration } from '../../../schemas/generated/types.js'
import { type JournalEntryReader, type JournalPlace, placeOf } from '../../journal/journal-port.js'
import { payloadReader } from './payload.js'
import { addCycle, addDecision, addExplanation } from './rows/decision-rows.js'
import { hexOf } from './rows/digests.js'
import { GroupLineage } from './rows/edge-rows.js'
import { addDeadLetters, addInput, type KnownSource } from './rows/input-rows.js'
import { addActions } from './rows/instruction-rows.js'
import { addProcessStart, addSource } from './rows/journal-rows.js'
import type { RowSink } from './table.js'

const ACCEPTED = 0
const LATE = 3

interface PendingCycle {
  readonly place: JournalPlace
  readonly cycle: Cycle
}

export class Projection {
  readonly #sources = new Map<number, KnownSource>()
  /** Cycles without a result, by group and number, in the order of the journal. */
  readonly #pending = new Map<string, PendingCycle>()
  readonly #groups = new Map<string, GroupLineage>()

  /** Adds the rows of the next entry. Throws `WEIR_JOURNAL` when the entry does not fit the ones before. */
  add(sink: RowSink, entry: JournalEntryReader): void {
    const { sequence } = entry
    const body: JournalBody = entry.decode()
    if ('weir.CycleResult' in body) this.#addResult(sink, sequence, body['weir.CycleResult'])
    else if ('weir.Cycle' in body) this.expect(placeOf(entry), body['weir.Cycle'])
    else if ('weir.SourceDeclaration' in body) {
      addSource(sink, sequence, body['weir.SourceDeclaration'])
      this.#declare(body['weir.SourceDeclaration'])
    } else if ('weir.JournalStart' in body) addProcessStart(sink, sequence, body['weir.JournalStart'])
    // Positions serve the runtime's restart alone: what they say is in the coordinates of the inputs.
  }

  /** In front of the oldest entry that rows of later entries are made from; `next` when there is none. */
  resumePlace(next: JournalPlace): JournalPlace {
    const oldest = this.#pending.values().next()
    return oldest.done === true ? next : oldest.value.place
  }

  /** Remembers a cycle until its result comes. */
  expect(place: JournalPlace, cycle: Cycle): void {
    this.#pending.set(pendingKey(cycle), { place, cycle })
  }

  /** Forgets a cycle whose result was projected before a restart. */
  settled(result: CycleResult): void {
    this.#pending.delete(pendingKey(result))
  }

  knowSource(source: number, stream: string, name: string, fingerprint: string, writerSchema: string): void {
    this.#sources.set(source, { stream, name, fingerprint, read: payloadReader(stream, writerSchema) })
  }

  lineage(groupId: string): GroupLineage {
    let lineage = this.#groups.get(groupId)
    if (lineage === undefined) {
      lineage = new GroupLineage()
      this.#groups.set(groupId, lineage)
    }
    return lineage
  }

  #declare(declaration: SourceDeclaration): void {
    const { source, stream, name, fingerprint, writerSchema } = declaration
    this.knowSource(source, stream, name, hexOf(fingerprint), writerSchema)
  }

  #addResult(sink: RowSink, sequence: number, result: CycleResult): void {
    const key = pendingKey(result)
    const pending = this.#pending.get(key)
    if (pending === undefined || pending.cycle.inputs.length !== result.dispositions.length) {
      throw misplaced(sequence, `a result of cycle ${result.cycle} of ${result.groupId} without its cycle`)
    }
    this.#pending.delete(key)
    this.#addInputs(sink, sequence, pending.cycle, result)
    addDeadLetters(sink, sequence, result)
    addCycle(sink, sequence, pending.place.sequence, pending.cycle, result)
    const lineage = this.lineage(result.groupId)
    for (const decision of result.decisions) {
      // What decides beside the policy in force rests on the same inputs; they are listed once, with the decision that had effect.
      const unlisted = decision.arm === '' ? lineage.settle(sink, sequence, decision) : 0
      addDecision(sink, sequence, decision, result, unlisted)
    }
    for (const explanation of result.explanations)
      addExplanation(sink, sequence, explanation, result.closedAt)
    addActions(sink, sequence, result)
  }

  #addInputs(sink: RowSink, sequence: number, cycle: Cycle, result: CycleResult): void {
    const lineage = this.lineage(cycle.groupId)
    for (let index = 0; index < cycle.inputs.length; index++) {
      const input = cycle.inputs[index]!
      const source = this.#sources.get(input.source)
      if (source === undefined)
        throw misplaced(sequence, `an input from the undeclared source ${input.source}`)
      addInput(sink, sequence, cycle, index, result, source)
      const disposition = result.dispositions[index]!
      if (disposition === ACCEPTED || disposition === LATE) {
        lineage.note(cycle.cycle, index, input, result.touched[index]!)
      }
    }
  }
}

function pendingKey(of: { readonly groupId: string; readonly cycle: number }): string {
  return `${of.groupId}\u0000${of.cycle}`
}

function misplaced(sequence: number, what: string): WeirError {
  return new WeirError('WEIR_JOURNAL', `the journal holds ${what}`, {
    place: `journal entry ${sequence}`,
    remedy: 'run `weir replay` on the data directory: it checks the journal',
  })
}

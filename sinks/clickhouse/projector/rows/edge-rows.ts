/**
 * Rows of `decision_inputs`: which inputs a decision rests on, and the memory that takes. Pure.
 *
 * New inputs of a decision are those that were applied since the group's decision before. A decision that
 * acted or refused also rests on what stood before: for each account, quote, rail and so on that was ever
 * touched, the latest input that touched it.
 */
import type { CycleInput, Decision } from '../../../../schemas/generated/types.js'
import { defineTable, int64, micros, type RowSink, text, uint32, uuid } from '../table.js'

interface DecisionInputRow {
  decisionId: Uint8Array
  groupId: string
  cycle: number
  decidedAt: number
  role: 'new' | 'standing'
  inputCycle: number
  inputIndex: number
  source: number
  position: number
  touched: string
  sequence: number
}

export const decisionInputsTable = defineTable<DecisionInputRow>('decision_inputs', {
  decisionId: uuid,
  groupId: text,
  cycle: int64,
  decidedAt: micros,
  role: text,
  inputCycle: int64,
  inputIndex: uint32,
  source: uint32,
  position: int64,
  touched: text,
  sequence: int64,
})

/**
 * Most new inputs that one decision lists. Only a group that nobody decides for (no policy yet) collects
 * more, and it must not take memory without end; the column `unlisted_inputs` counts the others.
 */
export const LISTED_INPUTS_MAX = 100_000

/**
 * What a decision can rest on; ids of these are few and reference data bounds them. Instructions are not
 * among them: there is one more with each ticket, and a decision sees their effect on accounts.
 */
export const STANDING_KINDS = [
  'account',
  'calendar',
  'collateral',
  'constraint',
  'counterparty',
  'facility',
  'hold',
  'policy',
  'quote',
  'rail',
] as const

const standingKinds: ReadonlySet<string> = new Set(STANDING_KINDS)

export interface InputReference {
  readonly cycle: number
  readonly index: number
  readonly source: number
  readonly position: number
  readonly touched: string
}

/** What the projection remembers of a group between its decisions. */
export class GroupLineage {
  /** Applied since the last decision, in order. */
  fresh: InputReference[] = []
  unlisted = 0
  /** Latest input by what it touched, oldest first. */
  readonly latest = new Map<string, InputReference>()

  /** Notes an input that was applied. */
  note(cycle: number, index: number, input: CycleInput, touched: string): void {
    const { source, position } = input
    this.remember({ cycle, index, source, position, touched })
  }

  remember(reference: InputReference): void {
    if (this.fresh.length < LISTED_INPUTS_MAX) this.fresh.push(reference)
    else this.unlisted += 1
    const { touched } = reference
    if (!standingKinds.has(touched.slice(0, touched.indexOf(':')))) return
    // Deleted first, so that the order of the map is that of the inputs and a restored map has the same.
    this.latest.delete(touched)
    this.latest.set(touched, reference)
  }

  /** Adds the edges of a decision and forgets what was new to it. Returns the inputs without an edge. */
  settle(sink: RowSink, sequence: number, decision: Decision): number {
    for (const reference of this.fresh) addEdge(sink, sequence, decision, 'new', reference)
    if (decision.outcome !== 'NOTHING_TO_DO') {
      for (const reference of this.latest.values()) {
        if (reference.cycle <= decision.previousCycle)
          addEdge(sink, sequence, decision, 'standing', reference)
      }
    }
    const { unlisted } = this
    this.fresh = []
    this.unlisted = 0
    return unlisted
  }
}

function addEdge(
  sink: RowSink,
  sequence: number,
  decision: Decision,
  role: DecisionInputRow['role'],
  reference: InputReference,
): void {
  sink.add(decisionInputsTable, {
    decisionId: decision.decisionId,
    groupId: decision.groupId,
    cycle: decision.cycle,
    decidedAt: decision.decidedAt,
    role,
    inputCycle: reference.cycle,
    inputIndex: reference.index,
    source: reference.source,
    position: reference.position,
    touched: reference.touched,
    sequence,
  })
}

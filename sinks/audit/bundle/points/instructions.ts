/**
 * Point 7: the instructions byte by byte, their ids, and what became of each, one step of its life at a time. Pure.
 */
import { canFollow } from '../../../../pipeline/action/life-cycle.js'
import { derivedId, toHex } from '../../../../pipeline/identity.js'
import { canonicalJson, type Json } from '../../../../schemas/canonical-json.js'
import { SCHEMA_JSON } from '../../../../schemas/generated/schemas.js'
import type { InstructionState } from '../../../../schemas/generated/types.js'
import { recordReader } from '../../../journal/record-reader.js'
import { instructionFields } from '../../leaves/leaf-fields.js'
import type { Evidence, VerifiedLeaf } from '../evidence.js'
import { demand, type Finding } from './point.js'

/** Members of every leaf; the others are those of the instruction. */
const COMMON = new Set(['leaf', 'kind', 'group', 'sequence', 'journal'])

export function instructionsPoint(evidence: Evidence): Finding {
  const { bundle, leaves, decision } = evidence
  demand(
    toHex(decisionIdOf(evidence)) === bundle.decision,
    'the id is not that of a decision of this group and cycle',
  )
  const own = leaves.filter(
    ({ kind, fields }) => kind === 'instruction' && fields.decision === bundle.decision,
  )
  demand(
    own.length === decision.instructions && bundle.instructions.length === decision.instructions,
    `the decision has ${decision.instructions} instructions, the log ${own.length}, the bundle ${bundle.instructions.length}`,
  )
  own.forEach((leaf, at) => {
    demandInstruction(leaf, bundle.instructions[at] ?? new Uint8Array(0), evidence)
  })
  const fates = fateOf(leaves, own)
  return { detail: fates.length === 0 ? 'nothing was to be done' : fates.join(', ') }
}

/** Plans of people are counted within their cycle. */
function decisionIdOf({ leaves, decisionLeaf, decision, group }: Evidence): Uint8Array {
  if (decision.trigger !== 'override') return derivedId('decision', group, decision.cycle)
  const ordinal = leaves.filter(
    ({ kind, index, journal, fields }) =>
      kind === 'decision' &&
      index < decisionLeaf.index &&
      journal.entry === decisionLeaf.journal.entry &&
      fields.trigger === 'override',
  ).length
  return derivedId('decision', group, decision.cycle, 'override', ordinal)
}

/** The record gives every field of the leaf, its digest included, and the id that such an instruction has. */
function demandInstruction(
  leaf: VerifiedLeaf,
  bytes: Uint8Array,
  { group, decision, bundle }: Evidence,
): void {
  const record = recordReader('instruction', SCHEMA_JSON.instruction)(bytes)
  demand(record !== undefined, `the instruction of leaf ${leaf.index} cannot be decoded`)
  const fields = Object.fromEntries(Object.entries(leaf.fields).filter(([name]) => !COMMON.has(name)))
  demand(
    canonicalJson(fields as Json) === canonicalJson(instructionFields(record)) && record.groupId === group,
    `the instruction of leaf ${leaf.index} is another one than was logged`,
  )
  const id = derivedId('instruction', group, decision.cycle, bundle.decision, record.leg)
  demand(toHex(id) === fields.id, `the id of the instruction of leaf ${leaf.index} is not its own`)
}

/** The state of each in the end. */
function fateOf(leaves: readonly VerifiedLeaf[], own: readonly VerifiedLeaf[]): InstructionState[] {
  const states = new Map<unknown, InstructionState | undefined>(
    own.map(({ fields }) => [fields.id, undefined]),
  )
  for (const { index, kind, fields } of leaves) {
    if (kind !== 'instruction-event' || !states.has(fields.instruction)) continue
    const before = states.get(fields.instruction)
    const after = fields.state as InstructionState
    demand(
      before === undefined ? after === 'PROPOSED' : canFollow(before, after),
      `leaf ${index}: ${after} cannot follow ${before ?? 'nothing'}`,
    )
    states.set(fields.instruction, after)
  }
  return [...states].map(([id, state]) => {
    demand(state !== undefined, `nothing tells what became of instruction ${id}`)
    return state
  })
}

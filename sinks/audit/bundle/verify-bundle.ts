/**
 * Verifies a bundle with public keys alone: no network, no database, no trust in whoever made it.
 *
 * Each point is asked whatever the others came to, and an error in one fails that one. What a bundle does not hold yet is no
 * point here; docs/audit-log.md says what that is. Pure; depends on the log's proofs and the table of the instruction life cycle.
 */
import { canFollow } from '../../../pipeline/action/life-cycle.js'
import { WeirError } from '../../../pipeline/errors.js'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'
import type { InstructionState } from '../../../schemas/generated/types.js'
import { LEAF_VERSION } from '../leaves/leaf.js'
import { type CheckpointTrust, openCheckpoint } from '../log/checkpoint.js'
import { leafHash } from '../log/hashing.js'
import { verifyInclusion } from '../log/proofs.js'
import type { Bundle } from './bundle.js'

export type PointName =
  | 'checkpoint'
  | 'inclusion'
  | 'leaves'
  | 'decision'
  | 'policy'
  | 'instructions'
  | 'fate'
  | 'sequence'

export interface Point {
  readonly point: PointName
  readonly holds: boolean
  /** What was found. */
  readonly detail: string
}

interface VerifiedLeaf {
  readonly index: number
  readonly [name: string]: unknown
}

class Refutation extends Error {}

function demand(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Refutation(why)
}

/** All points, in the order of `PointName`; the bundle is verified when each holds. */
export function verifyBundle(bundle: Bundle, trust: CheckpointTrust): readonly Point[] {
  let leaves: readonly VerifiedLeaf[] = []
  const ask = (point: PointName, find: () => string): Point => {
    try {
      return { point, holds: true, detail: find() }
    } catch (error) {
      if (!(error instanceof Refutation) && !(error instanceof WeirError)) throw error
      return { point, holds: false, detail: error instanceof WeirError ? error.toLine() : error.message }
    }
  }
  return [
    ask('checkpoint', () => checkpointOf(bundle, trust)),
    ask('inclusion', () => inclusionOf(bundle, trust)),
    ask('leaves', () => {
      leaves = leavesOf(bundle)
      return `${leaves.length} leaves are canonical`
    }),
    ask('decision', () => decisionOf(bundle, leaves)),
    ask('policy', () => policyOf(leaves)),
    ask('instructions', () => instructionsOf(bundle, leaves)),
    ask('fate', () => fateOf(leaves)),
    ask('sequence', () => sequenceOf(leaves)),
  ]
}

function checkpointOf(bundle: Bundle, trust: CheckpointTrust): string {
  const { note, checkpoint } = openCheckpoint(bundle.checkpoint, trust)
  return `${checkpoint.origin}, ${checkpoint.size} leaves, ${note.signatures.length} signatures`
}

function inclusionOf(bundle: Bundle, trust: CheckpointTrust): string {
  const { size, root } = openCheckpoint(bundle.checkpoint, trust).checkpoint
  for (const { index, record, proof } of bundle.leaves)
    demand(
      verifyInclusion({ leafHash: leafHash(record), index, size, root, proof }),
      `the log of size ${size} has another leaf at ${index}`,
    )
  return `${bundle.leaves.length} leaves are in the log`
}

/** Canonical, so that no two readers can take a leaf for two things. */
function leavesOf(bundle: Bundle): VerifiedLeaf[] {
  return bundle.leaves.map(({ index, record }) => {
    const text = Buffer.from(record).toString('utf8')
    const fields = parsedJson(text, index)
    demand(
      typeof fields === 'object' && fields !== null && !Array.isArray(fields),
      `leaf ${index} is no object`,
    )
    demand(canonicalJson(fields as Json) === text, `leaf ${index} is not canonical`)
    const leaf = fields as Record<string, unknown>
    demand(leaf.leaf === LEAF_VERSION, `leaf ${index} is of another version than ${LEAF_VERSION}`)
    return { ...leaf, index }
  })
}

function parsedJson(text: string, index: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refutation(`leaf ${index} is no JSON`)
  }
}

const ofKind = (leaves: readonly VerifiedLeaf[], kind: string): VerifiedLeaf[] =>
  leaves.filter((leaf) => leaf.kind === kind)

function theDecision(leaves: readonly VerifiedLeaf[]): VerifiedLeaf {
  const [decision, ...others] = ofKind(leaves, 'decision')
  demand(decision !== undefined && others.length === 0, 'there is not exactly one decision')
  return decision
}

function decisionOf(bundle: Bundle, leaves: readonly VerifiedLeaf[]): string {
  const decision = theDecision(leaves)
  demand(decision.id === bundle.decision, 'the leaf is of another decision')
  for (const leaf of leaves) demand(leaf.group === decision.group, `leaf ${leaf.index} is of another group`)
  return `group ${decision.group}, cycle ${decision.cycle}, ${decision.outcome}${decision.reason === '' ? '' : `: ${decision.reason}`}`
}

function policyOf(leaves: readonly VerifiedLeaf[]): string {
  const decision = theDecision(leaves)
  const wanted = decision.policy as { id?: unknown; version?: unknown; digest?: unknown } | undefined
  const [policy, ...others] = ofKind(leaves, 'policy')
  demand(policy !== undefined && others.length === 0, 'there is not exactly one policy version')
  demand(policy.digest === wanted?.digest, 'the policy version has another digest than the decision names')
  demand(
    policy.id === wanted?.id && policy.version === wanted?.version,
    'the decision names another policy version',
  )
  demand(policy.index < decision.index, 'the policy version is logged after the decision')
  return `${policy.id} version ${policy.version}, ${policy.digest}`
}

function instructionsOf(bundle: Bundle, leaves: readonly VerifiedLeaf[]): string {
  const { instructions: count } = theDecision(leaves)
  const instructions = ofKind(leaves, 'instruction')
  demand(
    instructions.length === count,
    `the decision has ${count} instructions, the bundle ${instructions.length}`,
  )
  const ids = new Set(instructions.map(({ id }) => id))
  demand(ids.size === instructions.length, 'an instruction is there twice')
  for (const { index, decision } of instructions)
    demand(decision === bundle.decision, `the instruction of leaf ${index} is of another decision`)
  return `${instructions.length} instructions`
}

/** Each instruction goes through its life cycle, one step at a time. */
function fateOf(leaves: readonly VerifiedLeaf[]): string {
  const states = new Map<unknown, InstructionState | undefined>(
    ofKind(leaves, 'instruction').map(({ id }) => [id, undefined]),
  )
  for (const { index, instruction, state } of ofKind(leaves, 'instruction-event')) {
    demand(states.has(instruction), `the event of leaf ${index} is of another instruction`)
    const before = states.get(instruction)
    const after = state as InstructionState
    demand(
      before === undefined ? after === 'PROPOSED' : canFollow(before, after),
      `leaf ${index}: ${after} cannot follow ${before ?? 'nothing'}`,
    )
    states.set(instruction, after)
  }
  for (const [id, state] of states)
    demand(state !== undefined, `nothing tells what became of instruction ${id}`)
  return states.size === 0 ? 'nothing was to be done' : [...states.values()].join(', ')
}

/** In the order of the log, with the numbers of the group and the places of the journal rising with it. */
function sequenceOf(leaves: readonly VerifiedLeaf[]): string {
  let last: VerifiedLeaf | undefined
  for (const leaf of leaves) {
    if (last !== undefined) {
      demand(leaf.index > last.index, `leaf ${leaf.index} comes after leaf ${last.index}`)
      demand(Number(leaf.sequence) > Number(last.sequence), `the number of leaf ${leaf.index} does not rise`)
      demand(comesAfter(leaf, last), `leaf ${leaf.index} is from an earlier place of the journal`)
    }
    last = leaf
  }
  demand(last !== undefined, 'there are no leaves')
  return `numbers ${leaves[0]?.sequence} to ${last.sequence} of the group`
}

function comesAfter(leaf: VerifiedLeaf, last: VerifiedLeaf): boolean {
  const [a, b] = [leaf.journal, last.journal] as { partition: number; entry: number; ordinal: number }[]
  if (a === undefined || b === undefined || a.partition !== b.partition) return false
  return a.entry > b.entry || (a.entry === b.entry && a.ordinal > b.ordinal)
}

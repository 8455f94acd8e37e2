/**
 * The leaves of a bundle in their roles, and that none is missing among them:
 *
 *   ... policy ...│ previous decision │ rest of its entry │ made by the replay, up to the end of the decision's entry │ later events ...
 *        alone    │<----------------------- numbers of the group without a gap ------------------------------------->│  rising
 *
 * From the group's beginning there is no previous decision, and numbers begin with 0. Pure.
 */
import type { DecisionLeaf, Evidence, VerifiedLeaf } from './evidence.js'
import { demand } from './points/point.js'

export interface ArrangedLeaves {
  /** What the replay has to make, in order. */
  readonly made: readonly VerifiedLeaf[]
  /** First and last number without a gap. */
  readonly first: number
  readonly last: number
  /** What became of the decision's instructions after its entry. */
  readonly later: readonly VerifiedLeaf[]
}

export function arrangeLeaves({ leaves, decisionLeaf, decision, group, bundle }: Evidence): ArrangedLeaves {
  demandOrder(leaves, group)
  const isBefore = (leaf: VerifiedLeaf): boolean => leaf.index < decisionLeaf.index
  const previous = leaves.filter((leaf) => leaf.kind === 'decision' && isBefore(leaf)).at(-1)
  const previousCycle = previous === undefined ? -1 : (previous.fields as unknown as DecisionLeaf).cycle
  demand(
    decision.previousCycle === previousCycle,
    `the decision before was in cycle ${decision.previousCycle}, the leaf before is of cycle ${previousCycle}`,
  )
  const first = bundle.snapshot === null ? 0 : (previous?.sequence ?? 0)
  const isOfEntry = (leaf: VerifiedLeaf, other: VerifiedLeaf | undefined): boolean =>
    leaf.journal.entry === other?.journal.entry
  const gapless = leaves.filter(
    (leaf) => leaf.sequence >= first && (isBefore(leaf) || isOfEntry(leaf, decisionLeaf)),
  )
  gapless.forEach((leaf, at) => {
    demand(leaf.sequence === first + at, `number ${first + at} of the group is missing`)
  })
  const early = leaves.filter(({ sequence }) => sequence < first)
  demand(
    early.every(({ kind }) => kind === 'policy') && early.length <= 1,
    'a leaf from before has nothing to do with the decision',
  )
  const later = leaves.filter((leaf) => !isBefore(leaf) && !isOfEntry(leaf, decisionLeaf))
  demand(
    later.every(({ kind }) => kind === 'instruction-event'),
    'a leaf from after tells nothing of the decision',
  )
  const made = bundle.snapshot === null ? gapless : gapless.filter((leaf) => !isOfEntry(leaf, previous))
  return { made, first, last: first + gapless.length - 1, later }
}

/** In the order of the log, with the numbers of the group and the places of the journal rising with it. */
function demandOrder(leaves: readonly VerifiedLeaf[], group: string): void {
  let last: VerifiedLeaf | undefined
  for (const leaf of leaves) {
    demand(leaf.group === group, `leaf ${leaf.index} is of another group`)
    if (last !== undefined) {
      demand(leaf.index > last.index, `leaf ${leaf.index} comes after leaf ${last.index}`)
      demand(leaf.sequence > last.sequence, `the number of leaf ${leaf.index} does not rise`)
      demand(comesAfter(leaf, last), `leaf ${leaf.index} is from an earlier place of the journal`)
    }
    last = leaf
  }
}

function comesAfter({ journal: a }: VerifiedLeaf, { journal: b }: VerifiedLeaf): boolean {
  if (a.partition !== b.partition) return false
  return a.entry > b.entry || (a.entry === b.entry && a.ordinal > b.ordinal)
}

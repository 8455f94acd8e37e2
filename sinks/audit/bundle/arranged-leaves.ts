/**
 * The leaves of a bundle in their roles, and that none is missing among them:
 *
 *   what governs │ previous decision │ rest of its entry │ made by the replay, up to the end of the decision's entry │ later events, orders
 *     rising     │<----------------------- numbers of the group without a gap ------------------------------------->│  rising
 *
 * From the group's beginning there is no previous decision, and numbers begin with 0. That none is missing of what governs, and of the orders on a
 * plan that waited, is for `people/governance.ts` and the point of approvals to find. Pure.
 */
import { isGoverning } from '../leaves/governing.js'
import type { DecisionLeaf, Evidence, VerifiedLeaf } from './evidence.js'
import { subjectOf } from './people/bundled-people.js'
import { demand } from './points/point.js'
import { previousDecision } from './previous-decision.js'

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
  const previous = previousDecision(leaves, decisionLeaf)
  const previousCycle = lastOwnCycle(leaves, previous)
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
    early.every(({ kind, fields }) => isGoverning(kind, fields)),
    'a leaf from before has nothing to do with the decision',
  )
  const later = leaves.filter((leaf) => !isBefore(leaf) && !isOfEntry(leaf, decisionLeaf))
  const subject = subjectOf(bundle.decision)
  demand(
    later.every(
      ({ kind, fields }) =>
        kind === 'instruction-event' ||
        isGoverning(kind, fields) ||
        (kind === 'command' && fields.subject === subject),
    ),
    'a leaf from after tells nothing of the decision',
  )
  const made = bundle.snapshot === null ? gapless : gapless.filter((leaf) => !isOfEntry(leaf, previous))
  return { made, first, last: first + gapless.length - 1, later }
}

/**
 * Cycle of the last decision that the agent made by itself under the policy in force: plans of people, and what another policy would have done
 * beside it, leave it as it was, and name it too.
 */
function lastOwnCycle(leaves: readonly VerifiedLeaf[], previous: VerifiedLeaf | undefined): number {
  if (previous === undefined) return -1
  const decisions = leaves
    .filter(({ kind, journal }) => kind === 'decision' && journal.entry === previous.journal.entry)
    .map(({ fields }) => fields as unknown as DecisionLeaf & { readonly arm?: string })
  const own = decisions.find(({ trigger, arm }) => trigger !== 'override' && arm === undefined)
  return own?.cycle ?? decisions[0]?.previousCycle ?? -1
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

/**
 * The decision before: the first of the latest earlier cycle that decided anything. A cycle may have several, since plans of people are decisions
 * beside the agent's own. Pure.
 */
interface LeafInJournal {
  readonly kind: string
  readonly index: number
  readonly journal: { readonly entry: number }
}

/** @param leaves in the order of the log */
export function previousDecision<L extends LeafInJournal>(
  leaves: readonly L[],
  decision: LeafInJournal,
): L | undefined {
  const isBefore = ({ kind, index, journal }: L): boolean =>
    kind === 'decision' && index < decision.index && journal.entry !== decision.journal.entry
  const last = leaves.findLast(isBefore)
  return leaves.find((leaf) => isBefore(leaf) && leaf.journal.entry === last?.journal.entry)
}

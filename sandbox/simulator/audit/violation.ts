/** A broken invariant of a simulation. Depends on nothing. */

const INVARIANTS = [
  'accepted-input-once',
  'journal-chain',
  'outputs-equal-journal',
  'effective-once',
  'reservation-once',
  'balances-add-up',
  'floor-held',
  'replay-identical',
  'projection-equals-journal',
  'refusals-recorded',
  'people-obeyed',
  'draws-covered',
  'no-machine-fails',
  'everything-ends',
] as const

export type Invariant = (typeof INVARIANTS)[number]

export class Violation extends Error {
  constructor(
    readonly invariant: Invariant,
    readonly detail: string,
  ) {
    super(`${invariant}: ${detail}`)
    this.name = 'Violation'
  }
}

export function hold(condition: boolean, invariant: Invariant, detail: () => string): void {
  if (!condition) throw new Violation(invariant, detail())
}

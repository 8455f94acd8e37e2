/** The names of the rules and what each of them took away. Depends on nothing. */

export const ruleNames = [
  'empty-row',
  'empty-column',
  'fixed-column',
  'singleton-row',
  'redundant-row',
  'forcing-row',
  'binding-row',
  'slack-column',
  'dominated-column',
  'weakly-dominated-column',
  'doubleton-equation',
  'column-substitution',
  'parallel-rows',
  'parallel-columns',
] as const
export type RuleName = (typeof ruleNames)[number]

/** Fill counts against a rule, so `nonzeros` may be negative. */
export interface RuleTally {
  uses: number
  rows: number
  columns: number
  nonzeros: number
}

interface Size {
  readonly rows: number
  readonly columns: number
  readonly nonzeros: number
}

export interface PresolveStatistics {
  readonly before: Size
  readonly after: Size
  readonly rules: Readonly<Record<RuleName, Readonly<RuleTally>>>
  /** Entries looked at; presolve stops at a bound of it (WORK_FACTOR). */
  readonly work: number
  readonly isCutShort: boolean
}

export function emptyTallies(): Record<RuleName, RuleTally> {
  const tallies: Partial<Record<RuleName, RuleTally>> = {}
  for (const name of ruleNames) tallies[name] = { uses: 0, rows: 0, columns: 0, nonzeros: 0 }
  return tallies as Record<RuleName, RuleTally>
}

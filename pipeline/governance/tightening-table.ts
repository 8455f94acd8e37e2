/**
 * Which way each key of a policy is tighter: one table, from which the lint, the comparison of two policies and the table in
 * `docs/policy.md` come.
 *
 * *Tighter* is meant by the risk gate: a child tightens its parent when, in the same state, every plan that the gate lets pass
 * under the child it would let pass under the parent. So a key that the gate does not read (prices, targets, when to run) is
 * free: it decides which of the allowed plans is best. Approvals are beside the gate: there *tighter* asks more people, fewer roles or
 * less time. Pure; depends on the types of `policy.ts`.
 */
import type { AccountPolicy, Policy } from './policy.js'

/** Exact amount as decimal text, or a plain number. */
export type BoundValue = string | number

/**
 * `lower`, `higher`: not above, not below the parent's. `within`: from the parent's floor to its ceiling. `same`: the
 * parent's. `subset`, `superset`: of the parent's entries. `free`: anything. `recorded`: says who and what, not how much.
 */
export type Direction =
  | 'lower'
  | 'higher'
  | 'within'
  | 'same'
  | 'subset'
  | 'superset'
  | 'ordered'
  | 'free'
  | 'recorded'

export interface TighteningRow {
  /** Key as `docs/policy.md` writes it. */
  readonly key: string
  readonly direction: Direction
  /** The rule in words, and why. */
  readonly says: string
  /** For a number of the whole policy; the rows without one are compared entry by entry. */
  readonly read?: (policy: Policy) => BoundValue | undefined
  /** For a number of an account. */
  readonly readAccount?: (account: AccountPolicy) => BoundValue
  /** It also changes what is counted at a bank, in the other direction: the same where the parent limits banks. */
  readonly countsAtBanks?: boolean
}

const AT_BANKS =
  'the same where the parent has `limits.concentration`, because it also lowers what is counted at a bank'

export const TIGHTENING: readonly TighteningRow[] = [
  { key: 'policy', direction: 'recorded', says: 'names the policy' },
  { key: 'version', direction: 'recorded', says: 'counts its versions' },
  { key: 'level', direction: 'recorded', says: "below the parent's" },
  { key: 'parent', direction: 'recorded', says: 'names the parent and the digest of its text' },
  { key: 'group', direction: 'recorded', says: 'names what it governs; only a policy of level group has it' },
  { key: 'owner', direction: 'recorded', says: 'names who answers' },
  { key: 'tier', direction: 'recorded', says: 'not interpreted' },
  {
    key: 'mode',
    direction: 'ordered',
    says: "not further than the parent's, in the order `shadow`, `advise`, `supervised`, `autonomous`",
  },
  { key: 'expires', direction: 'lower', says: "not later than the parent's" },
  {
    key: 'baseCurrency',
    direction: 'same',
    says: 'amounts in two currencies cannot be compared',
    read: (p) => p.baseCurrency,
  },
  {
    key: 'deliberation.horizonMinutes',
    direction: 'higher',
    says: `more expected payments are kept back; ${AT_BANKS}`,
    read: (p) => p.deliberation.horizonMinutes,
    countsAtBanks: true,
  },
  free('deliberation.reconsiderAfterSeconds', 'when to run', (p) => p.deliberation.reconsiderAfterSeconds),
  free('deliberation.tolerancePercent', 'when to run', (p) => p.deliberation.tolerancePercent),
  free('costs.shortfallBpPerDay[0]', 'ranks allowed plans', (p) => p.costs.shortfallBpPerDay[0]),
  free('costs.shortfallBpPerDay[1]', 'ranks allowed plans', (p) => p.costs.shortfallBpPerDay[1]),
  free('costs.shortfallBpPerDay[2]', 'ranks allowed plans', (p) => p.costs.shortfallBpPerDay[2]),
  free(
    'costs.floorViolationBp',
    'ranks plans; one below a floor is refused at any price',
    (p) => p.costs.floorViolationBp,
  ),
  free('costs.idleBpPerYear', 'ranks allowed plans', (p) => p.costs.idleBpPerYear),
  free('costs.surplusBpPerYear', 'ranks allowed plans', (p) => p.costs.surplusBpPerYear),
  free('costs.churnBp', 'ranks allowed plans', (p) => p.costs.churnBp),
  {
    key: 'accounts[].account',
    direction: 'subset',
    says: "of the parent's accounts, or any when the parent lists none; banks count all accounts of the group, those that are left out too",
  },
  ofAccount('floor', 'higher', "not below the parent's", (a) => a.floor),
  ofAccount('target', 'within', "from the parent's floor to its ceiling", (a) => a.target),
  ofAccount('ceiling', 'lower', "not above the parent's", (a) => a.ceiling),
  ofAccount('band.lowerPercent', 'free', 'when to run', (a) => a.band.lowerPercent),
  ofAccount('band.upperPercent', 'free', 'when to run', (a) => a.band.upperPercent),
  bound('limits.maximumInstruction', 'lower', (p) => p.limits.maximumInstruction),
  bound('limits.perCycle', 'lower', (p) => p.limits.perCycle),
  bound('limits.perHour', 'lower', (p) => p.limits.perHour),
  bound('limits.perDay', 'lower', (p) => p.limits.perDay),
  bound('limits.instructionsPerCycle', 'lower', (p) => p.limits.instructionsPerCycle),
  {
    key: 'limits.concentration[]',
    direction: 'superset',
    says: "every counterparty of the parent's, none with a higher limit; more may be added",
  },
  {
    key: 'limits.lenders[]',
    direction: 'superset',
    says: "every counterparty of the parent's, none with a higher limit; more may be added",
  },
  {
    key: 'escalation.roles[]',
    direction: 'free',
    says: 'an answer makes a plan that the gate judges and others approve',
  },
  free(
    'escalation.withinSeconds',
    'how long people may take; silence sends nothing',
    (p) => p.escalation.withinSeconds,
  ),
  bound('approvals.required', 'higher', (p) => p.approvals.required),
  {
    key: 'approvals.roles[]',
    direction: 'subset',
    says: "of the parent's roles; `approver` where none are listed",
  },
  bound('approvals.withinSeconds', 'lower', (p) => p.approvals.withinSeconds),
  bound('approvals.largeAmount', 'lower', (p) => p.approvals.largeAmount),
  bound('approvals.requiredAboveLarge', 'higher', (p) => p.approvals.requiredAboveLarge),
  {
    key: 'rules[]',
    direction: 'superset',
    says: "every rule of the parent's by name, with the same expression or one that provably allows nothing more; more may be added",
  },
  bound('margins.fundingCostPercent', 'higher', (p) => p.margins.fundingCostPercent),
  bound('margins.collateralValuePercent', 'lower', (p) => p.margins.collateralValuePercent),
  bound('margins.coveragePercent', 'higher', (p) => p.margins.coveragePercent),
  {
    key: 'optimizers[]',
    direction: 'subset',
    says: "of the parent's, or any when the parent lists none",
  },
  {
    key: 'configurations[]',
    direction: 'subset',
    says: "of the parent's, or any when the parent lists none",
  },
  bound('canary.cohortPercent', 'lower', (p) => p.canary.cohortPercent),
  bound('canary.shadowDecisions', 'higher', (p) => p.canary.shadowDecisions),
  bound('canary.decisions', 'higher', (p) => p.canary.decisions),
  bound('canary.costRegretBp', 'lower', (p) => p.canary.costRegretBp),
  bound('canary.overridePercent', 'lower', (p) => p.canary.overridePercent),
  bound('canary.solverFailurePercent', 'lower', (p) => p.canary.solverFailurePercent),
  bound('canary.churnPercent', 'lower', (p) => p.canary.churnPercent),
  {
    key: 'expectedFlows.inflowPercent',
    direction: 'lower',
    says: `fewer receipts are counted on; ${AT_BANKS}`,
    read: (p) => p.expectedFlows.inflowPercent,
    countsAtBanks: true,
  },
  {
    key: 'expectedFlows.outflowPercent',
    direction: 'higher',
    says: `more payments are kept back; ${AT_BANKS}`,
    read: (p) => p.expectedFlows.outflowPercent,
    countsAtBanks: true,
  },
  bound('staleness.account.widenAfterSeconds', 'lower', (p) => p.staleness.account.widenAfterSeconds),
  bound('staleness.account.widenPercent', 'higher', (p) => p.staleness.account.widenPercent),
  bound('staleness.account.freezeAfterSeconds', 'lower', (p) => p.staleness.account.freezeAfterSeconds),
  bound('staleness.quote.widenAfterSeconds', 'lower', (p) => p.staleness.quote.widenAfterSeconds),
  bound('staleness.quote.widenSpreadPercent', 'higher', (p) => p.staleness.quote.widenSpreadPercent),
  bound('staleness.quote.freezeAfterSeconds', 'lower', (p) => p.staleness.quote.freezeAfterSeconds),
  bound('staleness.gapWidenPercent', 'higher', (p) => p.staleness.gapWidenPercent),
  bound('settlement.cutoffMarginSeconds', 'higher', (p) => p.settlement.cutoffMarginSeconds),
  free('settlement.answerWithinSeconds', 'when to ask', (p) => p.settlement.answerWithinSeconds),
]

function bound(
  key: string,
  direction: 'lower' | 'higher',
  read: (policy: Policy) => BoundValue | undefined,
): TighteningRow {
  const side = direction === 'lower' ? 'above' : 'below'
  return { key, direction, says: `not ${side} the parent's`, read }
}

function free(key: string, says: string, read: (policy: Policy) => BoundValue): TighteningRow {
  return { key, direction: 'free', says, read }
}

function ofAccount(
  key: string,
  direction: Direction,
  says: string,
  readAccount: (account: AccountPolicy) => BoundValue,
): TighteningRow {
  return { key: `accounts[].${key}`, direction, says, readAccount }
}

/** The table as Markdown, for `docs/policy.md`; a test holds the two together. */
export function tighteningTable(): string {
  const rows = TIGHTENING.map(({ key, direction, says }) => `| \`${key}\` | ${direction} | ${says} |`)
  return ['| key | tighter | a child |', '|---|---|---|', ...rows].join('\n')
}

/** Path of a key's value in a document, for places of mistakes. */
export function pathOf(key: string): (string | number)[] {
  return key
    .replace(/\[(\d*)\]/g, (_, index: string) => (index === '' ? '' : `.${index}`))
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

/**
 * Random parents and children among policies, as documents, and groups that they apply to: a child is its parent with some keys
 * tighter, some equal and now and then one looser, so that the proof of tightening has all of them to judge.
 */
import fc from 'fast-check'
import { toMinor } from '../../pipeline/money.js'
import { type GroupState, newGroupState } from '../../pipeline/perception/state.js'
import { type GroupDraft, groupDraft, groupOf, NOON } from './random-group.js'
import { randomRule } from './random-rule.js'

/** The numbers of a policy, before it is written down. Amounts in whole major units. */
export interface PolicyDraft {
  readonly mode: string
  readonly lastDay: number
  readonly horizonMinutes: number
  readonly accounts: readonly {
    readonly id: string
    readonly floor: number
    readonly target: number
    readonly ceiling: number
  }[]
  readonly maximumInstruction: number
  readonly perCycle: number
  readonly perHour: number
  readonly perDay: number
  readonly instructionsPerCycle: number
  readonly concentration: Readonly<Record<string, number>>
  readonly lenders: Readonly<Record<string, number>>
  readonly rules: Readonly<Record<string, string>>
  readonly inflowPercent: number
  readonly outflowPercent: number
  readonly accountWiden: readonly [seconds: number, percent: number]
  readonly freezeAccountSeconds: number
  readonly quoteWiden: readonly [seconds: number, percent: number]
  readonly freezeQuoteSeconds: number
  readonly gapWidenPercent: number
  readonly cutoffMarginSeconds: number
}

const MODES = ['shadow', 'advise', 'supervised', 'autonomous']
const DAYS = ['2026-03-16', '2026-03-17', '2026-03-18', '2026-03-19']

/** The draft as a document; JSON is YAML. */
export function policyText(draft: PolicyDraft, base: string): string {
  const limitsOf = (limits: Readonly<Record<string, number>>) =>
    Object.entries(limits).map(([counterparty, limit]) => ({ counterparty, limit: String(limit) }))
  return JSON.stringify({
    policy: 'random',
    version: 1,
    group: 'g',
    owner: 'o',
    tier: 2,
    mode: draft.mode,
    expires: DAYS[draft.lastDay],
    baseCurrency: base,
    deliberation: { horizonMinutes: draft.horizonMinutes, reconsiderAfterSeconds: 900, tolerancePercent: 2 },
    costs: { shortfallBpPerDay: [1, 5, 50], floorViolationBp: 500, idleBpPerYear: 50, churnBp: 0.001 },
    accounts: draft.accounts.map(({ id, floor, target, ceiling }) => ({
      account: id,
      floor: String(floor),
      target: String(target),
      ceiling: String(ceiling),
      band: { lowerPercent: 5, upperPercent: 30 },
    })),
    limits: {
      maximumInstruction: String(draft.maximumInstruction),
      perCycle: String(draft.perCycle),
      perHour: String(draft.perHour),
      perDay: String(draft.perDay),
      instructionsPerCycle: draft.instructionsPerCycle,
      concentration: limitsOf(draft.concentration),
      lenders: limitsOf(draft.lenders),
    },
    rules: Object.entries(draft.rules).map(([name, allow]) => ({ name, allow })),
    expectedFlows: { inflowPercent: draft.inflowPercent, outflowPercent: draft.outflowPercent },
    staleness: {
      account: {
        widenAfterSeconds: draft.accountWiden[0],
        widenPercent: draft.accountWiden[1],
        freezeAfterSeconds: draft.freezeAccountSeconds,
      },
      quote: {
        widenAfterSeconds: draft.quoteWiden[0],
        widenSpreadPercent: draft.quoteWiden[1],
        freezeAfterSeconds: draft.freezeQuoteSeconds,
      },
      gapWidenPercent: draft.gapWidenPercent,
    },
    settlement: { cutoffMarginSeconds: draft.cutoffMarginSeconds, answerWithinSeconds: 600 },
  })
}

const simpleRule = fc.constantFrom(
  'true',
  'move.kind != "FX"',
  'move.kind != "FX" || move.amountMinor <= 30000000',
  'move.amountMinor <= 90000000',
  'source.accountId != "A1"',
  'balance.sourceAvailableMinor - move.amountMinor >= 0 || move.kind == "DRAW"',
)

/** A parent for the accounts of a group. */
function parentOf(group: GroupDraft, spread: Spread): PolicyDraft {
  const listed = group.accounts.map((account, index) => {
    const target = account.currency === 'JPY' ? account.target * 160 : account.target
    return { id: `A${index}`, floor: Math.floor(target / 5), target, ceiling: target * 3 }
  })
  // Two at least, for something to move.
  const accounts = listed.filter((_, index) => index !== spread.leftOut || listed.length < 3)
  const most = group.base === 'JPY' ? 160 : 1
  return {
    mode: spread.mode,
    lastDay: spread.lastDay,
    horizonMinutes: spread.horizon,
    accounts,
    maximumInstruction: group.maximumInstruction * most,
    perCycle: group.perCycle * most,
    perHour: group.perCycle * most + spread.more * most,
    perDay: group.perCycle * most + 2 * spread.more * most,
    instructionsPerCycle: group.instructionsPerCycle,
    concentration: spread.limitsBanks
      ? { 'BANK-0': group.concentration * most, 'BANK-1': (group.concentration + spread.more) * most }
      : {},
    lenders: { LENDER: group.lender * most },
    rules: spread.rules,
    inflowPercent: spread.inflow,
    outflowPercent: 100,
    accountWiden: [1800, 10],
    freezeAccountSeconds: 7200,
    quoteWiden: [600, 100],
    freezeQuoteSeconds: 7200,
    gapWidenPercent: 5,
    cutoffMarginSeconds: spread.margin,
  }
}

const spreadDraft = fc.record({
  mode: fc.constantFrom(...MODES),
  lastDay: fc.constantFrom(1, 2, 3, 3, 3),
  horizon: fc.constantFrom(30, 60, 240),
  more: fc.integer({ min: 0, max: 4_000_000 }),
  limitsBanks: fc.boolean(),
  /** Account of the group that the parent does not list, if there is one of this number. */
  leftOut: fc.nat(13),
  inflow: fc.constantFrom(0, 50, 100),
  margin: fc.constantFrom(0, 3600, 43_000),
  rules: fc.dictionary(fc.constantFrom('r1', 'r2'), simpleRule, { maxKeys: 2 }),
})
type Spread = typeof spreadDraft extends fc.Arbitrary<infer T> ? T : never

/** How a key of the child differs: mostly the same or tighter. Its strength is a part of the number. */
const change = fc.record({
  way: fc.constantFrom('same', 'same', 'same', 'same', 'same', 'tighter'),
  strength: fc.integer({ min: 1, max: 9 }),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** Most changes that `childOf` reads. */
const CHANGES = 20

/** How the child differs from its parent. */
interface ChildDraft {
  readonly changes: readonly Change[]
  /** Number of the change that goes the other way; beyond the number of changes none does. */
  readonly loosened: number
  readonly rule: string
  readonly replacesRule: boolean
  /** Number among the parent's accounts of the one that the child leaves out, if there is one of this number. */
  readonly dropped: number
}

function childOf(
  parent: PolicyDraft,
  { changes, loosened, rule, replacesRule, dropped }: ChildDraft,
): PolicyDraft {
  let at = 0
  const next = (): number => {
    const { way, strength } = changes[at]!
    const looser = at === loosened
    at++
    if (looser) return -strength / 10
    return way === 'same' ? 0 : strength / 10
  }
  const less = (value: number) => Math.max(0, Math.floor(value * (1 - next())))
  const more = (value: number) => Math.max(0, Math.ceil(value * (1 + next())))
  const step = next()
  const raise = next()
  const accounts = parent.accounts
    .filter((_, index) => index !== dropped || parent.accounts.length < 3)
    .map((account) => ({
      ...account,
      floor: Math.min(Math.ceil(account.floor * (1 + raise)), account.target),
    }))
  const perCycle = less(parent.perCycle)
  const perHour = Math.max(perCycle, less(parent.perHour))
  const scaled = (limits: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(limits).map(([id, limit]) => [id, less(limit)]))
  const child = {
    ...parent,
    mode: MODES[Math.min(3, Math.max(0, MODES.indexOf(parent.mode) - Math.sign(step)))]!,
    lastDay: Math.min(3, Math.max(0, parent.lastDay - Math.sign(next()))),
    horizonMinutes: Math.max(1, more(parent.horizonMinutes)),
    accounts,
    maximumInstruction: less(parent.maximumInstruction),
    perCycle,
    perHour,
    perDay: Math.max(perHour, less(parent.perDay)),
    instructionsPerCycle: Math.max(1, less(parent.instructionsPerCycle)),
    concentration: scaled(parent.concentration),
    lenders: scaled(parent.lenders),
    inflowPercent: Math.min(100, less(parent.inflowPercent)),
    outflowPercent: Math.min(200, more(parent.outflowPercent)),
    accountWiden: [Math.max(1, less(1800)), more(10)] as const,
    freezeAccountSeconds: Math.max(3600, less(7200)),
    freezeQuoteSeconds: Math.max(3600, less(7200)),
    cutoffMarginSeconds: Math.min(86_400, more(parent.cutoffMarginSeconds)),
  }
  const rules: Record<string, string> = { ...parent.rules }
  const names = Object.keys(rules)
  const added = next()
  if (names.length > 0 && added > 0) rules[names[0]!] = `(${rule}) && (${rules[names[0]!]})`
  else if (names.length > 0 && (added < 0 || replacesRule)) rules[names[0]!] = rule
  return { ...child, rules }
}

export interface PolicyCase {
  readonly group: GroupDraft
  readonly parent: PolicyDraft
  readonly child: PolicyDraft
  readonly flows: readonly { readonly account: number; readonly amount: number; readonly minutes: number }[]
  /** Minutes since each account was heard of. */
  readonly silence: readonly number[]
  /** Account whose balance is not known, if there is one of this number. */
  readonly unopened: number
}

export const policyCase: fc.Arbitrary<PolicyCase> = fc
  .record({
    group: groupDraft,
    spread: spreadDraft,
    changes: fc.array(change, { minLength: CHANGES, maxLength: CHANGES }),
    loosened: fc.nat(CHANGES + 10),
    rule: fc.oneof(simpleRule, randomRule),
    replacesRule: fc.constantFrom(true, false, false, false),
    dropped: fc.nat(7),
    flows: fc.array(
      fc.record({
        account: fc.nat(6),
        amount: fc.integer({ min: -2_000_000, max: 2_000_000 }).filter((amount) => amount !== 0),
        minutes: fc.integer({ min: 1, max: 300 }),
      }),
      { maxLength: 6 },
    ),
    silence: fc.array(fc.constantFrom(0, 0, 0, 20, 40, 90, 130), { minLength: 7, maxLength: 7 }),
    unopened: fc.nat(27),
  })
  .map(({ group, spread, changes, loosened, rule, replacesRule, dropped, ...circumstances }) => {
    const parent = parentOf(group, spread)
    const child = childOf(parent, { changes, loosened, rule, replacesRule, dropped })
    return { group, parent, child, ...circumstances }
  })

/** The group of a case, with expected flows and silent accounts, under one of its policies. */
export function stateUnder(one: PolicyCase, document: string): GroupState {
  const { state } = groupOf(one.group)
  const made = Object.assign(newGroupState('g'), state)
  made.policy = { policyId: 'random', version: 1, digestHex: '', document, parent: null }
  made.movedThisHourBaseMinor = Math.floor(made.movedTodayBaseMinor / 3)
  for (const [index, account] of [...made.accounts.values()].entries()) {
    account.reference = { ...account.reference, feedId: 'FEED' }
    account.reportedAtMicros = NOON - one.silence[index]! * 60_000_000
    account.opened = index !== one.unopened
  }
  for (const [index, { account, amount, minutes }] of one.flows.entries()) {
    const owner = [...made.accounts.values()][account % made.accounts.size]!
    made.expectedFlows.set(`flow-${index}`, {
      accountId: owner.reference.accountId,
      amountMinor: Math.sign(amount) * toMinor(String(Math.abs(amount)), owner.reference.currencyExponent),
      expectedAtMicros: NOON + minutes * 60_000_000,
      timeSpecific: false,
    })
  }
  return made
}

/**
 * What changes from one policy to another, in words and numbers, and which way: by the same table as the proof of tightening.
 * Pure.
 */
import { differenceOf } from './decimals.js'
import { AUTONOMY_MODES, type CounterpartyLimit, type Policy } from './policy.js'
import { compileRule } from './rule.js'
import { implies } from './rule-implication.js'
import { compareValues } from './tightening.js'
import { type BoundValue, TIGHTENING, type TighteningRow } from './tightening-table.js'

/** `neither`: the gate does not read it. `unproven`: it may be either way. */
export type Effect = 'tightens' | 'loosens' | 'neither' | 'unproven'

export interface Change {
  /** As in `docs/policy.md`, with the entry's name for a list. */
  readonly key: string
  /** Undefined when it is not there. */
  readonly before: string | undefined
  readonly after: string | undefined
  /** How much, such as `lower by 10000000 (16.7 %)`; empty for what is no number. */
  readonly amount: string
  readonly effect: Effect
}

/** The changes from `before` to `after`, in the order of the table. Empty when only names and layout differ. */
export function differences(before: Policy, after: Policy): Change[] {
  return TIGHTENING.flatMap((row): Change[] => {
    if (row.read !== undefined) {
      const banks = before.limits.concentration.length > 0
      return number(row.key, row, row.read(before), row.read(after), banks)
    }
    switch (row.key) {
      case 'mode':
        return mode(before, after)
      case 'expires':
        return expiry(before, after)
      case 'accounts[].account':
        return accounts(before, after)
      case 'limits.concentration[]':
      case 'limits.lenders[]':
        return counterparties(row.key === 'limits.lenders[]' ? 'lenders' : 'concentration', before, after)
      case 'approvals.roles[]':
        return names('approvals.roles', before.approvals.roles, after.approvals.roles, fewerTightens)
      case 'escalation.roles[]':
        return names('escalation.roles', before.escalation.roles, after.escalation.roles, () => 'neither')
      case 'optimizers[]':
        return names('optimizers', before.optimizers, after.optimizers, digestsEffect)
      case 'configurations[]':
        return names('configurations', before.configurations, after.configurations, digestsEffect)
      case 'rules[]':
        return rules(before, after)
      default:
        return []
    }
  })
}

function number(
  key: string,
  row: TighteningRow,
  before: BoundValue | undefined,
  after: BoundValue | undefined,
  banksAreLimited: boolean,
): Change[] {
  const sign = before === undefined || after === undefined ? Number.NaN : compareOrText(before, after)
  if (sign === 0 || (before === undefined && after === undefined)) return []
  return [
    {
      key,
      before: before === undefined ? undefined : String(before),
      after: after === undefined ? undefined : String(after),
      amount: Number.isNaN(sign) || row.direction === 'same' ? '' : amountOf(before!, after!),
      effect: effectOf(row, before, after, banksAreLimited),
    },
  ]
}

/** Sign of after - before; texts that are no amounts are equal or not. */
function compareOrText(before: BoundValue, after: BoundValue): number {
  if (typeof before === 'string' && !/^[0-9.]+$/.test(before)) return before === after ? 0 : 1
  return compareValues(after, before)
}

function effectOf(
  { direction, countsAtBanks }: TighteningRow,
  before: BoundValue | undefined,
  after: BoundValue | undefined,
  banksAreLimited: boolean,
): Effect {
  if (direction === 'free' || direction === 'within') return 'neither'
  if (direction === 'same' || (countsAtBanks === true && banksAreLimited)) return 'unproven'
  if (before === undefined) return 'tightens'
  if (after === undefined) return 'loosens'
  const rises = compareValues(after, before) > 0
  return rises === (direction === 'higher') ? 'tightens' : 'loosens'
}

/** `lower by 10000000 (16.7 %)`, exact but for the percentage. */
function amountOf(before: BoundValue, after: BoundValue): string {
  const way = compareValues(after, before) > 0 ? 'higher' : 'lower'
  const by =
    typeof before === 'string' && typeof after === 'string'
      ? differenceOf(before, after)
      : String(Number(Math.abs(Number(after) - Number(before)).toPrecision(12)))
  if (Number(before) === 0) return `${way} by ${by}`
  const percent = ((Math.abs(Number(after) - Number(before)) / Number(before)) * 100).toFixed(1)
  return `${way} by ${by} (${percent} %)`
}

function mode(before: Policy, after: Policy): Change[] {
  if (before.mode === after.mode) return []
  const further = AUTONOMY_MODES.indexOf(after.mode) > AUTONOMY_MODES.indexOf(before.mode)
  return [change('mode', before.mode, after.mode, further ? 'loosens' : 'tightens')]
}

function expiry(before: Policy, after: Policy): Change[] {
  if (before.expires === after.expires) return []
  const later = (after.expiresAtMicros ?? Infinity) > (before.expiresAtMicros ?? Infinity)
  return [change('expires', before.expires, after.expires, later ? 'loosens' : 'tightens')]
}

function change(key: string, before: string | undefined, after: string | undefined, effect: Effect): Change {
  return { key, before, after, amount: '', effect }
}

function accounts(before: Policy, after: Policy): Change[] {
  if (before.listsAccounts !== after.listsAccounts) {
    const show = (policy: Policy) => (policy.listsAccounts ? `${policy.accounts.length} accounts` : 'any')
    return [change('accounts', show(before), show(after), after.listsAccounts ? 'tightens' : 'loosens')]
  }
  const then = new Map(before.accounts.map((account) => [account.accountId, account]))
  const now = new Map(after.accounts.map((account) => [account.accountId, account]))
  const gone = before.accounts.filter(({ accountId }) => !now.has(accountId))
  const changes = gone.map(({ accountId }) =>
    change(`accounts[${accountId}]`, 'listed', undefined, 'tightens'),
  )
  for (const account of after.accounts) {
    const key = `accounts[${account.accountId}]`
    const own = then.get(account.accountId)
    if (own === undefined) changes.push(change(key, undefined, 'listed', 'loosens'))
    else {
      for (const row of TIGHTENING) {
        if (row.readAccount === undefined) continue
        const field = `${key}${row.key.slice('accounts[]'.length)}`
        changes.push(...number(field, row, row.readAccount(own), row.readAccount(account), false))
      }
    }
  }
  return changes
}

const LIMIT: TighteningRow = { key: '', direction: 'lower', says: '' }

function counterparties(key: 'concentration' | 'lenders', before: Policy, after: Policy): Change[] {
  const limits = (policy: Policy) =>
    new Map(policy.limits[key].map(({ counterpartyId, limit }: CounterpartyLimit) => [counterpartyId, limit]))
  const then = limits(before)
  const now = limits(after)
  return [...new Set([...then.keys(), ...now.keys()])].flatMap((id) =>
    number(`limits.${key}[${id}]`, LIMIT, then.get(id), now.get(id), false),
  )
}

type Names = readonly string[]

function names(
  key: string,
  before: Names,
  after: Names,
  effectOf: (before: Names, after: Names) => Effect,
): Change[] {
  const show = (listed: Names) => [...listed].sort().join(', ')
  if (show(before) === show(after)) return []
  return [change(key, show(before), show(after), effectOf(before, after))]
}

function fewerTightens(before: Names, after: Names): Effect {
  if (after.every((name) => before.includes(name))) return 'tightens'
  return before.every((name) => after.includes(name)) ? 'loosens' : 'unproven'
}

/** None listed means any. */
function digestsEffect(before: Names, after: Names): Effect {
  if (before.length === 0) return 'tightens'
  return after.length === 0 ? 'loosens' : fewerTightens(before, after)
}

function rules(before: Policy, after: Policy): Change[] {
  const then = new Map(before.rules.map((rule) => [rule.name, rule]))
  const now = new Map(after.rules.map((rule) => [rule.name, rule]))
  return [...new Set([...then.keys(), ...now.keys()])].flatMap((name): Change[] => {
    const old = then.get(name)
    const fresh = now.get(name)
    const key = `rules[${name}]`
    if (old === undefined) return [change(key, undefined, fresh!.allow, 'tightens')]
    if (fresh === undefined) return [change(key, old.allow, undefined, 'loosens')]
    if (old.normal === fresh.normal) return []
    return [change(key, old.allow, fresh.allow, ruleEffect(old.allow, fresh.allow))]
  })
}

function ruleEffect(before: string, after: string): Effect {
  const old = compileRule(before)
  const changed = compileRule(after)
  const down = implies(changed, old).proven
  const up = implies(old, changed).proven
  if (down && up) return 'neither'
  return down ? 'tightens' : up ? 'loosens' : 'unproven'
}

/** A change on one line. */
export function describeChange({ key, before, after, amount, effect }: Change): string {
  const how = amount === '' ? '' : `, ${amount}`
  if (before === undefined) return `${key}: added ${after}: ${effect}`
  if (after === undefined) return `${key}: removed, was ${before}: ${effect}`
  return `${key}: ${before} -> ${after}${how}: ${effect}`
}

/**
 * Proves that a policy only tightens another one, key by key (`tightening-table.ts`). What cannot be proven is refused.
 *
 * The proof is about one agent and one state: what the gate lets pass under the child it lets pass under the parent. That the
 * children of one parent keep its limits *together* is not proven; each of them keeps them. Pure.
 */
import { compareDecimals } from './decimals.js'
import { AUTONOMY_MODES, type CounterpartyLimit, type Policy, type PolicyRule } from './policy.js'
import { compileRule } from './rule.js'
import { implies, MOST_CELLS } from './rule-implication.js'
import { type BoundValue, pathOf, TIGHTENING, type TighteningRow } from './tightening-table.js'

/** Why a child is not proven to tighten. */
export interface LooserKey {
  /** Where in the child's document. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly remedy: string
}

/** A rule whose expression differs from the parent's and was proven to allow nothing more. */
export interface ProvenRule {
  readonly name: string
  /** Cases that were looked at. */
  readonly cells: number
}

export interface Tightening {
  readonly tightens: boolean
  /** Empty when it does. */
  readonly looser: readonly LooserKey[]
  readonly proven: readonly ProvenRule[]
}

/** Whether `child` only tightens `parent`, by contents alone: names, levels and digests are `policy-tree.ts`'s. */
export function proveTightening(parent: Policy, child: Policy): Tightening {
  const proven: ProvenRule[] = []
  // One for all rules: an agent proves within a cycle, which must not take long.
  const budget = { cells: MOST_CELLS }
  const looser = [
    ...looserMode(parent, child),
    ...looserExpiry(parent, child),
    ...TIGHTENING.flatMap((row) => looserNumber(row, parent, child)),
    ...looserAccounts(parent, child),
    ...looserCounterparties('concentration', parent, child),
    ...looserCounterparties('lenders', parent, child),
    ...looserRoles(parent, child),
    ...looserDigests('optimizers', parent, child),
    ...looserDigests('configurations', parent, child),
    ...parent.rules.flatMap((rule) => looserRule(rule, child, proven, budget)),
  ]
  return { tightens: looser.length === 0, looser, proven }
}

function looserMode(parent: Policy, child: Policy): LooserKey[] {
  const allowed = AUTONOMY_MODES.slice(0, AUTONOMY_MODES.indexOf(parent.mode) + 1)
  if (allowed.includes(child.mode)) return []
  const message = `mode ${child.mode} goes further than the parent's ${parent.mode}`
  return [{ path: ['mode'], message, remedy: `use one of: ${allowed.join(', ')}` }]
}

function looserExpiry(parent: Policy, child: Policy): LooserKey[] {
  if (parent.expiresAtMicros === undefined) return []
  if (child.expiresAtMicros !== undefined && child.expiresAtMicros <= parent.expiresAtMicros) return []
  const message =
    child.expires === undefined
      ? `the parent expires ${parent.expires}, this policy never does`
      : `expires ${child.expires} is later than the parent's ${parent.expires}`
  return [{ path: ['expires'], message, remedy: `write expires: ${parent.expires}, or earlier` }]
}

function looserNumber(row: TighteningRow, parent: Policy, child: Policy): LooserKey[] {
  if (row.read === undefined) return []
  const limit = row.read(parent)
  const value = row.read(child)
  if (limit === undefined) return []
  const path = pathOf(row.key)
  if (value === undefined) {
    const message = `${row.key} is left out, and is ${limit} in the parent`
    return [{ path, message, remedy: `add ${row.key}: ${limit}, or tighter` }]
  }
  const told = numberMistake(row, limit, value, parent.limits.concentration.length > 0)
  return told === undefined ? [] : [{ path, ...told }]
}

function numberMistake(
  { key, direction, countsAtBanks }: TighteningRow,
  limit: BoundValue,
  value: BoundValue,
  banksAreLimited: boolean,
): { message: string; remedy: string } | undefined {
  if (direction === 'same' || (countsAtBanks === true && banksAreLimited)) {
    if (value === limit) return undefined
    const why = direction === 'same' ? '' : ', and the parent limits what lies at banks'
    return { message: `${key} is ${value}, the parent's is ${limit}${why}`, remedy: `write ${limit}` }
  }
  const sign = compareValues(value, limit)
  if (direction === 'lower' && sign > 0) {
    return { message: `${key} ${value} is above the parent's ${limit}`, remedy: `give ${limit} or less` }
  }
  if (direction === 'higher' && sign < 0) {
    return { message: `${key} ${value} is below the parent's ${limit}`, remedy: `give ${limit} or more` }
  }
  return undefined
}

/** Sign of a - b. */
export function compareValues(a: BoundValue, b: BoundValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareDecimals(a, b)
  return Number(a) - Number(b)
}

function looserAccounts(parent: Policy, child: Policy): LooserKey[] {
  if (!parent.listsAccounts) return []
  if (!child.listsAccounts) {
    const message = 'accounts is left out, and the parent lists its accounts'
    return [{ path: ['accounts'], message, remedy: "list the parent's accounts or some of them" }]
  }
  const bounds = new Map(parent.accounts.map((account) => [account.accountId, account]))
  return child.accounts.flatMap((account, index): LooserKey[] => {
    const path = ['accounts', index]
    const own = bounds.get(account.accountId)
    if (own !== undefined) return looserAccount(path, account, own)
    const message = `${account.accountId} is no account of the parent`
    return [{ path: [...path, 'account'], message, remedy: 'leave it out, or add it to the parent' }]
  })
}

function looserAccount(
  path: readonly (string | number)[],
  account: Policy['accounts'][number],
  own: Policy['accounts'][number],
): LooserKey[] {
  return TIGHTENING.flatMap((row) => {
    if (row.readAccount === undefined || row.direction === 'free') return []
    const field = row.key.slice('accounts[].'.length)
    const named = { ...row, key: `${field} of ${account.accountId}` }
    const told =
      row.direction === 'within'
        ? targetMistake(account, own)
        : numberMistake(named, row.readAccount(own), row.readAccount(account), false)
    return told === undefined ? [] : [{ path: [...path, ...pathOf(field)], ...told }]
  })
}

function targetMistake(account: Policy['accounts'][number], own: Policy['accounts'][number]) {
  const { accountId, target } = account
  if (compareDecimals(target, own.floor) >= 0 && compareDecimals(target, own.ceiling) <= 0) return undefined
  return {
    message: `target ${target} of ${accountId} is outside of the parent's floor ${own.floor} and ceiling ${own.ceiling}`,
    remedy: 'give an amount between them',
  }
}

function looserCounterparties(key: 'concentration' | 'lenders', parent: Policy, child: Policy): LooserKey[] {
  const own = child.limits[key]
  return parent.limits[key].flatMap(({ counterpartyId, limit }): LooserKey[] => {
    const index = own.findIndex((entry: CounterpartyLimit) => entry.counterpartyId === counterpartyId)
    if (index < 0) {
      const message = `limits.${key} has no limit for ${counterpartyId}, and the parent has ${limit}`
      return [{ path: ['limits', key], message, remedy: `add ${counterpartyId} with ${limit} or less` }]
    }
    if (compareDecimals(own[index].limit, limit) <= 0) return []
    const message = `limit ${own[index].limit} of ${counterpartyId} is above the parent's ${limit}`
    return [{ path: ['limits', key, index, 'limit'], message, remedy: `give ${limit} or less` }]
  })
}

function looserRoles(parent: Policy, child: Policy): LooserKey[] {
  const allowed = parent.approvals.roles
  const further = child.approvals.roles.find((role) => !allowed.includes(role))
  if (further === undefined) return []
  const message = `approvals.roles has ${further}, which the parent does not let approve`
  return [{ path: ['approvals', 'roles'], message, remedy: `use of: ${allowed.join(', ')}` }]
}

/** None listed means any. */
function looserDigests(key: 'optimizers' | 'configurations', parent: Policy, child: Policy): LooserKey[] {
  const allowed = parent[key]
  if (allowed.length === 0) return []
  const further = child[key].find((digest) => !allowed.includes(digest))
  if (child[key].length > 0 && further === undefined) return []
  const message =
    further === undefined
      ? `the parent lists the ${key} that may decide`
      : `${key} has ${further}, which the parent does not let decide`
  return [{ path: [key], message, remedy: `use of: ${allowed.join(', ')}` }]
}

function looserRule(
  rule: PolicyRule,
  child: Policy,
  proven: ProvenRule[],
  budget: { cells: number },
): LooserKey[] {
  const index = child.rules.findIndex(({ name }) => name === rule.name)
  if (index < 0) {
    const message = `the parent's rule ${rule.name} is missing`
    return [{ path: ['rules'], message, remedy: `add it: { name: ${rule.name}, allow: '${rule.allow}' }` }]
  }
  const own = child.rules[index]
  if (own.normal === rule.normal) return []
  const proof = implies(compileRule(own.allow), compileRule(rule.allow), budget.cells)
  budget.cells -= proof.cells
  if (proof.proven) {
    proven.push({ name: rule.name, cells: proof.cells })
    return []
  }
  const message = `rule ${rule.name} is not proven to only tighten the parent's: ${proof.reason}`
  const remedy = "repeat the parent's expression, and add what is stricter as a rule of its own"
  return [{ path: ['rules', index, 'allow'], message, remedy }]
}

/** The rules between the keys of a policy, which no JSON Schema can say. Pure; depends on the document. */
import type { WeirError } from '../errors.js'
import { compareDecimals } from './decimals.js'
import type { Policy } from './policy.js'
import type { PolicyDocument } from './policy-document.js'

/** @throws WeirError `WEIR_POLICY` at the first mistake */
export function checkPolicy(document: PolicyDocument, policy: Policy): void {
  checkPlace(document, policy)
  checkAccounts(document, policy)
  checkOrder(document, policy)
  checkBudgets(document, policy)
  checkApprovals(document, policy)
  checkNames(document, policy)
}

/** A policy above the level of groups governs none; a parent is of a higher level than its child. */
function checkPlace(document: PolicyDocument, { level, parent, groupId }: Policy): void {
  const above = level !== undefined && level !== 'group'
  if (above && groupId !== '') {
    const message = `a policy of level ${level} governs no group`
    throw document.errorAt(['group'], message, 'leave group out, or write level: group')
  }
  if (parent === undefined) return
  if (level === undefined) {
    throw document.errorAt(['parent'], 'a policy with a parent needs a level', 'write level: group')
  }
  if (level === 'enterprise') {
    throw document.errorAt(['parent'], 'a policy of level enterprise has no parent', 'leave parent out')
  }
}

function checkAccounts(document: PolicyDocument, policy: Policy): void {
  const seen = new Set<string>()
  for (const [index, account] of policy.accounts.entries()) {
    const place = (key: string) => ['accounts', index, key]
    if (seen.has(account.accountId)) throw twice(document, place('account'), account.accountId)
    seen.add(account.accountId)
    if (compareDecimals(account.floor, account.target) > 0) {
      const message = `floor ${account.floor} of ${account.accountId} is above its target ${account.target}`
      throw document.errorAt(place('floor'), message, 'the order must be floor <= target <= ceiling')
    }
    if (compareDecimals(account.target, account.ceiling) > 0) {
      const message = `target ${account.target} of ${account.accountId} is above its ceiling ${account.ceiling}`
      throw document.errorAt(place('target'), message, 'the order must be floor <= target <= ceiling')
    }
  }
}

function checkOrder(document: PolicyDocument, policy: Policy): void {
  const [first, next, rest] = policy.costs.shortfallBpPerDay
  if (!(first <= next && next <= rest)) {
    const remedy = 'prices must not fall from piece to piece, or the model is not convex'
    throw document.errorAt(['costs', 'shortfallBpPerDay'], 'shortfallBpPerDay is not ascending', remedy)
  }
  for (const subject of ['account', 'quote'] as const) {
    const { widenAfterSeconds, freezeAfterSeconds } = policy.staleness[subject]
    if (freezeAfterSeconds > widenAfterSeconds) continue
    const message = `staleness.${subject} freezes after ${freezeAfterSeconds} s, not later than it widens`
    const remedy = `give more than ${widenAfterSeconds}`
    throw document.errorAt(['staleness', subject, 'freezeAfterSeconds'], message, remedy)
  }
}

/** Budgets of longer times are not smaller. */
function checkBudgets(document: PolicyDocument, { limits }: Policy): void {
  const order = (['perCycle', 'perHour', 'perDay'] as const).filter((key) => limits[key] !== undefined)
  for (const [index, longer] of order.entries()) {
    const shorter = order[index - 1]
    if (shorter === undefined || compareDecimals(limits[shorter]!, limits[longer]!) <= 0) continue
    const message = `${shorter} ${limits[shorter]} is above ${longer} ${limits[longer]}`
    throw document.errorAt(['limits', shorter], message, `lower ${shorter} or raise ${longer}`)
  }
}

/** The number for large plans comes with the amount, and is not smaller than the one for all. */
function checkApprovals(document: PolicyDocument, { approvals }: Policy): void {
  const { required, requiredAboveLarge, largeAmount } = approvals
  if ((largeAmount === undefined) !== (requiredAboveLarge === undefined)) {
    const given = largeAmount === undefined ? 'requiredAboveLarge' : 'largeAmount'
    const missing = largeAmount === undefined ? 'largeAmount' : 'requiredAboveLarge'
    throw document.errorAt(['approvals', given], `${given} without ${missing}`, `add approvals.${missing}`)
  }
  if (requiredAboveLarge === undefined || requiredAboveLarge >= required) return
  const message = `requiredAboveLarge ${requiredAboveLarge} is below required ${required}`
  throw document.errorAt(['approvals', 'requiredAboveLarge'], message, `give ${required} or more`)
}

function checkNames(document: PolicyDocument, policy: Policy): void {
  for (const key of ['concentration', 'lenders'] as const) {
    const ids = policy.limits[key].map(({ counterpartyId }) => counterpartyId)
    refuseTwice(document, ids, (index) => ['limits', key, index, 'counterparty'])
  }
  const names = policy.rules.map(({ name }) => name)
  refuseTwice(document, names, (index) => ['rules', index, 'name'])
}

function refuseTwice(
  document: PolicyDocument,
  ids: readonly string[],
  place: (index: number) => (string | number)[],
): void {
  const seen = new Set<string>()
  for (const [index, id] of ids.entries()) {
    if (seen.has(id)) throw twice(document, place(index), id)
    seen.add(id)
  }
}

function twice(document: PolicyDocument, path: (string | number)[], id: string): WeirError {
  return document.errorAt(path, `${id} is listed twice`, 'keep one entry')
}

/**
 * A policy: what an agent may do for one liquidity group, as a YAML document with a version.
 *
 * The JSON Schema next to this file (`policy.schema.json`) fixes keys, types and ranges; here are the rules between
 * keys and the typed form. `docs/policy.md` explains every key. Pure; depends on `policy-document.ts`.
 */
import { createHash } from 'node:crypto'
import type { WeirError } from '../errors.js'
import { PolicyDocument } from './policy-document.js'

/** What may leave: `shadow` decides and sends nothing, `advise` alerts people, `autonomous` sends. */
export type AutonomyMode = 'shadow' | 'advise' | 'autonomous'

/** Exact amount in major units as written, such as `2500000.50`; `toMinor` of `pipeline/money.ts` makes it minor units. */
export type DecimalText = string

export interface AccountPolicy {
  readonly accountId: string
  /** Hard floor, currency of the account. */
  readonly floor: DecimalText
  readonly target: DecimalText
  readonly ceiling: DecimalText
  /** No action while target x (1 - lower %) <= projected balance <= target x (1 + upper %). */
  readonly band: { readonly lowerPercent: number; readonly upperPercent: number }
}

/** A limit on what lies at a counterparty, or is owed to it, base currency. */
export interface CounterpartyLimit {
  readonly counterpartyId: string
  readonly limit: DecimalText
}

export interface Policy {
  readonly policyId: string
  readonly version: number
  readonly groupId: string
  readonly owner: string
  readonly tier: number
  readonly mode: AutonomyMode
  /** ISO 4217 code that costs, limits and budgets are expressed in. */
  readonly baseCurrency: string
  readonly deliberation: {
    readonly horizonMinutes: number
    readonly reconsiderAfterSeconds: number
    readonly tolerancePercent: number
  }
  readonly costs: {
    /** First 10 % of the target, next 20 %, rest; not descending. */
    readonly shortfallBpPerDay: readonly [number, number, number]
    readonly floorViolationBp: number
    readonly idleBpPerYear: number
    readonly surplusBpPerYear: number
    readonly churnBp: number
  }
  /** In the order of the document. */
  readonly accounts: readonly AccountPolicy[]
  readonly limits: {
    readonly maximumInstruction: DecimalText
    readonly perCycle: DecimalText
    readonly perDay: DecimalText
    readonly instructionsPerCycle: number
    /** Most that may lie at a counterparty. */
    readonly concentration: readonly CounterpartyLimit[]
    /** Most that may be outstanding with a lender over all its facilities. */
    readonly lenders: readonly CounterpartyLimit[]
  }
  readonly expectedFlows: { readonly inflowPercent: number; readonly outflowPercent: number }
  readonly staleness: {
    readonly account: {
      readonly widenAfterSeconds: number
      readonly widenPercent: number
      readonly freezeAfterSeconds: number
    }
    readonly quote: {
      readonly widenAfterSeconds: number
      readonly widenSpreadPercent: number
      readonly freezeAfterSeconds: number
    }
    readonly gapWidenPercent: number
  }
  readonly settlement: { readonly cutoffMarginSeconds: number; readonly answerWithinSeconds: number }
  /** SHA-256 of the document's UTF-8 text. */
  readonly digest: Uint8Array
}

/**
 * Reads a policy from YAML text. Pure.
 *
 * @param place file or stream position shown in errors, as `PLACE:line:column`
 * @throws WeirError `WEIR_POLICY` with place and remedy, for any mistake
 */
export function parsePolicy(text: string, place: string): Policy {
  const document = new PolicyDocument(text, place)
  const policy = readPolicy(document, createHash('sha256').update(text, 'utf8').digest())
  checkAccounts(document, policy)
  checkOrder(document, policy)
  return policy
}

function readPolicy(document: PolicyDocument, digest: Uint8Array): Policy {
  return {
    policyId: document.stringAt(['policy']),
    version: document.numberAt(['version']),
    groupId: document.stringAt(['group']),
    owner: document.stringAt(['owner']),
    tier: document.numberAt(['tier']),
    mode: document.stringAt(['mode']) as AutonomyMode,
    baseCurrency: document.stringAt(['baseCurrency']),
    deliberation: {
      horizonMinutes: document.numberAt(['deliberation', 'horizonMinutes']),
      reconsiderAfterSeconds: document.numberAt(['deliberation', 'reconsiderAfterSeconds']),
      tolerancePercent: document.numberAt(['deliberation', 'tolerancePercent']),
    },
    costs: readCosts(document),
    accounts: eachIndex(document, ['accounts'], (index) => readAccount(document, index)),
    limits: readLimits(document),
    expectedFlows: {
      inflowPercent: document.numberAt(['expectedFlows', 'inflowPercent']),
      outflowPercent: document.numberAt(['expectedFlows', 'outflowPercent']),
    },
    staleness: readStaleness(document),
    settlement: {
      cutoffMarginSeconds: document.numberAt(['settlement', 'cutoffMarginSeconds']),
      answerWithinSeconds: document.numberAt(['settlement', 'answerWithinSeconds']),
    },
    digest,
  }
}

function readCosts(document: PolicyDocument): Policy['costs'] {
  return {
    shortfallBpPerDay: [
      document.numberAt(['costs', 'shortfallBpPerDay', 0]),
      document.numberAt(['costs', 'shortfallBpPerDay', 1]),
      document.numberAt(['costs', 'shortfallBpPerDay', 2]),
    ],
    floorViolationBp: document.numberAt(['costs', 'floorViolationBp']),
    idleBpPerYear: document.numberAt(['costs', 'idleBpPerYear']),
    surplusBpPerYear: document.numberAt(['costs', 'surplusBpPerYear'], 0),
    churnBp: document.numberAt(['costs', 'churnBp']),
  }
}

function readAccount(document: PolicyDocument, index: number): AccountPolicy {
  return {
    accountId: document.stringAt(['accounts', index, 'account']),
    floor: document.decimalAt(['accounts', index, 'floor']),
    target: document.decimalAt(['accounts', index, 'target']),
    ceiling: document.decimalAt(['accounts', index, 'ceiling']),
    band: {
      lowerPercent: document.numberAt(['accounts', index, 'band', 'lowerPercent']),
      upperPercent: document.numberAt(['accounts', index, 'band', 'upperPercent']),
    },
  }
}

function readLimits(document: PolicyDocument): Policy['limits'] {
  return {
    maximumInstruction: document.decimalAt(['limits', 'maximumInstruction']),
    perCycle: document.decimalAt(['limits', 'perCycle']),
    perDay: document.decimalAt(['limits', 'perDay']),
    instructionsPerCycle: document.numberAt(['limits', 'instructionsPerCycle']),
    concentration: readCounterpartyLimits(document, 'concentration'),
    lenders: readCounterpartyLimits(document, 'lenders'),
  }
}

function readCounterpartyLimits(
  document: PolicyDocument,
  key: 'concentration' | 'lenders',
): CounterpartyLimit[] {
  return eachIndex(document, ['limits', key], (index) => ({
    counterpartyId: document.stringAt(['limits', key, index, 'counterparty']),
    limit: document.decimalAt(['limits', key, index, 'limit']),
  }))
}

function readStaleness(document: PolicyDocument): Policy['staleness'] {
  const account = (key: string) => document.numberAt(['staleness', 'account', key])
  const quote = (key: string) => document.numberAt(['staleness', 'quote', key])
  return {
    account: {
      widenAfterSeconds: account('widenAfterSeconds'),
      widenPercent: account('widenPercent'),
      freezeAfterSeconds: account('freezeAfterSeconds'),
    },
    quote: {
      widenAfterSeconds: quote('widenAfterSeconds'),
      widenSpreadPercent: quote('widenSpreadPercent'),
      freezeAfterSeconds: quote('freezeAfterSeconds'),
    },
    gapWidenPercent: document.numberAt(['staleness', 'gapWidenPercent']),
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
  if (compareDecimals(policy.limits.perCycle, policy.limits.perDay) > 0) {
    const message = `perCycle ${policy.limits.perCycle} is above perDay ${policy.limits.perDay}`
    throw document.errorAt(['limits', 'perCycle'], message, 'lower perCycle or raise perDay')
  }
  for (const key of ['concentration', 'lenders'] as const) {
    const seen = new Set<string>()
    for (const [index, { counterpartyId }] of policy.limits[key].entries()) {
      const place = ['limits', key, index, 'counterparty']
      if (seen.has(counterpartyId)) throw twice(document, place, counterpartyId)
      seen.add(counterpartyId)
    }
  }
}

function twice(document: PolicyDocument, path: (string | number)[], id: string): WeirError {
  return document.errorAt(path, `${id} is listed twice`, 'keep one entry')
}

function eachIndex<T>(document: PolicyDocument, path: string[], read: (index: number) => T): T[] {
  return Array.from({ length: document.lengthAt(path) }, (_, index) => read(index))
}

/** Sign of a - b for two decimals without sign, exactly. */
function compareDecimals(a: DecimalText, b: DecimalText): number {
  const [wholeA, fractionA = ''] = a.split('.')
  const [wholeB, fractionB = ''] = b.split('.')
  const decimals = Math.max(fractionA.length, fractionB.length)
  const difference =
    BigInt(wholeA + fractionA.padEnd(decimals, '0')) - BigInt(wholeB + fractionB.padEnd(decimals, '0'))
  return difference === 0n ? 0 : difference > 0n ? 1 : -1
}

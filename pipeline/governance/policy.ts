/**
 * A policy: what an agent may do for one liquidity group, as a YAML document with a version.
 *
 * The JSON Schema next to this file (`policy.schema.json`) fixes keys, types and ranges; here are the rules between
 * keys and the typed form. `docs/policy.md` explains every key. Pure; depends on `policy-document.ts` and
 * the rules.
 */
import { createHash } from 'node:crypto'
import { type CanaryPlan, readCanary } from './canary.js'
import { readLastDay } from './last-day.js'
import type { Role } from './people/roles.js'
import { checkPolicy } from './policy-checks.js'
import { PolicyDocument } from './policy-document.js'
import { compileRule } from './rule.js'
import { RuleMistake } from './rule-syntax.js'

/**
 * What may leave: `shadow` decides and sends nothing, `advise` alerts people, `supervised` sends what people have approved,
 * `autonomous` sends.
 */
export const AUTONOMY_MODES = ['shadow', 'advise', 'supervised', 'autonomous'] as const
export type AutonomyMode = (typeof AUTONOMY_MODES)[number]

/** Who may approve a plan in mode `supervised`. */
export const APPROVAL_ROLES = ['approver', 'risk-officer', 'admin'] as const
export type ApprovalRole = (typeof APPROVAL_ROLES)[number]

/** From the root of the tree of policies down. A policy without a level governs a group and has no parent. */
export const POLICY_LEVELS = ['enterprise', 'region', 'entity', 'group'] as const
export type PolicyLevel = (typeof POLICY_LEVELS)[number]

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

/** A rule that must allow a move, by `rule.ts`. */
export interface PolicyRule {
  readonly name: string
  /** As written. */
  readonly allow: string
  /** Its normal form: equal for rules that differ in layout only. */
  readonly normal: string
}

export interface ParentReference {
  readonly policyId: string
  /** SHA-256 of the parent's text, lower-case hexadecimal. */
  readonly digestHex: string
}

export interface Policy {
  readonly policyId: string
  readonly version: number
  readonly level: PolicyLevel | undefined
  readonly parent: ParentReference | undefined
  /** Group that it governs; empty for a policy above the level of groups, which governs none by itself. */
  readonly groupId: string
  readonly owner: string
  readonly tier: number
  readonly mode: AutonomyMode
  /** Last UTC date on which it decides, as `2026-12-31`. */
  readonly expires: string | undefined
  /** The first instant at which it is expired, microseconds. */
  readonly expiresAtMicros: number | undefined
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
  /** False when a policy above the level of groups leaves `accounts` out and so restricts none. */
  readonly listsAccounts: boolean
  /** In the order of the document. */
  readonly accounts: readonly AccountPolicy[]
  readonly limits: {
    readonly maximumInstruction: DecimalText
    readonly perCycle: DecimalText
    readonly perHour: DecimalText | undefined
    readonly perDay: DecimalText
    readonly instructionsPerCycle: number
    /** Most that may lie at a counterparty. */
    readonly concentration: readonly CounterpartyLimit[]
    /** Most that may be outstanding with a lender over all its facilities. */
    readonly lenders: readonly CounterpartyLimit[]
  }
  /** What a plan needs in mode `supervised`. */
  /** Who is asked when the agent may not decide, and for how long at most. */
  readonly escalation: { readonly roles: readonly Role[]; readonly withinSeconds: number }
  readonly approvals: {
    /** People who must approve. */
    readonly required: number
    /** Roles whose approvals count. */
    readonly roles: readonly ApprovalRole[]
    /** Time after which a plan that was not approved is dropped. */
    readonly withinSeconds: number
    /** A plan that moves more needs `requiredAboveLarge`, base currency. */
    readonly largeAmount: DecimalText | undefined
    readonly requiredAboveLarge: number | undefined
  }
  readonly rules: readonly PolicyRule[]
  readonly margins: {
    readonly fundingCostPercent: number | undefined
    readonly collateralValuePercent: number | undefined
    readonly coveragePercent: number | undefined
  }
  /** SHA-256 of the optimizer modules that may decide, lower-case hexadecimal; empty for any. */
  readonly optimizers: readonly string[]
  /** SHA-256 of the configurations under which may be decided, as above. */
  readonly configurations: readonly string[]
  /** As written; `canaryPlan` fills in the rest. */
  readonly canary: Partial<CanaryPlan>
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

/** A policy with its document, which gives mistakes found later their place. */
export interface PolicyFile {
  readonly policy: Policy
  readonly document: PolicyDocument
}

/**
 * Reads a policy from YAML text. Pure.
 *
 * @param place file or stream position shown in errors, as `PLACE:line:column`
 * @throws WeirError `WEIR_POLICY` with place and remedy, for any mistake
 */
export function parsePolicy(text: string, place: string): Policy {
  return parsePolicyFile(text, place).policy
}

/** The same, with the document. */
export function parsePolicyFile(text: string, place: string): PolicyFile {
  const document = new PolicyDocument(text, place)
  const policy = readPolicy(document, createHash('sha256').update(text, 'utf8').digest())
  checkPolicy(document, policy)
  return { policy, document }
}

function readPolicy(document: PolicyDocument, digest: Uint8Array): Policy {
  return {
    policyId: document.stringAt(['policy']),
    version: document.numberAt(['version']),
    level: document.valueAt(['level']) as PolicyLevel | undefined,
    parent: readParent(document),
    groupId: document.hasAt(['group']) ? document.stringAt(['group']) : '',
    owner: document.stringAt(['owner']),
    tier: document.numberAt(['tier']),
    mode: document.stringAt(['mode']) as AutonomyMode,
    expires: document.valueAt(['expires']) as string | undefined,
    expiresAtMicros: readLastDay(document, ['expires']),
    baseCurrency: document.stringAt(['baseCurrency']),
    deliberation: {
      horizonMinutes: document.numberAt(['deliberation', 'horizonMinutes']),
      reconsiderAfterSeconds: document.numberAt(['deliberation', 'reconsiderAfterSeconds']),
      tolerancePercent: document.numberAt(['deliberation', 'tolerancePercent']),
    },
    costs: readCosts(document),
    listsAccounts: document.hasAt(['accounts']),
    accounts: eachIndex(document, ['accounts'], (index) => readAccount(document, index)),
    limits: readLimits(document),
    approvals: readApprovals(document),
    escalation: readEscalation(document),
    rules: readRules(document),
    margins: {
      fundingCostPercent: optionalNumber(document, ['margins', 'fundingCostPercent']),
      collateralValuePercent: optionalNumber(document, ['margins', 'collateralValuePercent']),
      coveragePercent: optionalNumber(document, ['margins', 'coveragePercent']),
    },
    optimizers: readDigests(document, 'optimizers'),
    configurations: readDigests(document, 'configurations'),
    canary: readCanary(document),
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

function readDigests(document: PolicyDocument, key: 'optimizers' | 'configurations'): string[] {
  return eachIndex(document, [key], (index) => document.stringAt([key, index]))
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
    perHour: document.hasAt(['limits', 'perHour']) ? document.decimalAt(['limits', 'perHour']) : undefined,
    perDay: document.decimalAt(['limits', 'perDay']),
    instructionsPerCycle: document.numberAt(['limits', 'instructionsPerCycle']),
    concentration: readCounterpartyLimits(document, 'concentration'),
    lenders: readCounterpartyLimits(document, 'lenders'),
  }
}

function readEscalation(document: PolicyDocument): Policy['escalation'] {
  const roles = eachIndex(document, ['escalation', 'roles'], (index) =>
    document.stringAt(['escalation', 'roles', index]),
  ) as Role[]
  return {
    roles: roles.length === 0 ? ['operator', 'risk-officer'] : roles,
    withinSeconds: document.numberAt(['escalation', 'withinSeconds'], 3_600),
  }
}

function readApprovals(document: PolicyDocument): Policy['approvals'] {
  const roles = eachIndex(document, ['approvals', 'roles'], (index) =>
    document.stringAt(['approvals', 'roles', index]),
  )
  return {
    required: document.numberAt(['approvals', 'required'], 1),
    roles: roles.length === 0 ? ['approver'] : (roles as ApprovalRole[]),
    withinSeconds: document.numberAt(['approvals', 'withinSeconds'], 900),
    largeAmount: document.hasAt(['approvals', 'largeAmount'])
      ? document.decimalAt(['approvals', 'largeAmount'])
      : undefined,
    requiredAboveLarge: optionalNumber(document, ['approvals', 'requiredAboveLarge']),
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

function readParent(document: PolicyDocument): ParentReference | undefined {
  if (!document.hasAt(['parent'])) return undefined
  return {
    policyId: document.stringAt(['parent', 'policy']),
    digestHex: document.stringAt(['parent', 'digest']),
  }
}

/** Reads and checks the rules: names, types, sizes. */
function readRules(document: PolicyDocument): PolicyRule[] {
  return eachIndex(document, ['rules'], (index) => {
    const allow = document.stringAt(['rules', index, 'allow'])
    const name = document.stringAt(['rules', index, 'name'])
    try {
      return { name, allow, normal: compileRule(allow).normal }
    } catch (error) {
      if (!(error instanceof RuleMistake)) throw error
      const message = `rule ${name}: ${error.message}`
      throw document.errorInText(['rules', index, 'allow'], error.offset, message, error.remedy)
    }
  })
}

function optionalNumber(document: PolicyDocument, path: string[]): number | undefined {
  return document.hasAt(path) ? document.numberAt(path) : undefined
}

function eachIndex<T>(document: PolicyDocument, path: string[], read: (index: number) => T): T[] {
  return Array.from({ length: document.lengthAt(path) }, (_, index) => read(index))
}

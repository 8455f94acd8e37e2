/**
 * The reference data of the simulator's groups: three accounts at two banks in two currencies, rails, a credit line, bonds for it, and a policy.
 *
 * Small enough that a decision takes well under a millisecond, with every kind of instruction in it.
 * Depends on the record types.
 */
import { derivedId, formatUuid, sha256, toHex } from '../../../pipeline/identity.js'
import { canonicalJson } from '../../../schemas/canonical-json.js'
import type { StreamName } from '../../../schemas/generated/schemas.js'
import { SIMULATED_ROSTER, type SimulatedDraft, signAs, simulatedRoster } from '../../people.js'

export interface Draft {
  readonly stream: StreamName
  /** Names the record in a compacted topic. */
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Floors by account, minor units; the same as in the policy. */
export const FLOORS: Readonly<Record<string, number>> = {
  OPERATING: 1_000_000_00,
  PAYROLL: 500_000_00,
  DOLLARS: 200_000_00,
}

export const OPENINGS: Readonly<Record<string, number>> = {
  OPERATING: 9_000_000_00,
  PAYROLL: 2_000_000_00,
  DOLLARS: 1_000_000_00,
}

export const ACCOUNTS = Object.keys(FLOORS)

/** The facility of every group; in some groups it lends against bonds alone. */
export const SECURED_FACILITY = 'RCF'

export interface Bond {
  readonly level: 'LEVEL_1' | 'LEVEL_2A' | 'OTHER'
  readonly valueMinor: number
  readonly haircutBp: number
  readonly pledgedParts: number
}

/** Bonds of a group with a secured facility; the last is of a class that the lender does not take. */
export const BONDS: Readonly<Record<string, Bond>> = {
  BUND: { level: 'LEVEL_1', valueMinor: 3_000_000_00, haircutBp: 150, pledgedParts: 0 },
  OAT: { level: 'LEVEL_2A', valueMinor: 4_000_000_00, haircutBp: 1_500, pledgedParts: 250_000 },
  JUNK: { level: 'OTHER', valueMinor: 50_000_000_00, haircutBp: 0, pledgedParts: 0 },
}

const currencyOf = (accountId: string): string => (accountId === 'DOLLARS' ? 'USD' : 'EUR')

export interface PolicyLimits {
  /** Major units of the base currency. */
  readonly perDay: number
  readonly answerWithinSeconds: number
  readonly mode: 'autonomous' | 'supervised'
}

const SIMULATED_LIMITS: PolicyLimits = { perDay: 100_000_000, answerWithinSeconds: 20, mode: 'autonomous' }

/** Name of the policy above some of the groups. */
const ABOVE = 'above'

export function policyText(groupId: string, limits = SIMULATED_LIMITS, version = 1, isBelow = false): string {
  return textOf('simulated', version, `group: ${groupId}${isBelow ? belowLines() : ''}`, limits)
}

/** The policy above has the numbers of theirs, so whatever raises one of them is looser. */
function aboveText(): string {
  return textOf(ABOVE, 1, 'level: region', SIMULATED_LIMITS)
}

const belowLines = (): string =>
  `\nlevel: group\nparent: { policy: ${ABOVE}, digest: ${digestOf(aboveText())} }`

const digestOf = (text: string): string => toHex(sha256(Buffer.from(text, 'utf8')))

function textOf(policyId: string, version: number, place: string, limits: PolicyLimits): string {
  return `policy: ${policyId}
version: ${version}
${place}
owner: treasury
tier: 2
mode: ${limits.mode}
baseCurrency: EUR
deliberation: { horizonMinutes: 60, reconsiderAfterSeconds: 300, tolerancePercent: 2 }
costs:
  shortfallBpPerDay: [1, 5, 50]
  floorViolationBp: 500
  idleBpPerYear: 50
  churnBp: 0.001
accounts:
  - { account: OPERATING, floor: 1000000, target: 5000000, ceiling: 20000000, band: { lowerPercent: 20, upperPercent: 50 } }
  - { account: PAYROLL, floor: 500000, target: 2000000, ceiling: 8000000, band: { lowerPercent: 20, upperPercent: 50 } }
  - { account: DOLLARS, floor: 200000, target: 1000000, ceiling: 9000000, band: { lowerPercent: 20, upperPercent: 50 } }
limits:
  maximumInstruction: 10000000
  perCycle: 15000000
  perDay: ${limits.perDay}
  instructionsPerCycle: 8
canary: { cohortPercent: 100, shadowDecisions: 1, decisions: 2 }
approvals: { required: 2, roles: [approver, risk-officer], withinSeconds: 30 }
expectedFlows: { inflowPercent: 50, outflowPercent: 100 }
staleness:
  account: { widenAfterSeconds: 1800, widenPercent: 10, freezeAfterSeconds: 7200 }
  quote: { widenAfterSeconds: 600, widenSpreadPercent: 100, freezeAfterSeconds: 7200 }
  gapWidenPercent: 5
settlement: { cutoffMarginSeconds: 300, answerWithinSeconds: ${limits.answerWithinSeconds} }
`
}

/** Reference data of every group. */
export function sharedDrafts(today: number): Draft[] {
  return [
    {
      stream: 'calendar',
      name: 'TARGET',
      fields: {
        calendarId: 'TARGET',
        timeZone: 'Europe/Berlin',
        validFrom: today - 10,
        validUntil: today + 10,
        weekendDays: [6, 7],
        holidays: [],
        offsets: [{ fromTime: 0, offsetSeconds: 3600 }],
      },
    },
  ]
}

export function aboveDraft(): Draft {
  return { stream: 'policy', name: ABOVE, fields: { policyId: ABOVE, version: 1, document: aboveText() } }
}

/** What sets a group apart from the others. */
export interface GroupTraits {
  readonly mode: PolicyLimits['mode']
  /** Whether its policy names the one above. */
  readonly isBelow: boolean
  /** Whether its facility lends against bonds. */
  readonly isSecured: boolean
}

/** Reference data of one group, in the order in which a careful producer sends it. */
export function groupDrafts(
  groupId: string,
  { mode = 'autonomous', isBelow = false, isSecured = false }: Partial<GroupTraits> = {},
): Draft[] {
  return [
    account('OPERATING', 'BANK-A'),
    account('PAYROLL', 'BANK-B'),
    account('DOLLARS', 'BANK-A'),
    facility(isSecured),
    ...(isSecured ? Object.keys(BONDS).map(bondDraft) : []),
    rail('OPERATING', 'PAYROLL'),
    rail('PAYROLL', 'OPERATING'),
    rail('OPERATING', 'DOLLARS'),
    rail('DOLLARS', 'OPERATING'),
    {
      stream: 'roster',
      name: SIMULATED_ROSTER,
      fields: { rosterId: SIMULATED_ROSTER, version: 1, document: simulatedRoster() },
    },
    {
      stream: 'policy',
      name: 'policy',
      fields: {
        policyId: 'simulated',
        version: 1,
        document: policyText(groupId, { ...SIMULATED_LIMITS, mode }, 1, isBelow),
      },
    },
  ]
}

export function openingDrafts(groupId: string): Draft[] {
  return ACCOUNTS.map((accountId) => ({
    stream: 'balance-report',
    name: accountId,
    fields: {
      reportId: derivedId('simulator opening', `${groupId}/${accountId}`),
      accountId,
      currency: currencyOf(accountId),
      kind: 'OPENING',
      bookedMinor: OPENINGS[accountId],
    },
  }))
}

function account(accountId: string, bankId: string): Draft {
  return {
    stream: 'account',
    name: accountId,
    fields: {
      accountId,
      name: accountId,
      entityId: 'ENTITY',
      bankId,
      currency: currencyOf(accountId),
      currencyExponent: 2,
      feedId: 'bank-statement',
      calendarId: 'TARGET',
      intradayLineMinor: 0,
      controllable: true,
    },
  }
}

function facility(secured: boolean): Draft {
  return {
    stream: 'facility',
    name: 'RCF',
    fields: {
      facilityId: 'RCF',
      name: 'Revolver',
      lenderId: 'BANK-B',
      accountId: 'OPERATING',
      currency: 'EUR',
      limitMinor: 10_000_000_00,
      outstandingMinor: 0,
      drawnMarginBp: 125,
      commitmentFeeBp: 35,
      minimumDrawMinor: 500_000_00,
      roundingMinor: 100_000_00,
      calendarId: 'TARGET',
      openSeconds: 7 * 3600,
      cutoffSeconds: 17 * 3600,
      settlementDelaySeconds: 300,
      venueId: 'bank',
      secured,
      acceptedLevels: secured ? ['LEVEL_1', 'LEVEL_2A'] : [],
    },
  }
}

function bondDraft(assetId: string): Draft {
  const { level, pledgedParts } = BONDS[assetId]
  return {
    stream: 'collateral-asset',
    name: assetId,
    fields: {
      assetId,
      isin: '',
      issuerId: 'ISSUER',
      level,
      eligible: true,
      pledgedFacilityId: pledgedParts === 0 ? '' : SECURED_FACILITY,
      pledgedParts,
    },
  }
}

export function valuationDraft(assetId: string, valueMinor: number): Draft {
  const { haircutBp } = BONDS[assetId]
  const fields = { assetId, currency: 'EUR', valueMinor, haircutBp }
  return { stream: 'collateral-valuation', name: assetId, fields }
}

function rail(source: string, destination: string): Draft {
  const isFx = currencyOf(source) !== currencyOf(destination)
  return {
    stream: 'rail',
    name: `${source}-${destination}`,
    fields: {
      railId: `${source}-${destination}`,
      kind: isFx ? 'FX' : 'TRANSFER',
      sourceAccountId: source,
      destinationAccountId: destination,
      instrument: isFx ? 'EUR/USD' : '',
      feeMinor: 50,
      feeBp: 0,
      minimumTicketMinor: 10_000_00,
      maximumTicketMinor: 8_000_000_00,
      dailyLimitMinor: 50_000_000_00,
      roundingMinor: 1_000_00,
      calendarId: 'TARGET',
      openSeconds: 7 * 3600,
      cutoffSeconds: 18 * 3600,
      settlementDelaySeconds: 60,
      venueId: 'bank',
    },
  }
}

export function quoteDraft(instrument: string, kind: string, mid: number): Draft {
  const isFx = kind === 'FX_SPOT'
  return {
    stream: 'quote',
    name: instrument,
    fields: {
      instrument,
      kind,
      mid,
      halfSpread1Bp: isFx ? 0.3 : 0,
      halfSpread2Bp: isFx ? 1.5 : 0,
      halfSpread3Bp: isFx ? 5 : 0,
      depth1Minor: isFx ? 50_000_000_00 : 0,
      depth2Minor: isFx ? 150_000_000_00 : 0,
    },
  }
}

export function movementDraft(
  groupId: string,
  number: number,
  accountId: string,
  amountMinor: number,
  today: number,
): Draft {
  return {
    stream: 'cash-movement',
    name: String(number),
    fields: {
      movementId: derivedId('simulator movement', `${groupId}/${number}`),
      accountId,
      currency: currencyOf(accountId),
      amountMinor,
      valueDate: today,
      kind: 'OTHER',
      expectedFlowId: new Uint8Array(16),
      counterpartyId: '',
    },
  }
}

/**
 * Where the next version of a group's policy stands: in no tree, below the policy above like the first, there with a limit above that of its
 * parent, or outside of the tree that the first is in, with that limit.
 */
export type NextPlace = 'outside' | 'below' | 'looser' | 'leaving'

/** The next version of the simulated policy, which differs in nothing else, and the manifest that proposes it. */
export function changeOf(
  groupId: string,
  place: NextPlace,
): {
  readonly policy: Draft
  readonly manifest: string
  readonly digest: Uint8Array
} {
  const perDay = SIMULATED_LIMITS.perDay + (place === 'looser' || place === 'leaving' ? 1 : 0)
  const isBelow = place === 'below' || place === 'looser'
  const document = policyText(groupId, { ...SIMULATED_LIMITS, perDay }, 2, isBelow)
  const digest = digestOf(document)
  const entries = [{ kind: 'policy', group: groupId, policy: 'simulated', version: 2, digest }]
  const manifest = canonicalJson({ change: 'second', entries })
  return {
    policy: { stream: 'policy', name: 'policy', fields: { policyId: 'simulated', version: 2, document } },
    manifest,
    digest: sha256(Buffer.from(manifest, 'utf8')),
  }
}

/** A command of a simulated person, signed with the key of `keyOf`: with another's it is a forgery. */
export function commandDraft(
  draft: Omit<SimulatedDraft, 'reason'>,
  keyOf = draft.author,
): Draft & { readonly id: string } {
  const command = signAs({ reason: 'simulated', ...draft }, keyOf)
  const { eventTime: _, groupId: __, ...fields } = command
  return { stream: 'command', name: draft.nonce ?? '', fields, id: formatUuid(toHex(command.commandId)) }
}

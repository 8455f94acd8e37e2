/**
 * The liquidity state of a group: everything that `apply` reads and changes, as plain data.
 *
 * One owner changes it in place. Maps are iterated in order of insertion, which is a function of the journal,
 * and are serialized in that order (`state-codec.ts`), so a restored state behaves as the original did.
 * Money is integer minor units, times are microseconds, ids are 32 hexadecimal digits. Depends on the records only.
 */
import type {
  Account,
  Calendar,
  CollateralAsset,
  Counterparty,
  Facility,
  InstructionKind,
  InstructionState as LifeCycleState,
  Rail,
  RegulatoryConstraint,
} from '../../schemas/generated/types.js'
import type { Role } from '../governance/people/roles.js'
import type { ParentReference } from '../governance/policy.js'
import { NO_DIGEST } from '../identity.js'
import type { InputStream } from './decoded-input.js'
import type { FeedState } from './feeds.js'
import { IdSet } from './id-set.js'
import { newPeopleState, type PeopleState } from './people-state.js'

export interface AccountState {
  reference: Account
  /** Booked balance by all movements and settled instructions. */
  settledMinor: number
  /** The balance had no instruction been sent: opening and movements alone. */
  unmanagedMinor: number
  /** Held for instructions that debit this account and are not final. */
  reservedMinor: number
  /** To be credited by instructions that are not final. */
  incomingMinor: number
  openingMinor: number
  /** False until the first balance report: nothing may move an account whose balance is not known. */
  opened: boolean
  /** When the balance last changed: an older report of the bank cannot be compared with it. */
  balanceAtMicros: number
  /** Event time of the latest balance report: a statement about the account, as good as a sign of life of its feed. */
  reportedAtMicros: number
  /** Reported less kept balance of the last comparable report; not 0 freezes the account. */
  breakMinor: number
  /** Event time of the last comparable report; -1 before the first. */
  comparedAtMicros: number
}

export interface FacilityState {
  reference: Facility
  outstandingMinor: number
  /** Outstanding had Weir never drawn or repaid. */
  unmanagedOutstandingMinor: number
  reservedDrawMinor: number
  reservedRepayMinor: number
  /** People were told that the collateral does not cover what is outstanding, and it still does not. */
  toldShort: boolean
}

export interface RailState {
  reference: Rail
  /** Business day that `usedMinor` counts for, days since 1970-01-01. */
  usedDate: number
  usedMinor: number
}

export interface QuoteState {
  instrument: string
  kind: string
  mid: number
  halfSpreadBp: [number, number, number]
  depthMinor: [number, number]
  eventTimeMicros: number
}

export interface ExpectedFlowState {
  accountId: string
  amountMinor: number
  expectedAtMicros: number
  timeSpecific: boolean
}

/** What of a holding is with one lender, millionths of the holding. */
export interface PledgeState {
  pledgedParts: number
  /** On their way to the lender: not free any more, and not covering yet. */
  comingParts: number
  /** Of what is pledged, on the way back: not covering any more, and not free yet. */
  leavingParts: number
}

export interface CollateralState {
  reference: CollateralAsset | null
  /** By facility; without those that hold nothing of it. */
  pledges: Map<string, PledgeState>
  valueMinor: number
  haircutBp: number
  currency: string
  eventTimeMicros: number
}

/** An instruction from its proposal until it has been final for a day. */
export interface OpenInstruction {
  instructionId: string
  decisionId: string
  cycle: number
  leg: number
  /** Leg of the same decision that must be settled before this one is sent; -1 for none. */
  dependsOn: number
  kind: InstructionKind
  channelId: string
  venueId: string
  sourceAccountId: string
  destinationAccountId: string
  currency: string
  amountMinor: number
  counterCurrency: string
  counterAmountMinor: number
  /** What is pledged or released: millionths of the holding of an asset; '' and 0 for every other kind. */
  assetId: string
  assetParts: number
  /** What was moved when it settled, by the venue or an account report; 0 before. */
  settledMinor: number
  counterSettledMinor: number
  /** Billed apart by the bank; enters the cost, never the balance. */
  feeMinor: number
  /** Cost of the spread of an FX ticket, minor units of the source currency. */
  spreadCostMinor: number
  createdAtMicros: number
  expiresAtMicros: number
  /** Closing time of the cycle that sent it; -1 before. */
  sentAtMicros: number
  state: LifeCycleState
  /** Closing time of the cycle that brought it there: a venue's clock decides nothing. */
  stateAtMicros: number
  /** When the venue is to be asked next, and how often it was. */
  nextQueryMicros: number
  queries: number
}

/** A plan that waits for people. It holds nothing while it waits; its legs are instructions in AWAITING_APPROVAL. */
export interface PendingPlan {
  decisionId: string
  /** `action/plan-digest.ts`: what is approved is these legs under this policy. */
  planDigestHex: string
  /** In the order of the legs. */
  instructionIds: string[]
  sinceMicros: number
  /** From this instant on it is too late. */
  approveByMicros: number
  /** How many people must approve, and in which roles. */
  required: number
  roles: Role[]
  /** People who made it, and so cannot approve it; empty for a plan of the agent. */
  makers: string[]
}

export interface PolicyReference {
  policyId: string
  version: number
  digestHex: string
  document: string
  parent: ParentReference | null
}

/** Where the optimizer starts. */
export interface StartBasis {
  /** Digest of names and structure of the model; a basis fits only the structure it came from. */
  structureHex: string
  basisHex: string
}

/** What the last deliberation saw and left: the start of the next one. */
export interface LastDecision extends StartBasis {
  cycle: number
  atMicros: number
  /** Projected balance of each account and the floor it was held against, in minor units. */
  accounts: Map<string, { projectedMinor: number; floorMinor: number }>
  /** Accounts that were frozen, and why, as one text: a change is a reason to deliberate. */
  frozen: string
  policyDigestHex: string
}

export interface CurrencyTrack {
  openingMinor: number
  lowestMinor: number
  lowestUnmanagedMinor: number
  /** Time that accounts of the currency were below their floor, summed over accounts, as managed and had nothing been sent. */
  belowFloorMicros: number
  belowFloorUnmanagedMicros: number
}

export interface GroupState {
  groupId: string
  nextCycle: number
  closedAtMicros: number
  inputs: number
  policy: PolicyReference | null
  accounts: Map<string, AccountState>
  facilities: Map<string, FacilityState>
  rails: Map<string, RailState>
  calendars: Map<string, Calendar>
  counterparties: Map<string, Counterparty>
  constraints: Map<string, RegulatoryConstraint>
  collateral: Map<string, CollateralState>
  quotes: Map<string, QuoteState>
  expectedFlows: Map<string, ExpectedFlowState>
  /** Ids of expected flows whose movement came, at least the last 2^18 of them. */
  fulfilled: IdSet
  /** Rises with each change of `expectedFlows`. */
  expectedFlowsVersion: number
  feeds: Map<string, FeedState>
  /** Held subjects and why. */
  holds: Map<string, string>
  people: PeopleState
  instructions: Map<string, OpenInstruction>
  /** By decision. Never more than one: another plan, or none, ends the one that waits. */
  pendingPlans: Map<string, PendingPlan>
  /** Ids that came already, by stream: an execution may have the id of a movement. Streams whose records replace each other have none. */
  readonly seen: Readonly<Partial<Record<InputStream, IdSet>>>
  lastDecision: LastDecision | null
  /** UTC date that `movedTodayBaseMinor` counts for, days since 1970-01-01. */
  budgetDate: number
  movedTodayBaseMinor: number
  /** UTC hour that `movedThisHourBaseMinor` counts for, hours since 1970-01-01T00. */
  budgetHour: number
  movedThisHourBaseMinor: number
  counters: Map<string, number>
  currencies: Map<string, CurrencyTrack>
  /** Cost so far by the policy's prices, base currency major units. */
  costManaged: number
  costUnmanaged: number
  decisionDigest: Uint8Array
}

/** Bounds of what outside records may make the state grow to; beyond them a record is a dead letter. */
export const STATE_LIMITS = {
  /** Reference records of one kind in one group. */
  references: 10_000,
  /** Expected flows that are neither fulfilled, cancelled nor past. */
  expectedFlows: 200_000,
  /** Feeds, instruments and holds. */
  names: 10_000,
} as const

export function newGroupState(groupId: string): GroupState {
  return {
    groupId,
    nextCycle: 0,
    closedAtMicros: -1,
    inputs: 0,
    policy: null,
    accounts: new Map(),
    facilities: new Map(),
    rails: new Map(),
    calendars: new Map(),
    counterparties: new Map(),
    constraints: new Map(),
    collateral: new Map(),
    quotes: new Map(),
    expectedFlows: new Map(),
    fulfilled: new IdSet(),
    expectedFlowsVersion: 0,
    feeds: new Map(),
    holds: new Map(),
    people: newPeopleState(),
    instructions: new Map(),
    pendingPlans: new Map(),
    seen: {
      command: new IdSet(),
      'balance-report': new IdSet(),
      'cash-movement': new IdSet(),
      execution: new IdSet(),
    },
    lastDecision: null,
    budgetDate: -1,
    movedTodayBaseMinor: 0,
    budgetHour: -1,
    movedThisHourBaseMinor: 0,
    counters: new Map(),
    currencies: new Map(),
    costManaged: 0,
    costUnmanaged: 0,
    decisionDigest: NO_DIGEST,
  }
}

export function count(state: GroupState, counter: string, by = 1): void {
  state.counters.set(counter, (state.counters.get(counter) ?? 0) + by)
}

/** Decimals of a currency, the same on all accounts of the group; undefined while it has none in that currency. */
export function exponentOf(state: GroupState, currency: string): number | undefined {
  for (const { reference } of state.accounts.values()) {
    if (reference.currency === currency) return reference.currencyExponent
  }
  return undefined
}

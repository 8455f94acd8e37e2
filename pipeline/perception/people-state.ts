/**
 * What people have ordered and approved: the part of a group's state that governs the rest.
 *
 * Plain data like the rest of the state. Depends on the roles, the guardrails and the types of policies.
 */

import type { InstructionKind } from '../../schemas/generated/types.js'
import type { GuardrailState } from '../governance/guardrails.js'
import type { Role } from '../governance/people/roles.js'
import type { ParentReference } from '../governance/policy.js'

/** A document in force, or one that waits to be. */
export interface DocumentReference {
  readonly kind: 'policy' | 'roster'
  readonly id: string
  readonly version: number
  readonly digestHex: string
  readonly document: string
  /** What a policy names as its parent; so who is above whom is known without reading the texts again. */
  readonly parent: ParentReference | null
}

export interface KillState {
  readonly subject: string
  readonly author: string
  readonly reason: string
  readonly atMicros: number
}

export type ChangeStage = 'proposed' | 'shadow' | 'canary' | 'full' | 'rolled-back'

export interface ChangeState {
  /** `change:ID` or `roster:ID`. */
  readonly subject: string
  readonly author: string
  readonly proposedAtMicros: number
  /** Canonical JSON of a change, `change-manifest.ts`; empty for a roster. */
  readonly manifest: string
  stage: ChangeStage
  stageAtMicros: number
}

export interface ApprovalState {
  readonly personId: string
  /** Who delegated the roles to the person; the person else. */
  readonly authorityId: string
  /** What it is for: a plan's legs, a change, a roster, a kill. */
  readonly digestHex: string
  readonly commandIdHex: string
  readonly atMicros: number
  /** From when on it does not count. */
  readonly expiresAtMicros: number
}

export interface DelegationState {
  readonly from: string
  readonly to: string
  readonly roles: readonly Role[]
  readonly untilMicros: number
  readonly reason: string
}

/** A policy version on trial, and what it has shown so far. */
export interface TrialState {
  readonly changeHex: string
  readonly stage: 'shadow' | 'canary'
  readonly policyHex: string
  /** What is in force beside a shadow, and again when a canary is rolled back; empty when there was none. */
  readonly previousHex: string
  readonly sinceCycle: number
  /** Decisions that it made at this stage. */
  decisions: number
  /** What these have shown. */
  readonly guardrails: GuardrailState
  /** Where the optimizer starts for the policy that is not in force; null before its first answer. */
  basis: { readonly structureHex: string; readonly basisHex: string } | null
  /** By account what the former policy's last plan would have left there beyond that of the canary, minor units. */
  forgone: Map<string, number>
  /** Orders of people against plans of the canary since its last decision. */
  overrides: number
  /** Whether people were told that it may go on. */
  isReady: boolean
}

/** What was put to people; `action/cases.ts`. */
export interface CaseState {
  readonly caseIdHex: string
  /** Reason of the refusal, and what it is about. */
  readonly code: string
  readonly subject: string
  readonly openedAtMicros: number
  /** When nobody's answer is the default. */
  readonly deadlineMicros: number
  /** Roles of which one may answer. */
  readonly roles: readonly Role[]
  /** Cost of a day by the policy's prices, base currency minor units. */
  readonly holdCostBaseMinor: number
  readonly bestEffortCostBaseMinor: number
  /** Moves that help, within every limit; empty when there are none. */
  readonly bestEffort: readonly {
    readonly kind: InstructionKind
    readonly channelId: string
    readonly amountMinor: number
    /** Of a pledge or release. */
    readonly assetId?: string
    readonly assetParts?: number
  }[]
  status: 'open' | 'answered' | 'defaulted'
}

export interface PeopleState {
  /** Null until the first roster: nobody may command the group before. */
  roster: DocumentReference | null
  /** Kills in force, by the id of their command. */
  kills: Map<string, KillState>
  /** Documents that wait to be in force, those that were before, and the policies above them, by digest. */
  documents: Map<string, DocumentReference>
  /** Changes and new rosters, by digest. */
  changes: Map<string, ChangeState>
  trial: TrialState | null
  /** Voices by subject: `decision:ID`, `change:ID`, `roster:ID`, `kill:ID`. */
  approvals: Map<string, ApprovalState[]>
  delegations: Map<string, DelegationState>
  /** By refusal and its subject. */
  cases: Map<string, CaseState>
}

/** Bounds of what people's records may make the state grow to; beyond them a command is refused. */
export const PEOPLE_LIMITS = {
  kills: 1_000,
  /** Each may have 256 KiB, and a snapshot holds them all. */
  documents: 32,
  changes: 32,
  /** Subjects with voices that still count. */
  subjects: 1_000,
  voicesPerSubject: 32,
  delegations: 1_000,
  cases: 100,
} as const

export function newPeopleState(): PeopleState {
  return {
    roster: null,
    kills: new Map(),
    documents: new Map(),
    changes: new Map(),
    trial: null,
    approvals: new Map(),
    delegations: new Map(),
    cases: new Map(),
  }
}

/**
 * Days that a policy can be tried on, whatever they come from: those that a run stored, later those of a stress regime.
 *
 * Depends on the record types and the agent's port.
 */
import type { PricingPolicy } from '../../pipeline/ports.js'
import type { Cycle, SourceDeclaration } from '../../schemas/generated/types.js'

export interface ReplayedCycle {
  readonly cycle: Cycle
  /** Digest of the decisions up to the cycle as they were made then; undefined when that is not known. */
  readonly decisionDigest: Uint8Array | undefined
}

export interface ReplaySource {
  /** For people: where the days come from. */
  readonly name: string
  readonly groupId: string
  /** What the candidate is compared with, and by whose prices and floors both are told. */
  readonly inForce: PricingPolicy
  readonly declarations: readonly SourceDeclaration[]
  /** Seed of the simulated bank that answers instructions which nobody sent. */
  readonly bankSeed: string | number
  /** The group's cycles in order. */
  cycles(): AsyncIterable<ReplayedCycle>
}

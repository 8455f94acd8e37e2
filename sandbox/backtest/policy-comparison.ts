/**
 * What a policy would have done differently: the same days under the policy of then and under a candidate, both told by the prices and
 * floors of the policy of then. Depends on the agent, the replayed groups and a source of days.
 */
import { createAgent } from '../../pipeline/agent.js'
import { toHex } from '../../pipeline/identity.js'
import type { AgentEnvironment, AppliedCycle, GroupSummary } from '../../pipeline/ports.js'
import type { Decision, Instruction } from '../../schemas/generated/types.js'
import type { ReplaySource } from './replay-source.js'
import { type Candidate, ReplayedGroup } from './replayed-group.js'

/** Differences told one by one; the sums tell of all. */
export const DIFFERENCES_SHOWN = 10

export interface PolicyOutcome {
  readonly policyId: string
  readonly version: number
  readonly decisions: { readonly acted: number; readonly nothingToDo: number; readonly refused: number }
  /** Refusals by reason. */
  readonly refusals: Readonly<Record<string, number>>
  readonly instructions: number
  /** Sent, drawn and repaid, minor units by currency. */
  readonly movedMinor: Readonly<Record<string, number>>
  /** Cost of the days by the prices of the policy of then, base currency major units. */
  readonly cost: number
  /** Minutes that accounts were below the floors of the policy of then, summed over accounts. */
  readonly belowFloorMinutes: number
  /** Instructions without a final answer at the end. */
  readonly unanswered: number
}

/** What one policy decided in a cycle; null when nothing made it decide. */
export interface DecidedCycle {
  readonly outcome: Decision['outcome']
  readonly reason: string
  readonly moves: readonly SentMove[]
}

export type SentMove = Pick<Instruction, 'kind' | 'channelId' | 'amountMinor' | 'currency'>

export interface PolicyDifference {
  readonly cycle: number
  readonly closedAtMicros: number
  readonly former: DecidedCycle | null
  readonly candidate: DecidedCycle | null
}

export interface PolicyComparison {
  readonly days: string
  readonly groupId: string
  readonly baseCurrency: string
  readonly cycles: number
  /** Whether the policy of then decided again as the source says it did: if not, another version of Weir made the days. */
  readonly reproduced: boolean
  readonly former: PolicyOutcome
  readonly candidate: PolicyOutcome
  /** Cycles in which the two decided differently. */
  readonly differences: number
  readonly firstDifferences: readonly PolicyDifference[]
}

/** @param onCycle told of each cycle, for progress */
export async function comparePolicies(
  source: ReplaySource,
  candidate: Candidate,
  environment: AgentEnvironment,
  onCycle: (cycles: number) => void = () => {},
): Promise<PolicyComparison> {
  const { groupId, declarations, bankSeed, inForce } = source
  const agent = () => createAgent(groupId, { ...environment, pricedBy: inForce })
  const former = new ReplayedGroup(agent(), declarations, bankSeed)
  const other = new ReplayedGroup(agent(), declarations, bankSeed, candidate)
  const [formerTally, otherTally] = [new Tally(), new Tally()]
  const firstDifferences: PolicyDifference[] = []
  let [cycles, differences, reproduced] = [0, 0, true]
  for await (const { cycle, decisionDigest } of source.cycles()) {
    const [was, would] = [former.apply(cycle), other.apply(cycle, former)]
    if (decisionDigest !== undefined && toHex(decisionDigest) !== toHex(was.result.decisionDigest))
      reproduced = false
    const [a, b] = [formerTally.take(was), otherTally.take(would)]
    onCycle(++cycles)
    if (isSame(a, b)) continue
    differences++
    if (firstDifferences.length < DIFFERENCES_SHOWN)
      firstDifferences.push({ cycle: cycle.cycle, closedAtMicros: cycle.closedAt, former: a, candidate: b })
  }
  const summary = former.agent.summary()
  return {
    days: source.name,
    groupId,
    baseCurrency: summary.baseCurrency,
    cycles,
    reproduced,
    former: formerTally.outcome(inForce, former, summary),
    candidate: otherTally.outcome(candidate, other, other.agent.summary()),
    differences,
    firstDifferences,
  }
}

/** Sums over the cycles of one policy. */
class Tally {
  readonly #refusals: Record<string, number> = {}
  readonly #movedMinor: Record<string, number> = {}
  #instructions = 0

  take({ result, release }: AppliedCycle): DecidedCycle | null {
    for (const { currency, amountMinor } of release)
      this.#movedMinor[currency] = (this.#movedMinor[currency] ?? 0) + amountMinor
    this.#instructions += release.length
    // The policy's own comes after those that people made in the cycle; what they approved leaves without one.
    const decision = result.decisions.filter(({ arm }) => arm === '').at(-1)
    if (decision === undefined && release.length === 0) return null
    const { outcome, reason } = decision ?? { outcome: 'ACTED', reason: 'released' }
    if (outcome === 'REFUSED') this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1
    const moves = release.map(({ kind, channelId, amountMinor, currency }) => ({
      kind,
      channelId,
      amountMinor,
      currency,
    }))
    return { outcome, reason, moves }
  }

  outcome(
    { policyId, version }: { readonly policyId: string; readonly version: number },
    { agent }: ReplayedGroup,
    { decisions, cost, currencies }: GroupSummary,
  ): PolicyOutcome {
    return {
      policyId,
      version,
      decisions,
      refusals: this.#refusals,
      instructions: this.#instructions,
      movedMinor: this.#movedMinor,
      cost: cost.managed,
      belowFloorMinutes: currencies.reduce((sum, { belowFloorMinutes }) => sum + belowFloorMinutes, 0),
      unanswered: agent.outstanding().length,
    }
  }
}

/** Not by the trigger or the proof: what counts is what was done. Deciding to do nothing is as good as not deciding. */
function isSame(a: DecidedCycle | null, b: DecidedCycle | null): boolean {
  return textOf(a) === textOf(b)
}

function textOf(decided: DecidedCycle | null): string {
  if (decided === null || decided.outcome === 'NOTHING_TO_DO') return 'nothing'
  return JSON.stringify(decided)
}

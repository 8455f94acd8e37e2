/**
 * Decisions and explanations of the synthetic day. Not used by product code.
 */
import { NO_DIGEST, sha256 } from '../../../pipeline/identity.js'
import type { Decision, Explanation } from '../../../schemas/generated/types.js'

export function policyDocument(groupId: string): string {
  return `policy: ${groupId}\n`
}

export interface DecisionIds {
  readonly decisionId: Uint8Array
  readonly groupId: string
  readonly cycle: number
}

export function makeDecision(
  ids: DecisionIds,
  previousCycle: number,
  decidedAt: number,
  outcome: Decision['outcome'],
  draw: number,
): Decision {
  const solved = outcome !== 'NOTHING_TO_DO'
  const policy = {
    policyId: `P-${ids.groupId}`,
    policyVersion: 1,
    policyDigest: sha256(Buffer.from(policyDocument(ids.groupId))),
  }
  const reason = { ACTED: 'outside-band', NOTHING_TO_DO: 'inside-bands', REFUSED: 'floor-cannot-be-held' }[
    outcome
  ]
  const digests = { modelDigest: solved ? Buffer.alloc(32, 7) : NO_DIGEST, wasmDigest: NO_DIGEST }
  const basis = { startBasis: Buffer.from([0, 1, 2]), basis: Buffer.from([2, 1, 0]) }
  const values = { primal: solved ? [1.5, 0, draw] : [], dual: solved ? [-3.25] : [] }
  const costs = { objective: 10 * draw, executedCost: 10 * draw + 0.25, doNothingCost: 20 + draw }
  const proof = { primalResidual: 1e-12, dualResidual: 2e-12, rows: 1, columns: 3, iterations: 4, solves: 2 }
  const status = outcome === 'REFUSED' ? 'infeasible' : solved ? 'optimal' : 'not-run'
  const trigger = previousCycle < 0 ? 'first' : 'changed'
  const instructions = outcome === 'ACTED' ? 1 : 0
  const head = { ...ids, previousCycle, decidedAt, ...policy, outcome, reason, trigger }
  // As journals of before have it, so that a database of then holds the same.
  const plan = { instructions, planDigest: NO_DIGEST, arm: '' }
  return { ...head, ...digests, solverStatus: status, ...basis, ...values, ...costs, ...proof, ...plan }
}

export function makeExplanation(ids: DecisionIds, outcome: string): Explanation {
  const accounts = ['A', 'B', 'C'].map((letter, index) => ({
    accountId: `${ids.groupId}-${letter}`,
    currency: 'EUR',
    balanceMinor: 4_503_599_627_370_495 - index,
    availableMinor: -123_456_789,
    projectedMinor: 0,
    plannedMinor: 1,
    floorMinor: 2,
    targetMinor: 3,
    ceilingMinor: 4,
    frozen: index === 2 ? 'stale feed' : '',
  }))
  const bindings = [{ row: `floor:${ids.groupId}-A`, shadowPrice: -0.03125, activity: 12.5, limit: 12.5 }]
  return { ...ids, text: `Group ${ids.groupId} ${outcome} in cycle ${ids.cycle}.`, bindings, accounts }
}

/**
 * One deliberation: from the positions of a group to a plan in integers, or to the reason why there is none.
 *
 *   inside bands? -> build the LP -> solve -> drop small tickets and solve again (twice at most) -> round
 *   -> select and repair in integers -> compare with doing nothing
 *
 * A plan is made of legs that can all be paid at once. Only when that leaves an account below its floor, legs may wait for each other: such
 * a plan takes longer, and it can break.
 *
 * Pure but for the optimizer instance, whose answer depends on model and start basis alone.
 */
import { unapprovedConfiguration, unapprovedOptimizer } from '../governance/approved-digests.js'
import { fromHex, NO_DIGEST } from '../identity.js'
import type { GroupState, StartBasis } from '../perception/state.js'
import { type Channels, channelsOf } from './channels.js'
import { type CollateralLegs, collateralLegs, collateralLimits, neededPledges } from './collateral-legs.js'
import { eligibleChannels } from './eligibility.js'
import { type LinkedLegs, linkLegs } from './leg-links.js'
import { type GroupOptimizer, modelDigest, type Solution, structureHex } from './optimizer.js'
import { type Move, objectiveOffset, planCost } from './plan.js'
import { planLimits } from './plan-limits.js'
import type { Position } from './positions.js'
import { buildRebalancingModel, MODEL_UNIT, type RebalancingModel } from './rebalancing-model.js'
import { type Repaired, repairPlan } from './repair.js'
import { isExpired, type ResolvedPolicy } from './resolved-policy.js'
import { toTickets } from './rounding.js'
import { selectMoves } from './selection.js'
import { type SharedLimits, sharedLimits } from './shared-limits.js'
import { insideBands } from './trigger.js'

/** Passes after the first in which tickets that are too small are forbidden. */
const REPAIR_PASSES = 2

/** A floor violation of less than this is rounding, not a breach: one minor unit. */
const VIOLATION_NOISE = 1 / MODEL_UNIT

export type Outcome = 'PLAN' | 'NOTHING_TO_DO' | 'REFUSED'

/** What was solved: kept with the decision so that anyone can check it. */
export interface SolveRecord {
  readonly model: RebalancingModel
  readonly modelDigest: Uint8Array
  readonly structureHex: string
  readonly solution: Solution
  readonly iterations: number
  readonly solves: number
  /** LP optimum without the model's constant, base minor units. */
  readonly objectiveBaseMinor: number
}

export interface Deliberation {
  readonly outcome: Outcome
  /** Stable code of how it came out. */
  readonly reason: string
  /** Account, row or status that the reason is about; empty when there is none. */
  readonly subject: string
  readonly positions: readonly Position[]
  readonly moves: readonly Move[]
  /** For each move the index of the one that must be settled before it is sent; -1 for none. */
  readonly dependsOn: readonly number[]
  readonly solve: SolveRecord | null
  readonly plannedCostBaseMinor: number
  readonly doNothingCostBaseMinor: number
  /** Refused because a floor cannot be held: what would help most all the same, for people to choose. */
  readonly bestEffort: readonly Move[]
}

/**
 * @param configuration digest of the configuration that the cycle was closed under; none is refused where the policy lists any
 * @param start basis to start from, if it fits the model
 */
export function deliberate(
  state: GroupState,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  nowMicros: number,
  optimizer: GroupOptimizer,
  configuration: Uint8Array = NO_DIGEST,
  start: StartBasis | null = state.lastDecision,
): Deliberation {
  const doNothing = planCost(resolved, positions, [])
  const base = {
    positions,
    moves: [],
    dependsOn: [],
    plannedCostBaseMinor: doNothing,
    doNothingCostBaseMinor: doNothing,
    bestEffort: [],
  }
  if (isExpired(resolved, nowMicros)) {
    const subject = `policy ${resolved.policy.policyId}, last day ${resolved.policy.expires}`
    return { ...base, outcome: 'REFUSED', reason: 'policy-expired', subject, solve: null }
  }
  const unapproved =
    unapprovedOptimizer(resolved.policy, optimizer.digestHex) ??
    unapprovedConfiguration(resolved.policy, configuration)
  if (unapproved !== undefined) return { ...base, outcome: 'REFUSED', ...unapproved, solve: null }
  if (insideBands(state, positions)) {
    return { ...base, outcome: 'NOTHING_TO_DO', reason: 'inside-bands', subject: '', solve: null }
  }
  const channels = eligibleChannels(resolved, channelsOf(state, resolved, positions, nowMicros), nowMicros)
  const limits = sharedLimits(state, resolved, positions)
  const task = { start, resolved, limits, positions, channels, optimizer, base, doNothing }
  const atOnce = planWith({ ...task, linked: false })
  if (atOnce.outcome !== 'REFUSED' || !BELOW_FLOOR.has(atOnce.reason)) return atOnce
  const linked = planWith({ ...task, linked: true })
  return linked.outcome === 'PLAN' ? linked : atOnce
}

/** Reasons of refusal that legs which wait for each other may mend. */
const BELOW_FLOOR: ReadonlySet<string> = new Set(['floor-cannot-be-held', 'rounding-breaks-floor'])

interface PlanTask {
  /** Basis to start from, if it fits the model. */
  readonly start: StartBasis | null
  readonly resolved: ResolvedPolicy
  readonly limits: SharedLimits
  readonly positions: readonly Position[]
  readonly channels: Channels
  readonly optimizer: GroupOptimizer
  /** What every outcome says. */
  readonly base: Omit<Deliberation, 'outcome' | 'reason' | 'subject' | 'solve'>
  readonly doNothing: number
  /** Whether legs may wait for each other. */
  readonly linked: boolean
}

function planWith(task: PlanTask): Deliberation {
  const { resolved, limits, positions, base, doNothing } = task
  const { solve, moves, collateral } = solveWithRepair(task)
  const refused = (reason: string, subject: string): Deliberation => ({
    ...base,
    outcome: 'REFUSED',
    reason,
    subject,
    solve,
  })
  if (solve.solution.status !== 'optimal') {
    const reason = solve.solution.status === 'infeasible' ? 'model-infeasible' : 'solver-failure'
    return refused(reason, solve.solution.status)
  }
  const violated = firstViolation(solve)
  if (violated !== undefined) {
    const most = instructionsLeft(resolved, collateral)
    const selected = selectMoves(planLimits(limits, positions, false), positions, moves, most)
    const helps = 'moves' in selected ? selected.moves : []
    return {
      ...refused('floor-cannot-be-held', violated),
      bestEffort: [...neededPledges(helps, collateral), ...helps],
    }
  }
  const plan = inIntegers(task, moves, collateral)
  if ('reason' in plan) return refused(plan.reason, plan.subject)
  if (plan.moves.length === 0) {
    return { ...base, outcome: 'NOTHING_TO_DO', reason: 'no-move-pays', subject: '', solve }
  }
  const plannedCostBaseMinor = planCost(resolved, positions, plan.moves)
  if (plannedCostBaseMinor >= doNothing) {
    // Fixed fees are outside the LP: a plan may cost more than it mends.
    return { ...base, outcome: 'NOTHING_TO_DO', reason: 'fees-exceed-benefit', subject: '', solve }
  }
  return {
    ...base,
    outcome: 'PLAN',
    reason: 'rebalanced',
    subject: '',
    moves: plan.moves,
    dependsOn: plan.dependsOn,
    solve,
    plannedCostBaseMinor,
  }
}

/** The rounded tickets as a plan that keeps floors and limits to the unit, or why there is none. */
function inIntegers(
  { resolved, limits, positions, channels, linked }: PlanTask,
  moves: readonly Move[],
  collateral: CollateralLegs,
): LinkedLegs | Exclude<Repaired, { readonly moves: readonly Move[] }> {
  const shared = planLimits(limits, positions, linked)
  shared.push(...collateralLimits(channels.facilities, collateral))
  const selected = selectMoves(shared, positions, moves, instructionsLeft(resolved, collateral))
  if ('broken' in selected)
    return { reason: 'instruction-limit-breaks-floor', subject: selected.broken.accountId }
  const repaired = repairPlan(shared, positions, selected.moves)
  if ('reason' in repaired) return repaired
  const legs = linkLegs(addCollateral(resolved, repaired.moves, collateral))
  if (legs === undefined) return { reason: 'legs-cannot-be-linked', subject: '' }
  // If the legs that wait are never sent, what they were to take away from a bank stays there.
  const atOnce = legs.moves.filter((_, index) => legs.dependsOn[index] === -1)
  const passed = shared.find(({ row, excess }) => row.startsWith('bank:') && excess(atOnce) > 0n)
  return passed === undefined ? legs : { reason: 'limit-cannot-be-kept', subject: passed.row }
}

/** Instructions that the policy leaves for moves of cash. */
function instructionsLeft({ policy }: ResolvedPolicy, { pledges }: CollateralLegs): number {
  return Math.max(0, policy.limits.instructionsPerCycle - pledges.length)
}

/** The moves with the pledges that they need, and as many releases as the policy has instructions for. The very same ones without collateral. */
function addCollateral(
  { policy }: ResolvedPolicy,
  moves: readonly Move[],
  collateral: CollateralLegs,
): readonly Move[] {
  if (collateral.pledges.length === 0 && collateral.releases.length === 0) return moves
  const legs = [...neededPledges(moves, collateral), ...moves]
  return [
    ...legs,
    ...collateral.releases.slice(0, Math.max(0, policy.limits.instructionsPerCycle - legs.length)),
  ]
}

function solveWithRepair({ start, resolved, limits, positions, channels, optimizer, linked }: PlanTask): {
  solve: SolveRecord
  moves: Move[]
  collateral: CollateralLegs
} {
  const model = buildRebalancingModel(limits, resolved, positions, channels, linked)
  const structure = structureHex(model)
  const fits = start !== null && start.structureHex === structure && start.basisHex !== ''
  optimizer.load(model, fits ? fromHex(start.basisHex) : null)
  let solution = optimizer.solve()
  let iterations = solution.iterations
  let solves = 1
  let tickets =
    solution.status === 'optimal' ? toTickets(model, solution.primal) : { moves: [], tooSmall: [] }
  while (tickets.tooSmall.length > 0 && solves <= REPAIR_PASSES) {
    for (const column of tickets.tooSmall) {
      optimizer.forbid(column)
      // The record is of the model that was solved last: the digest must cover what was forbidden.
      model.sparse.columnUpper[column] = 0
    }
    solution = optimizer.solve()
    iterations += solution.iterations
    solves++
    if (solution.status !== 'optimal') break
    tickets = toTickets(model, solution.primal)
  }
  const objectiveBaseMinor = (solution.objective - objectiveOffset(resolved, positions)) * MODEL_UNIT
  const solve: SolveRecord = {
    model,
    modelDigest: modelDigest(model.sparse),
    structureHex: structure,
    solution,
    iterations,
    solves,
    objectiveBaseMinor,
  }
  return { solve, moves: tickets.moves, collateral: collateralLegs(model, solution.primal) }
}

/** Account whose hard floor the optimum would break; any such plan is refused (DOMAIN 3.2, row 2). */
function firstViolation(solve: SolveRecord): string | undefined {
  for (const [accountId, column] of solve.model.violationColumns) {
    if (solve.solution.primal[column]! > VIOLATION_NOISE) return accountId
  }
  return undefined
}

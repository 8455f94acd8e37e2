/**
 * Lives through the cycles that led to a decision once more, with a given optimizer, and gives what came of them: the very leaves, and
 * what the decision was made from.
 *
 * The module may be anybody's: it gets one import, which only tells it to go on, and its answers are numbers that are compared. What it
 * may use of memory and time is bounded by the process that this runs in. Depends on the agent and the leaves.
 */
import { requirementOf } from '../../../pipeline/action/approval-port.js'
import { gateReport } from '../../../pipeline/action/gate-report.js'
import { createAgent, restoreAgent } from '../../../pipeline/agent.js'
import type { Examined } from '../../../pipeline/decide.js'
import { WeirError } from '../../../pipeline/errors.js'
import { sha256, toHex } from '../../../pipeline/identity.js'
import type { Agent, AgentEnvironment, JournalBody } from '../../../pipeline/ports.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { CycleResult, SourceDeclaration } from '../../../schemas/generated/types.js'
import { compileOptimizer } from '../../../wasm-core/host/compile.js'
import { cloneModel } from '../../../wasm-core/host/sparse-model.js'
import type { Leaf } from '../leaves/leaf.js'
import { LeafMaker } from '../leaves/leaf-maker.js'
import type { ExaminedDecision, ExaminedSolve, ReplayJob, ReplayOutcome } from './replay-job.js'

/** Takes the place of sources that no cycle has inputs of: numbers have no gap. */
const UNUSED = { stream: '', name: '', writerSchema: '"bytes"', fingerprint: new Uint8Array(32) }

/** @throws WeirError WEIR_AUDIT when the module is no optimizer; whatever a state or cycles that are none make of the agent */
export async function replayDecision(job: ReplayJob): Promise<ReplayOutcome> {
  let examined: ExaminedDecision | undefined
  const agent = agentOf(job, {
    ...(await optimizerOf(job.wasm)),
    nowMicros: () => 0,
    onDecision: (seen) => {
      if (toHex(seen.decisionId) === job.decision) examined = examine(seen)
    },
  })
  declareSources(agent, job.sources)
  const before = standOf(agent)
  const { leaves, last } = liveThrough(job, agent, () => {
    examined = undefined
  })
  const isIts = ({ decisionId }: { readonly decisionId: Uint8Array }): boolean =>
    toHex(decisionId) === job.decision
  return {
    before,
    after: standOf(agent),
    leaves,
    explanations: last.explanations.filter(isIts).map((one) => encodeRecord('explanation', one)),
    instructions: last.instructions.filter(isIts).map((one) => encodeRecord('instruction', one)),
    examined,
  }
}

async function optimizerOf(
  wasm: Uint8Array | undefined,
): Promise<Pick<AgentEnvironment, 'optimizer' | 'optimizerDigest'>> {
  if (wasm === undefined) {
    const { module, digest } = await compileOptimizer()
    return { optimizer: module, optimizerDigest: digest }
  }
  try {
    // A copy: the bytes may lie in memory that is shared with others.
    return { optimizer: await WebAssembly.compile(Uint8Array.from(wasm)), optimizerDigest: sha256(wasm) }
  } catch (cause) {
    throw new WeirError('WEIR_AUDIT', 'the module of the optimizer cannot be compiled', {
      place: 'bundle, wasm',
      cause,
    })
  }
}

function agentOf({ group, snapshot }: ReplayJob, environment: AgentEnvironment): Agent {
  const agent = snapshot === undefined ? createAgent(group, environment) : restoreAgent(snapshot, environment)
  if (agent.groupId === group) return agent
  throw new WeirError('WEIR_AUDIT', 'the state is of another group', { place: 'bundle, snapshot' })
}

function declareSources(agent: Agent, sources: readonly SourceDeclaration[]): void {
  let next = 0
  for (const declaration of sources) {
    while (next < declaration.source) agent.declareSource({ ...UNUSED, source: next++ })
    agent.declareSource(declaration)
    next++
  }
}

function standOf(agent: Agent): { state: string; chain: string } {
  return { state: toHex(agent.stateDigest()), chain: toHex(agent.decisionDigest()) }
}

/** @param onCycle called before each cycle */
function liveThrough(
  { group, sources, cycles, memory }: ReplayJob,
  agent: Agent,
  onCycle: () => void,
): { leaves: Leaf[]; last: CycleResult } {
  const maker = new LeafMaker(0, new Map([[group, memory]]))
  const feed = (sequence: number, body: JournalBody): readonly Leaf[] =>
    maker.leavesOf({ sequence, decode: () => body })
  for (const declaration of sources) feed(0, { 'weir.SourceDeclaration': declaration })
  const leaves: Leaf[] = []
  let last: CycleResult | undefined
  for (const cycle of cycles) {
    onCycle()
    feed(cycle.cycle, { 'weir.Cycle': cycle })
    last = agent.apply(cycle).result
    leaves.push(...feed(cycle.cycle, { 'weir.CycleResult': last }))
  }
  if (last === undefined) throw new WeirError('WEIR_AUDIT', 'there is no cycle', { place: 'bundle, cycles' })
  return { leaves, last }
}

function examine({ state, resolved, deliberation, nowMicros }: Examined): ExaminedDecision {
  const { solve, positions, moves, dependsOn, outcome } = deliberation
  return {
    policyDocument: state.policy?.document ?? '',
    solve: solve === null ? undefined : solveOf(solve),
    gate:
      outcome === 'PLAN'
        ? gateReport({ state, resolved, positions, moves, dependsOn, nowMicros })
        : undefined,
    feeds: [...state.feeds].map(([feed, { clockMicros, missing }]) => ({
      feed,
      ageMicros: nowMicros - clockMicros,
      missing: missing.reduce((sum, [from, to]) => sum + to - from + 1, 0),
    })),
    approvals: outcome === 'PLAN' ? requirementOf(state, resolved, moves).required : 0,
  }
}

function solveOf({ model, solution }: NonNullable<Examined['deliberation']['solve']>): ExaminedSolve {
  const { status, basis, primal, dual, objective, ray } = solution
  return { model: cloneModel(model.sparse), status, basis, primal, dual, objective, ray }
}

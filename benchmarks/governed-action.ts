/**
 * What governance adds to a decision: gate, reservation and instructions of a plan that is sent at once, the same of a plan that waits and is
 * approved, and the check of one signed command; beside the deliberation that made the plan, which is what they are added to.
 *
 * Every sample begins from the same state, made again outside of the time that is taken. Depends on the agent's stages.
 */
import { denialOf } from '../pipeline/action/gate.js'
import { instruct } from '../pipeline/action/instructions.js'
import { releasePlan } from '../pipeline/action/pending-plans.js'
import { createAgent } from '../pipeline/agent.js'
import { type Deliberation, deliberate } from '../pipeline/deliberation/deliberate.js'
import { ExpectedFlows } from '../pipeline/deliberation/expected-flows.js'
import { GroupOptimizer } from '../pipeline/deliberation/optimizer.js'
import { type Position, positionsOf } from '../pipeline/deliberation/positions.js'
import { type ResolvedPolicy, resolvePolicy } from '../pipeline/deliberation/resolved-policy.js'
import { invariant } from '../pipeline/errors.js'
import { authorOf } from '../pipeline/governance/people/author.js'
import { parseRoster } from '../pipeline/governance/people/roster.js'
import { derivedId, toHex } from '../pipeline/identity.js'
import { CycleCollector } from '../pipeline/perception/outcome.js'
import type { GroupState } from '../pipeline/perception/state.js'
import { decodeState } from '../pipeline/state-codec.js'
import { signAs, simulatedRoster } from '../sandbox/people.js'
import type { Command } from '../schemas/generated/types.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  MORNING,
  POLICY_TEXT,
  SECOND,
} from '../tests/support/small-group.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'

const NOW_MICROS = MORNING + 20 * SECOND
/** A group short of cash: the day's inflows are still to come. */
const SHORT_MINOR = -1_200_000_00
const SAMPLES_PER_ROUND = 20

export const governedAction: Scenario = {
  name: 'governed-action',
  family: 'governance',
  measures: 'gate, reservation and instructions of one decision of a small group',
  warmUpRounds: 20,
  rounds: 100,
  async contenders() {
    const { module, digest } = await compileOptimizer()
    const environment = { optimizer: module, optimizerDigest: digest, nowMicros }
    const snapshotOf = (mode: string): Uint8Array => {
      const policy = POLICY_TEXT.replace('mode: autonomous', `mode: ${mode}`)
      const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)), {
        policy,
        openings: { OPERATING: 7_400_000_00 },
      })
      driver.close(MORNING + SECOND)
      // Booked below, outside of a cycle, so that the plan is still to be made.
      return driver.agent.snapshot()
    }
    const autonomous = snapshotOf('autonomous')
    const supervised = snapshotOf('supervised')
    const optimizer = new GroupOptimizer(module, nowMicros)
    return {
      list: [
        sampled('weir: gate, reserve, instruct', 'weir', () => prepared(autonomous, optimizer), sendAtOnce),
        sampled(
          'weir: the same of a plan that was approved',
          'peer',
          () => waiting(supervised, optimizer),
          sendApproved,
        ),
        signed(),
        sampled(
          'deliberation that makes the plan',
          'peer',
          () => prepared(autonomous, optimizer),
          (plan) => {
            deliberate(plan.state, plan.resolved, plan.positions, NOW_MICROS, optimizer)
          },
        ),
      ],
    }
  },
}

interface Planned {
  readonly state: GroupState
  readonly resolved: ResolvedPolicy
  readonly positions: readonly Position[]
  readonly deliberation: Deliberation
  readonly collector: CycleCollector
  readonly decisionId: Uint8Array
}

function prepared(snapshot: Uint8Array, optimizer: GroupOptimizer): Planned {
  const state = decodeState(snapshot)
  state.accounts.get('PAYROLL')!.settledMinor += SHORT_MINOR
  const resolved = resolvePolicy(state)
  invariant(resolved !== undefined, 'the group has a policy')
  const positions = positionsOf(
    state,
    resolved,
    NOW_MICROS,
    new ExpectedFlows().within(state, resolved, NOW_MICROS),
  )
  const deliberation = deliberate(state, resolved, positions, NOW_MICROS, optimizer)
  invariant(deliberation.outcome === 'PLAN', `there is a plan, not ${deliberation.reason}`)
  const collector = new CycleCollector(state, state.nextCycle, NOW_MICROS)
  const decisionId = derivedId('decision', GROUP, state.nextCycle)
  return { state, resolved, positions, deliberation, collector, decisionId }
}

function sendAtOnce({ state, resolved, positions, deliberation, collector, decisionId }: Planned): void {
  const { moves, dependsOn } = deliberation
  const denial = denialOf(state, resolved, positions, moves, NOW_MICROS, dependsOn)
  invariant(denial === undefined, `the gate passes it, not ${denial?.code}`)
  const { release } = instruct(collector, resolved, decisionId, deliberation)
  invariant(release.length === moves.length, 'everything is sent')
}

function waiting(snapshot: Uint8Array, optimizer: GroupOptimizer): Planned {
  const plan = prepared(snapshot, optimizer)
  instruct(plan.collector, plan.resolved, plan.decisionId, plan.deliberation)
  return plan
}

function sendApproved({ resolved, positions, deliberation, collector, decisionId }: Planned): void {
  const release = releasePlan(collector, resolved, positions, toHex(decisionId))
  invariant(release.length === deliberation.moves.length, 'everything is sent')
}

/** The roster is read once for each version; what a command costs is its signature. */
function signed(): Contender {
  const roster = parseRoster(simulatedRoster(), 'benchmark')
  const draft = {
    groupId: GROUP,
    author: 'olga',
    kind: 'KILL',
    subject: 'all',
    reason: 'benchmark',
    atMicros: NOW_MICROS,
  } as const
  const commands = Array.from({ length: SAMPLES_PER_ROUND }, (_, number): Command => {
    return { sourceId: 'desk', sourceSequence: -1, ...signAs({ ...draft, nonce: String(number) }) }
  })
  return {
    name: 'weir: check of a signed command',
    role: 'peer',
    round(samples) {
      for (const command of commands) {
        const started = nowMicros()
        authorOf(roster, command, NOW_MICROS)
        samples.push(nowMicros() - started)
      }
    },
  }
}

function sampled<T>(
  name: string,
  role: Contender['role'],
  prepare: () => T,
  act: (prepared: T) => void,
): Contender {
  return {
    name,
    role,
    round(samples) {
      for (let sample = 0; sample < SAMPLES_PER_ROUND; sample++) {
        const ready = prepare()
        const started = nowMicros()
        act(ready)
        samples.push(nowMicros() - started)
      }
    },
  }
}

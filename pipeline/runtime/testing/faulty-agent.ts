/**
 * An agent module for tests of the workers: the stand-in agent, and groups that misbehave by their name.
 *
 *   throws:N   throws at cycle N        spins:N   computes until the stop word is set        hangs:N   for ever
 *   ends:N     ends its thread
 *
 * Depends on the stand-in agent.
 */
import type { Cycle } from '../../../schemas/generated/types.js'
import type { Agent, AgentEnvironment, AppliedCycle } from '../../ports.js'
import * as standIn from './stand-in-agent.js'

export function createAgent(groupId: string, environment: AgentEnvironment): Agent {
  return withFault(standIn.createAgent(groupId, environment), environment)
}

export function restoreAgent(snapshot: Uint8Array, environment: AgentEnvironment): Agent {
  return withFault(standIn.restoreAgent(snapshot, environment), environment)
}

function withFault(agent: Agent, environment: AgentEnvironment): Agent {
  const [, fault, cycle] = /^(throws|spins|hangs|ends):(\d+)$/.exec(agent.groupId) ?? []
  if (fault === undefined) return agent
  const apply = agent.apply.bind(agent)
  agent.apply = (input: Cycle): AppliedCycle => {
    if (input.cycle === Number(cycle)) misbehave(fault, environment.stopWord as Int32Array)
    return apply(input)
  }
  return agent
}

function misbehave(fault: string, stopWord: Int32Array): void {
  if (fault === 'throws') throw new Error('as asked')
  if (fault === 'ends') process.exit(1)
  while (fault === 'hangs' || Atomics.load(stopWord, 0) === 0);
}

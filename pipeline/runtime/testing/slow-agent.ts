/**
 * An agent module for tests of back-pressure: the stand-in agent, and half a second a cycle more for as long as the file that
 * `WEIR_TEST_BRAKE` names is there. Depends on the stand-in agent.
 */
import { existsSync } from 'node:fs'
import type { Cycle } from '../../../schemas/generated/types.js'
import type { Agent, AgentEnvironment, AppliedCycle } from '../../ports.js'
import * as standIn from './stand-in-agent.js'

const BRAKED_MS = 500
const brake = process.env.WEIR_TEST_BRAKE ?? ''
const never = new Int32Array(new SharedArrayBuffer(4))

export function createAgent(groupId: string, environment: AgentEnvironment): Agent {
  return withBrake(standIn.createAgent(groupId, environment))
}

export function restoreAgent(snapshot: Uint8Array, environment: AgentEnvironment): Agent {
  return withBrake(standIn.restoreAgent(snapshot, environment))
}

function withBrake(agent: Agent): Agent {
  const apply = agent.apply.bind(agent)
  agent.apply = (input: Cycle): AppliedCycle => {
    if (existsSync(brake)) Atomics.wait(never, 0, 0, BRAKED_MS)
    return apply(input)
  }
  return agent
}

/**
 * The real agent in a worker that also tells how much memory its thread holds: the agent module of the steady load.
 *
 * Heap after a forced collection, and the sizes of the WebAssembly memories, each few seconds, by a channel: the worker's
 * thread blocks on its ring and answers nothing. Depends on the agent; needs `--expose-gc`.
 */
import { BroadcastChannel } from 'node:worker_threads'
import { createAgent as createRealAgent, restoreAgent } from '../../pipeline/agent.js'
import type { Agent, AgentEnvironment } from '../../pipeline/ports.js'

export { restoreAgent }

export const CHANNEL = 'weir-steady-load'
const EVERY_MICROS = 5_000_000

/** What a worker tells of its thread. */
export interface WorkerMemory {
  readonly heapBytes: number
  readonly bufferBytes: number
  readonly wasmBytes: number
}

const memories: WebAssembly.Memory[] = []

/** Notes the memory of each module that is instantiated in this thread. */
class ObservedInstance extends WebAssembly.Instance {
  constructor(...parameters: ConstructorParameters<typeof WebAssembly.Instance>) {
    super(...parameters)
    const { memory } = this.exports as { readonly memory?: WebAssembly.Memory }
    if (memory !== undefined) memories.push(memory)
  }
}

export function createAgent(groupId: string, environment: AgentEnvironment): Agent {
  WebAssembly.Instance = ObservedInstance
  const agent = createRealAgent(groupId, environment)
  const channel = new BroadcastChannel(CHANNEL)
  const { nowMicros } = environment
  let next = nowMicros() + EVERY_MICROS
  const apply = agent.apply.bind(agent)
  agent.apply = (cycle) => {
    const applied = apply(cycle)
    if (nowMicros() >= next) {
      next = nowMicros() + EVERY_MICROS
      channel.postMessage(memoryNow())
    }
    return applied
  }
  return agent
}

function memoryNow(): WorkerMemory {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const wasmBytes = memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0)
  return { heapBytes: heapUsed, bufferBytes: arrayBuffers, wasmBytes }
}

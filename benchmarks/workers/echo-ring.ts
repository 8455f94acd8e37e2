/** Echoes frames of one ring into another until a frame of kind 0 comes: the far end of the `thread-hop` benchmark. */
import { workerData } from 'node:worker_threads'
import {
  BellRope,
  readBlocking,
  wakeProducerThread,
  writeBlocking,
} from '../../pipeline/runtime/rings/bell.js'
import { Ring } from '../../pipeline/runtime/rings/ring.js'
import type { HopMemory } from '../thread-hop.js'

const memory = workerData as HopMemory
const inbound = new Ring(memory.inbound)
const outbound = new Ring(memory.outbound)
const rope = new BellRope(memory.bell, memory.port)

for (;;) {
  const frame = readBlocking(inbound)
  wakeProducerThread(inbound, rope)
  if (frame.kind === 0) break
  writeBlocking(outbound, frame.kind, frame.first, frame.second, frame.payload, rope)
  rope.ring()
}

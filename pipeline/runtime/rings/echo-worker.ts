/** For the test of the rings: a thread that sends back what it gets, until it gets a frame of kind 0. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { BellRope, readBlocking, wakeProducerThread, writeBlocking } from './bell.js'
import { Ring } from './ring.js'

const { inbound, outbound, bell, port } = workerData as {
  readonly inbound: SharedArrayBuffer
  readonly outbound: SharedArrayBuffer
  readonly bell: SharedArrayBuffer
  readonly port: MessagePort
}
const rope = new BellRope(bell, port)
const [from, to] = [new Ring(inbound), new Ring(outbound)]
for (let frame = readBlocking(from); frame.kind !== 0; frame = readBlocking(from)) {
  wakeProducerThread(from, rope)
  writeBlocking(to, frame.kind, frame.first, frame.second, frame.payload, rope)
  rope.ring()
}
port.close()

/**
 * A hop between threads and back, 256 bytes: the ring and bell of the runtime, beside a task of a Piscina pool.
 *
 * One message at a time, so the wake-up of both sides is in the figure; under load the ring needs none.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { Bell, wakeConsumer } from '../pipeline/runtime/rings/bell.js'
import { createRingMemory, Ring } from '../pipeline/runtime/rings/ring.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'

const PAYLOAD_BYTES = 256
const HOPS_PER_ROUND = 500
const BURST = 64

export interface HopMemory {
  readonly inbound: SharedArrayBuffer
  readonly outbound: SharedArrayBuffer
  readonly bell: SharedArrayBuffer
  readonly port: MessagePort
}

class RingEcho {
  private readonly bell = new Bell()
  private readonly out: Ring
  private readonly back: Ring
  private readonly worker: Worker
  private readonly port: MessagePort

  constructor() {
    const inbound = createRingMemory(1024)
    const outbound = createRingMemory(1024)
    this.out = new Ring(inbound)
    this.back = new Ring(outbound)
    const { port1, port2 } = new MessageChannel()
    this.bell.listen(port1)
    this.port = port1
    const workerData: HopMemory = { inbound, outbound, bell: this.bell.memory, port: port2 }
    this.worker = new Worker(new URL('./workers/echo-ring.js', import.meta.url), {
      workerData,
      transferList: [port2],
    })
  }

  send(payload: Uint8Array): void {
    this.out.tryWrite(1, 0, 0, payload)
    wakeConsumer(this.out)
  }

  async receive(): Promise<void> {
    while (this.back.tryRead() === undefined) await this.bell.sleep(() => this.back.used > 0)
  }

  async close(): Promise<void> {
    this.out.tryWrite(0, 0, 0, new Uint8Array(0))
    wakeConsumer(this.out)
    await new Promise((resolve) => this.worker.once('exit', resolve))
    this.port.close()
  }
}

export const threadHop: Scenario = {
  name: 'thread-hop',
  measures: `${PAYLOAD_BYTES} bytes to another thread and back; "in bursts": ${BURST} under way, time per message`,
  warmUpRounds: 6,
  rounds: 12,
  async contenders() {
    const echo = new RingEcho()
    const pool = new Piscina({
      filename: new URL('./workers/echo-task.js', import.meta.url).href,
      name: 'echo',
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
    })
    const payload = new Uint8Array(PAYLOAD_BYTES)
    return {
      list: [
        single('weir ring', 'weir', async () => {
          echo.send(payload)
          await echo.receive()
        }),
        single('Piscina task', 'peer', async () => void (await pool.run(payload))),
        bursts('weir ring, in bursts', async () => {
          for (let i = 0; i < BURST; i++) echo.send(payload)
          for (let i = 0; i < BURST; i++) await echo.receive()
        }),
        bursts('Piscina task, in bursts', async () => {
          await Promise.all(Array.from({ length: BURST }, () => pool.run(payload)))
        }),
      ],
      notes: ['Ratios are to the single ring hop.'],
      async close() {
        await echo.close()
        await pool.destroy()
      },
    }
  },
}

function single(name: string, role: Contender['role'], hop: () => Promise<void>): Contender {
  return {
    name,
    role,
    async round(samples) {
      for (let i = 0; i < HOPS_PER_ROUND; i++) {
        const before = nowMicros()
        await hop()
        samples.push(nowMicros() - before)
      }
    },
  }
}

function bursts(name: string, burst: () => Promise<void>): Contender {
  return {
    name,
    role: 'peer',
    async round(samples) {
      for (let i = 0; i < HOPS_PER_ROUND / BURST; i++) {
        const before = nowMicros()
        await burst()
        samples.push((nowMicros() - before) / BURST)
      }
    },
  }
}

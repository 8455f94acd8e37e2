/** Rings against a plain queue, in one thread over every wrap, and between two threads with waiting on both sides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel, Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { awaitRoom, Bell, wakeConsumer, wakeProducer } from './bell.js'
import { createRingMemory, Ring, SLOT_BYTES } from './ring.js'

const anyStep = fc.oneof(
  fc.record({
    write: fc.uint8Array({ maxLength: 300 }),
    kind: fc.nat(),
    first: fc.integer(),
    second: fc.integer(),
  }),
  fc.constant('read' as const),
)

test('behaves as a bounded queue, for any frames and over the wrap of slots and counters', () => {
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 200 }),
      fc.constantFrom(0, 1, 7, 2 ** 31 - 3, 2 ** 32 - 3),
      (steps, start) => {
        const ring = new Ring(createRingMemory(8))
        // Counters that begin anywhere, so that their own wrap is met.
        Atomics.store(ring.control, 0, start | 0)
        Atomics.store(ring.control, 16, start | 0)
        const queue: { kind: number; first: number; second: number; payload: Buffer }[] = []
        let used = 0
        for (const step of steps) {
          if (step === 'read') {
            const expected = queue.shift()
            assert.deepEqual(ring.tryRead(), expected)
            if (expected !== undefined) used -= Ring.slotsOf(expected.payload.length)
          } else {
            const { kind, first, second } = step
            const payload = Buffer.from(step.write)
            const fits = used + Ring.slotsOf(payload.length) <= 8
            assert.equal(ring.tryWrite(kind, first, second, payload), fits)
            if (!fits) continue
            queue.push({ kind, first, second, payload })
            used += Ring.slotsOf(payload.length)
          }
          assert.equal(ring.used, used)
        }
      },
    ),
    { seed: 11, numRuns: 2000 },
  )
})

test('a frame of exactly the ring, and none larger', () => {
  const ring = new Ring(createRingMemory(4))
  const payload = Buffer.alloc(ring.maxPayloadBytes, 7)
  assert.equal(ring.maxPayloadBytes, 4 * SLOT_BYTES - 16)
  assert.ok(ring.tryWrite(1, 2, 3, payload))
  assert.ok(!ring.tryWrite(1, 2, 3, Buffer.alloc(0)))
  assert.deepEqual(ring.tryRead(), { kind: 1, first: 2, second: 3, payload })
  assert.throws(() => ring.tryWrite(1, 2, 3, Buffer.alloc(payload.length + 1)), /larger than its ring/)
})

test('between threads: every frame once, in order, while both rings are small and both sides wait', async () => {
  const [inbound, outbound] = [createRingMemory(4), createRingMemory(4)]
  const bell = new Bell()
  const { port1, port2 } = new MessageChannel()
  bell.listen(port1)
  const echo = new Worker(new URL('./echo-worker.js', import.meta.url), {
    workerData: { inbound, outbound, bell: bell.memory, port: port2 },
    transferList: [port2],
  })
  const gone = new Promise((resolve) => echo.once('exit', resolve))
  const [to, from] = [new Ring(inbound), new Ring(outbound)]
  const total = 20_000
  let [sent, received] = [0, 0]
  const payloadOf = (index: number) => Buffer.alloc((index * 37) % 200, index)
  while (received < total) {
    let progressed = false
    while (sent < total && to.tryWrite(1, sent, 0, payloadOf(sent))) {
      wakeConsumer(to)
      sent++
      progressed = true
    }
    for (let frame = from.tryRead(); frame !== undefined; frame = from.tryRead()) {
      wakeProducer(from)
      assert.equal(frame.first, received)
      assert.deepEqual(frame.payload, payloadOf(received))
      received++
      progressed = true
    }
    if (progressed) continue
    awaitRoom(to)
    await bell.sleep(() => from.used > 0 || (sent < total && to.free >= 4))
  }
  while (!to.tryWrite(0, 0, 0, Buffer.alloc(0))) assert.fail('the ring must be empty at the end')
  wakeConsumer(to)
  await gone
  port1.close()
})

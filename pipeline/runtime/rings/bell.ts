/**
 * Who waits for a ring, and how it is woken.
 *
 * A worker waits inside `Atomics.wait`. The main thread must not block, so it is woken by a message on a
 * `MessagePort`, posted only while it has said that it is asleep: under load nobody rings (ADR 0021).
 * The order "say that you wait, look again, then wait" on one side and "write, then look whether the other waits"
 * on the other makes a lost wake-up impossible, because both use sequentially consistent atomics.
 * Depends on rings and node:worker_threads.
 */
import type { MessagePort } from 'node:worker_threads'
import { type Frame, type Ring, STARVED_WORD, STUFFED_WORD } from './ring.js'

/** Tells a worker that a frame was written for it. Called by the main thread after `tryWrite`. */
export function wakeConsumer(ring: Ring): void {
  if (Atomics.exchange(ring.control, STARVED_WORD, 0) === 1) Atomics.notify(ring.control, STARVED_WORD)
}

/** Tells a worker that room was made in its ring. Called by the main thread after `tryRead`. */
export function wakeProducer(ring: Ring): void {
  if (Atomics.exchange(ring.control, STUFFED_WORD, 0) === 1) Atomics.notify(ring.control, STUFFED_WORD)
}

/** Reads the next frame in a worker, blocking its thread until there is one. */
export function readBlocking(ring: Ring): Frame {
  for (;;) {
    const frame = ring.tryRead()
    if (frame !== undefined) return frame
    Atomics.store(ring.control, STARVED_WORD, 1)
    if (ring.used > 0) {
      Atomics.store(ring.control, STARVED_WORD, 0)
      continue
    }
    Atomics.wait(ring.control, STARVED_WORD, 1)
  }
}

/**
 * Writes a frame in a worker, blocking its thread until there is room. The main thread is woken before the wait: it may
 * be asleep with a full ring that nobody has told it of.
 */
export function writeBlocking(
  ring: Ring,
  kind: number,
  first: number,
  second: number,
  payload: Uint8Array,
  rope: BellRope,
): void {
  while (!ring.tryWrite(kind, first, second, payload)) {
    Atomics.store(ring.control, STUFFED_WORD, 1)
    if (ring.tryWrite(kind, first, second, payload)) {
      Atomics.store(ring.control, STUFFED_WORD, 0)
      return
    }
    rope.ring()
    Atomics.wait(ring.control, STUFFED_WORD, 1)
  }
}

/** Tells the main thread, if it waits for room in a worker's ring, that the worker has made some. */
export function wakeProducerThread(ring: Ring, rope: BellRope): void {
  if (Atomics.load(ring.control, STUFFED_WORD) === 1 && Atomics.exchange(ring.control, STUFFED_WORD, 0) === 1)
    rope.ring()
}

/** Says that the main thread waits for room; it must look again after this and before it sleeps. */
export function awaitRoom(ring: Ring): void {
  Atomics.store(ring.control, STUFFED_WORD, 1)
}

/** Words by which the main thread says that it is asleep; shared by all its workers. */
export function createBellMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(64)
}

/** The worker's end of the bell of the main thread. */
export class BellRope {
  readonly #asleep: Int32Array
  readonly #port: MessagePort

  constructor(memory: SharedArrayBuffer, port: MessagePort) {
    this.#asleep = new Int32Array(memory)
    this.#port = port
  }

  /** Wakes the main thread if it sleeps; otherwise costs one atomic operation. */
  ring(): void {
    if (Atomics.exchange(this.#asleep, 0, 0) === 1) this.#port.postMessage(0)
  }
}

/**
 * How long the main thread looks out for news, turn by turn of its event loop, before it sleeps. A cycle's result is often back
 * in less, and being woken for it costs both threads more. Longer is worse: the scheduler tends to put the woken worker on
 * the processor that keeps looking.
 */
const LOOK_OUT_MS = 0.05

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The main thread's end: a latch that workers and callbacks of the main thread itself can ring. */
export class Bell {
  readonly memory = createBellMemory()
  readonly #asleep = new Int32Array(this.memory)
  #wake: (() => void) | undefined

  /** Rings from the main thread itself, such as when the journal has become durable further on. */
  readonly ring = (): void => {
    Atomics.store(this.#asleep, 0, 0)
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** Takes rings that come from a worker by `port`. */
  listen(port: MessagePort): void {
    port.on('message', this.ring)
  }

  /** Sleeps until rung, unless `ready()` tells that there is work already or soon. One sleeper at a time. */
  async sleep(ready: () => boolean): Promise<void> {
    const until = performance.now() + LOOK_OUT_MS
    do {
      if (ready()) return
      await nextTurn()
    } while (performance.now() < until)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      Atomics.store(this.#asleep, 0, 1)
      if (ready()) this.ring()
    })
  }
}

/**
 * The stage workers as the main thread sees them: one ring to and one from each, and messages with back-pressure.
 *
 * Nothing here blocks. A message that finds its ring full waits in a queue; `backlogBytes` tells the caller when to
 * pause. Depends on Piscina, the rings and the protocol.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { type ErrorCode, WeirError } from '../../errors.js'
import { awaitRoom, type Bell, wakeConsumer, wakeProducer } from '../rings/bell.js'
import { createRingMemory, Ring } from '../rings/ring.js'
import * as protocol from './protocol.js'
import type { StageWorkerTask } from './stage-worker.js'

export interface StagePoolOptions {
  readonly workers: number
  /** URL of the module that exports `createAgent` and `restoreAgent`. */
  readonly agentModule: string
  readonly optimizer: WebAssembly.Module
  readonly optimizerDigest: Uint8Array
  /** Rung when a worker has sent something or has made room. */
  readonly bell: Bell
  /**
   * Given: a worker that is gone is replaced by an empty one, and this is told which, and the
   * group of which a cycle was being applied (-1: none); an agent that throws is given up alone, and
   * its message BROKEN is handed out. Not given: either is a `failure`, and ends the run.
   */
  readonly onReplaced?: (worker: number, error: WeirError, applying: number) => void
}

/** How long workers may take to leave when asked; afterwards their threads are ended. */
const STOP_DEADLINE_MS = 5_000

interface Waiting {
  readonly kind: number
  readonly group: number
  readonly second: number
  readonly payload: Uint8Array
}

interface Stage {
  readonly inbound: Ring
  readonly outbound: Ring
  readonly port: MessagePort
  readonly assembler: protocol.MessageAssembler
  readonly waiting: Waiting[]
  /** Words of `protocol.ts`. */
  readonly control: Int32Array
  /** Ends the thread. */
  readonly abort: AbortController
  readonly finished: Promise<void>
}

export type MessageHandler = (worker: number, message: protocol.Message) => void

export class StagePool {
  readonly #pool: Piscina
  readonly #stages: Stage[] = []
  readonly #options: StagePoolOptions
  readonly #bell: Bell
  #backlogBytes = 0
  #failure: WeirError | undefined
  #stopping = false

  constructor(options: StagePoolOptions) {
    const { workers, bell } = options
    this.#options = options
    this.#bell = bell
    this.#pool = new Piscina({
      filename: new URL('./stage-worker.js', import.meta.url).href,
      name: 'runStage',
      minThreads: workers,
      maxThreads: workers,
      // The tasks last as long as the run; a worker must never be replaced behind our back.
      idleTimeout: Number.POSITIVE_INFINITY,
      maxQueue: workers,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
    })
    for (let worker = 0; worker < workers; worker++) this.#stages.push(this.#startStage(worker))
  }

  get workers(): number {
    return this.#stages.length
  }

  /** Bytes that wait because a ring is full. */
  get backlogBytes(): number {
    return this.#backlogBytes
  }

  /** Why the workers cannot go on. */
  get failure(): WeirError | undefined {
    return this.#failure
  }

  /** Whether `receive` would find something. */
  get hasMessages(): boolean {
    return this.#failure !== undefined || this.#stages.some((stage) => stage.outbound.used > 0)
  }

  /** Whether something that waits for room could be sent now. */
  get canSend(): boolean {
    return this.#stages.some(
      (stage) =>
        stage.waiting.length > 0 && stage.inbound.free >= Ring.slotsOf(stage.waiting[0].payload.length),
    )
  }

  /** Sends a message; `payload` must not change afterwards. */
  send(worker: number, kind: number, group: number, second: number, payload: Uint8Array): void {
    const { waiting } = this.#stages[worker]
    let start = 0
    for (; payload.length - start > protocol.CHUNK_BYTES; start += protocol.CHUNK_BYTES) {
      const chunk = payload.subarray(start, start + protocol.CHUNK_BYTES)
      waiting.push({ kind: kind | protocol.MORE, group, second, payload: chunk })
    }
    waiting.push({ kind, group, second, payload: payload.subarray(start) })
    this.#backlogBytes += payload.length
    this.#pump(worker)
  }

  /** Handles every message that is there and sends what waited; gives the number of messages. */
  receive(handler: MessageHandler): number {
    let count = 0
    for (const [worker, stage] of this.#stages.entries()) {
      for (let frame = stage.outbound.tryRead(); frame !== undefined; frame = stage.outbound.tryRead()) {
        wakeProducer(stage.outbound)
        const message = stage.assembler.add(frame)
        if (message === undefined) continue
        count++
        if (message.kind === protocol.FAILED) this.#fail(failureFrom(message.payload), worker)
        else handler(worker, message)
      }
      this.#pump(worker)
    }
    return count
  }

  /** The control words of a worker: see `protocol.ts`. */
  controlOf(worker: number): Int32Array {
    return this.#stages[worker].control
  }

  /** Ends a worker that does not answer; another one takes its place. */
  replace(worker: number, error: WeirError): void {
    this.#fail(error, worker)
  }

  /** Asks the workers to leave, waits for them, and ends their threads. Messages that still come are dropped. */
  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    for (const [worker, stage] of this.#stages.entries()) {
      for (const { payload } of stage.waiting.splice(0)) this.#backlogBytes -= payload.length
      stage.assembler.clear()
      this.send(worker, protocol.STOP, 0, 0, new Uint8Array(0))
    }
    const deadline = AbortSignal.timeout(STOP_DEADLINE_MS)
    let left = false
    const finished = Promise.all(this.#stages.map((stage) => stage.finished))
    const done = finished.then(() => {
      left = true
      this.#bell.ring()
    })
    deadline.addEventListener('abort', this.#bell.ring)
    while (!left && !deadline.aborted) {
      this.receive(() => {})
      await this.#bell.sleep(() => left || deadline.aborted || this.hasMessages || this.canSend)
      if (this.#failure !== undefined) break
    }
    deadline.removeEventListener('abort', this.#bell.ring)
    for (const stage of this.#stages) stage.port.close()
    await this.#pool.destroy()
    await done
  }

  #startStage(worker: number): Stage {
    const { agentModule, optimizer, optimizerDigest, bell, onReplaced } = this.#options
    const inbound = createRingMemory(protocol.RING_SLOTS)
    const outbound = createRingMemory(protocol.RING_SLOTS)
    const control = new SharedArrayBuffer(protocol.CONTROL_BYTES)
    const { port1, port2 } = new MessageChannel()
    bell.listen(port1)
    const task: StageWorkerTask = {
      worker,
      inbound,
      outbound,
      bell: bell.memory,
      port: port2,
      agentModule,
      optimizer,
      optimizerDigest,
      control,
      isolate: onReplaced !== undefined,
    }
    const abort = new AbortController()
    const running = this.#pool.run(task, { transferList: [port2], signal: abort.signal })
    return {
      inbound: new Ring(inbound),
      outbound: new Ring(outbound),
      port: port1,
      assembler: new protocol.MessageAssembler(),
      waiting: [],
      control: new Int32Array(control),
      abort,
      finished: this.#watch(worker, running, abort.signal),
    }
  }

  async #watch(worker: number, running: Promise<void>, replaced: AbortSignal): Promise<void> {
    let cause: unknown
    try {
      await running
    } catch (error) {
      cause = error
    }
    if (this.#stopping || replaced.aborted) return
    // Before it leaves on its own a worker says why; the message is read before this one.
    if (cause === undefined && this.#options.onReplaced === undefined) this.receive(() => {})
    this.#fail(lost(worker, cause), worker)
  }

  #pump(worker: number): void {
    const { inbound, waiting } = this.#stages[worker]
    let sent = 0
    while (sent < waiting.length) {
      const { kind, group, second, payload } = waiting[sent]
      if (!inbound.tryWrite(kind, group, second, payload)) {
        awaitRoom(inbound)
        // Room may have been made between the two; what is missed here is seen by `canSend` before the next sleep.
        if (!inbound.tryWrite(kind, group, second, payload)) break
      }
      this.#backlogBytes -= payload.length
      sent++
    }
    if (sent > 0) {
      waiting.splice(0, sent)
      wakeConsumer(inbound)
    }
  }

  #fail(error: WeirError, worker: number): void {
    const { onReplaced } = this.#options
    if (onReplaced === undefined) this.#failure ??= error
    else if (!this.#stopping) {
      const applying = Atomics.load(this.#stages[worker].control, protocol.APPLYING_WORD) - 1
      this.#replace(worker)
      onReplaced(worker, error, applying)
    }
    this.#bell.ring()
  }

  #replace(worker: number): void {
    const { waiting, port, abort } = this.#stages[worker]
    for (const { payload } of waiting) this.#backlogBytes -= payload.length
    port.close()
    abort.abort()
    this.#stages[worker] = this.#startStage(worker)
  }
}

export function failureFrom(payload: Buffer): WeirError {
  const report = JSON.parse(payload.toString('utf8')) as protocol.FailureReport
  const cause = new Error(report.message)
  if (report.stack !== undefined) cause.stack = report.stack
  return new WeirError(report.code as ErrorCode, report.message, {
    cause,
    ...(report.place === undefined ? {} : { place: report.place }),
    ...(report.remedy === undefined ? {} : { remedy: report.remedy }),
  })
}

function lost(worker: number, error: unknown): WeirError {
  const why = error instanceof Error ? error.message : 'it left unasked'
  return new WeirError('WEIR_BUG', `stage worker ${worker} is gone: ${why}`, {
    remedy: 'start the same command again: it goes on from the journal',
    cause: error,
  })
}

/**
 * The agents of an instance in stage workers: the port of the distributed runtime over the pool and its rings.
 *
 * An agent that throws is given up alone. A worker that computes one cycle for longer than it may is told to stop by a word in shared
 * memory; one that does not even stop is ended and replaced, and every agent in it is reported as lost.
 * Depends on the pool and its protocol.
 */
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import type { AgentAnswer, AgentHost } from '../distributed/ports.js'
import * as protocol from './protocol.js'
import { decodeResultMessage } from './result-message.js'
import { failureFrom, StagePool, type StagePoolOptions } from './stage-pool.js'

export interface StageHostOptions extends Omit<StagePoolOptions, 'onReplaced'> {
  /** A cycle may take this long, milliseconds, before its agent is given up; far above any honest cycle. */
  readonly cycleDeadlineMs: number
  /** Then the worker has this long to obey before it is ended, milliseconds. */
  readonly stopGraceMs: number
}

const DIGEST_BYTES = 32
const NOTHING = new Uint8Array(0)

interface Placed {
  readonly worker: number
  readonly partition: number
}

/** What was last seen of a worker at work. */
interface Watch {
  begun: number
  sinceMs: number
  toldToStop: boolean
}

export class StageHost implements AgentHost {
  readonly #pool: StagePool
  readonly #options: StageHostOptions
  readonly #placed = new Map<number, Placed>()
  /** Agents of each worker. */
  readonly #load: number[]
  readonly #watches: Watch[]
  /** By partition, for workers that are replaced. */
  readonly #declarations = new Map<number, SourceDeclaration[]>()
  readonly #answers: AgentAnswer[] = []

  constructor(options: StageHostOptions) {
    this.#options = options
    const { workers } = options
    this.#load = new Array<number>(workers).fill(0)
    this.#watches = Array.from({ length: workers }, () => ({ begun: -1, sinceMs: 0, toldToStop: false }))
    this.#pool = new StagePool({ ...options, onReplaced: (...what) => this.#replaced(...what) })
  }

  /** Whether `poll` would find something, or something could be sent that waits. */
  get hasNews(): boolean {
    return this.#answers.length > 0 || this.#pool.hasMessages || this.#pool.canSend
  }

  get backlogBytes(): number {
    return this.#pool.backlogBytes
  }

  declareSource(partition: number, declaration: SourceDeclaration): void {
    const known = this.#declarations.get(partition) ?? []
    known.push(declaration)
    this.#declarations.set(partition, known)
    const bytes = encodeRecord('source-declaration', declaration)
    for (let worker = 0; worker < this.#pool.workers; worker++)
      this.#pool.send(worker, protocol.DECLARE, partition, 0, bytes)
  }

  adopt(
    slot: number,
    partition: number,
    groupId: string,
    snapshot?: { readonly digest: Uint8Array; readonly state: Uint8Array },
  ): void {
    const worker = this.#load.indexOf(Math.min(...this.#load))
    this.#load[worker]++
    this.#placed.set(slot, { worker, partition })
    if (snapshot === undefined)
      this.#pool.send(worker, protocol.ADOPT, slot, partition, Buffer.from(groupId, 'utf8'))
    else {
      const payload = Buffer.concat([snapshot.digest, snapshot.state])
      this.#pool.send(worker, protocol.RESTORE, slot, partition, payload)
    }
  }

  apply(slot: number, cycle: Buffer): void {
    this.#send(slot, protocol.CYCLE, cycle)
  }

  snapshot(slot: number): void {
    this.#send(slot, protocol.CAPTURE, NOTHING)
  }

  disown(slot: number): void {
    this.#send(slot, protocol.DISOWN, NOTHING)
    this.#forget(slot)
  }

  forgetSources(partition: number): void {
    if (!this.#declarations.delete(partition)) return
    for (let worker = 0; worker < this.#pool.workers; worker++)
      this.#pool.send(worker, protocol.FORGET, partition, 0, NOTHING)
  }

  poll(): readonly AgentAnswer[] {
    this.#watchWorkers()
    this.#pool.receive((_worker, message) => this.#take(message))
    return this.#answers.splice(0)
  }

  stop(): Promise<void> {
    return this.#pool.stop()
  }

  #send(slot: number, kind: number, payload: Uint8Array): void {
    const placed = this.#placed.get(slot)
    // One that is lost was reported; its owner has yet to read it.
    if (placed !== undefined) this.#pool.send(placed.worker, kind, slot, 0, payload)
  }

  #forget(slot: number): void {
    const placed = this.#placed.get(slot)
    if (placed === undefined) return
    this.#load[placed.worker]--
    this.#placed.delete(slot)
  }

  #take(message: protocol.Message): void {
    const { kind, first: slot, second, payload } = message
    if (!this.#placed.has(slot)) return
    if (kind === protocol.RESULT)
      this.#answers.push({ kind: 'result', slot, result: decodeResultMessage(payload) })
    else if (kind === protocol.READY) this.#answers.push({ kind: 'ready', slot, restored: second === 1 })
    else if (kind === protocol.SNAPSHOT) {
      const digest = payload.subarray(0, DIGEST_BYTES)
      this.#answers.push({ kind: 'snapshot', slot, digest, state: payload.subarray(DIGEST_BYTES) })
    } else if (kind === protocol.BROKEN) {
      this.#forget(slot)
      this.#answers.push({ kind: 'lost', slot, blamed: true, error: failureFrom(payload) })
    }
  }

  /** The pool has put an empty worker in place of one that is gone. */
  #replaced(worker: number, error: WeirError, culprit: number): void {
    this.#watches[worker] = { begun: -1, sinceMs: 0, toldToStop: false }
    for (const [partition, declarations] of this.#declarations)
      for (const declaration of declarations)
        this.#pool.send(
          worker,
          protocol.DECLARE,
          partition,
          0,
          encodeRecord('source-declaration', declaration),
        )
    for (const [slot, placed] of [...this.#placed]) {
      if (placed.worker !== worker) continue
      this.#forget(slot)
      const retried = new WeirError(error.code, error.message, { retry: 'now', cause: error })
      this.#answers.push({ kind: 'lost', slot, blamed: slot === culprit, error: retried })
    }
  }

  #watchWorkers(): void {
    const now = performance.now()
    for (const [worker, watch] of this.#watches.entries()) {
      const control = this.#pool.controlOf(worker)
      const applying = Atomics.load(control, protocol.APPLYING_WORD)
      const begun = Atomics.load(control, protocol.BEGUN_WORD)
      if (applying === 0 || begun !== watch.begun) {
        this.#watches[worker] = { begun, sinceMs: now, toldToStop: false }
        continue
      }
      const { cycleDeadlineMs, stopGraceMs } = this.#options
      if (!watch.toldToStop && now - watch.sinceMs > cycleDeadlineMs) {
        watch.toldToStop = true
        Atomics.store(control, protocol.STOP_WORD, 1)
      } else if (watch.toldToStop && now - watch.sinceMs > cycleDeadlineMs + stopGraceMs) {
        this.#pool.replace(
          worker,
          new WeirError('WEIR_SOLVER', `stage worker ${worker} did not stop when told to`),
        )
      }
    }
  }
}

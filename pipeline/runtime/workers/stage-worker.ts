/**
 * The stage worker: a Piscina task that lives as long as the run and owns whole groups.
 *
 * It reads messages from its ring, runs the pure agents and writes their results to the other ring. Its thread blocks
 * while there is nothing to do; timers and sockets do not work in here, and nothing here needs them.
 * Depends on the agent module given by path, the rings and the schemas.
 */
import type { MessagePort } from 'node:worker_threads'
import { decodeRecord, encodeRecord } from '../../../schemas/avro/registry.js'
import type { CycleResult, SourceDeclaration } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import type { Agent, AgentEnvironment } from '../../ports.js'
import { CycleUnpacker } from '../cycles/cycle-codec.js'
import { ResultEncoder } from '../cycles/result-codec.js'
import { BellRope, readBlocking, wakeProducerThread, writeBlocking } from '../rings/bell.js'
import { Ring } from '../rings/ring.js'
import { measuredOffset } from './measured.js'
import * as protocol from './protocol.js'
import { encodeResultMessage } from './result-message.js'

export interface StageWorkerTask {
  readonly worker: number
  readonly inbound: SharedArrayBuffer
  readonly outbound: SharedArrayBuffer
  readonly bell: SharedArrayBuffer
  readonly port: MessagePort
  /** URL of the module that exports `createAgent` and `restoreAgent`. */
  readonly agentModule: string
  readonly optimizer: WebAssembly.Module
  readonly optimizerDigest: Uint8Array
  /** Words of `protocol.ts`. */
  readonly control: SharedArrayBuffer
  /** An agent that throws is given up alone, and the worker goes on; otherwise the worker ends with it. */
  readonly isolate: boolean
}

interface AgentModule {
  createAgent(groupId: string, environment: AgentEnvironment): Agent
  restoreAgent(snapshot: Uint8Array, environment: AgentEnvironment): Agent
  /** Makes the first cycle as fast as later ones; a module may do without. */
  warmUp?(optimizer: WebAssembly.Module, nowMs: () => number): void
}

const DIGEST_BYTES = 32

/** Runs until it is told to stop or an agent throws, which it reports before it ends. */
export async function runStage(task: StageWorkerTask): Promise<void> {
  const rope = new BellRope(task.bell, task.port)
  const outbound = new Ring(task.outbound)
  const send = (kind: number, group: number, second: number, payload: Uint8Array): void => {
    let start = 0
    for (; payload.length - start > protocol.CHUNK_BYTES; start += protocol.CHUNK_BYTES) {
      const chunk = payload.subarray(start, start + protocol.CHUNK_BYTES)
      // The main thread may sleep on an empty ring while this one waits for room in it: ring first.
      writeBlocking(outbound, kind | protocol.MORE, group, second, chunk, rope)
    }
    writeBlocking(outbound, kind, group, second, payload.subarray(start), rope)
    rope.ring()
  }
  let current = -1
  try {
    const module = (await import(task.agentModule)) as AgentModule
    module.warmUp?.(task.optimizer, () => performance.now())
    const stage = new Stage(task, module, send)
    const inbound = new Ring(task.inbound)
    const assembler = new protocol.MessageAssembler()
    for (;;) {
      const frame = readBlocking(inbound)
      wakeProducerThread(inbound, rope)
      const message = assembler.add(frame)
      if (message === undefined) continue
      if (message.kind === protocol.STOP) break
      current = message.first
      stage.handle(message)
    }
  } catch (error) {
    send(protocol.FAILED, current, 0, Buffer.from(JSON.stringify(failureOf(error))))
  } finally {
    task.port.close()
  }
}

type Send = (kind: number, group: number, second: number, payload: Uint8Array) => void

class Stage {
  readonly #task: StageWorkerTask
  readonly #module: AgentModule
  readonly #send: Send
  readonly #environment: AgentEnvironment
  readonly #agents = new Map<number, Agent>()
  /** By journal. */
  readonly #declarations = new Map<number, SourceDeclaration[]>()
  readonly #journalOf = new Map<number, number>()
  readonly #control: Int32Array
  readonly #unpacker = new CycleUnpacker()
  readonly #encoder = new ResultEncoder()

  constructor(task: StageWorkerTask, module: AgentModule, send: Send) {
    this.#task = task
    this.#control = new Int32Array(task.control)
    this.#module = module
    this.#send = send
    this.#environment = {
      optimizer: task.optimizer,
      optimizerDigest: task.optimizerDigest,
      nowMicros: () => performance.now() * 1000,
      stopWord: this.#control.subarray(protocol.STOP_WORD, protocol.STOP_WORD + 1),
    }
  }

  handle(message: protocol.Message): void {
    const { kind, first: group, second, payload } = message
    if (kind === protocol.CYCLE) this.#apply(group, payload, second === 1)
    else if (kind === protocol.DECLARE) this.#declare(group, payload)
    else if (kind === protocol.ADOPT) this.#adopt(group, second, payload.toString('utf8'))
    else if (kind === protocol.RESTORE) this.#restore(group, second, payload)
    else if (kind === protocol.CAPTURE) this.#capture(group)
    else if (kind === protocol.DISOWN) this.#disown(group)
    else if (kind === protocol.FORGET) this.#declarations.delete(group)
    else if (kind === protocol.OUTSTANDING) this.#listOutstanding(group)
    else if (kind === protocol.FINISH) this.#finish(group)
    else throw new WeirError('WEIR_BUG', `a worker was sent a message of unknown kind ${kind}`)
  }

  #declare(journal: number, payload: Buffer): void {
    const declaration = decodeRecord('source-declaration', payload)
    const declarations = this.#declarations.get(journal) ?? []
    declarations.push(declaration)
    this.#declarations.set(journal, declarations)
    for (const [group, agent] of this.#agents)
      if (this.#journalOf.get(group) === journal) agent.declareSource(declaration)
  }

  #adopt(group: number, journal: number, groupId: string): void {
    this.#take(group, journal, this.#module.createAgent(groupId, this.#environment))
    this.#send(protocol.READY, group, 1, Buffer.alloc(0))
  }

  /** A snapshot that this version cannot restore is refused, not fatal: an older one or the journal serves. */
  #restore(group: number, journal: number, payload: Buffer): void {
    const digest = payload.subarray(0, DIGEST_BYTES)
    let agent: Agent | undefined
    try {
      agent = this.#module.restoreAgent(payload.subarray(DIGEST_BYTES), this.#environment)
      if (!digest.equals(agent.stateDigest())) agent = undefined
    } catch {
      agent = undefined
    }
    if (agent !== undefined) this.#take(group, journal, agent)
    this.#send(protocol.READY, group, agent === undefined ? 0 : 1, Buffer.alloc(0))
  }

  #take(group: number, journal: number, agent: Agent): void {
    for (const declaration of this.#declarations.get(journal) ?? []) agent.declareSource(declaration)
    this.#agents.set(group, agent)
    this.#journalOf.set(group, journal)
  }

  #disown(group: number): void {
    this.#agents.delete(group)
    this.#journalOf.delete(group)
  }

  /** An agent that is gone was reported, and whoever asks has yet to read it. */
  #capture(group: number): void {
    const agent = this.#agents.get(group)
    if (agent !== undefined) this.#send(protocol.SNAPSHOT, group, 0, snapshotPayload(agent))
    else if (!this.#task.isolate) this.#agentOf(group)
  }

  #apply(group: number, bytes: Buffer, snapshot: boolean): void {
    // One that was given up was reported; cycles that were on their way to it come to nothing.
    if (this.#task.isolate && !this.#agents.has(group)) return
    const agent = this.#agentOf(group)
    const cycle = this.#unpacker.unpack(bytes)
    this.#control[protocol.BEGUN_WORD]++
    Atomics.store(this.#control, protocol.APPLYING_WORD, group + 1)
    try {
      const begun = performance.now()
      const applied = agent.apply(cycle)
      if (Atomics.exchange(this.#control, protocol.STOP_WORD, 0) !== 0) throw wedged()
      const applyMicros = (performance.now() - begun) * 1000
      const { solveMicros, release, query } = applied
      const measured = { applyMicros, solveMicros, worker: this.#task.worker }
      const result = this.#encoder.encode({ ...applied.result, measured })
      const message = encodeResultMessage({
        cycle: cycle.cycle,
        outstanding: agent.outstanding().length,
        applyMicros,
        solveMicros,
        deadLetters: applied.result.deadLetters.length,
        records: countRecords(applied.result),
        result,
        pureBytes: measuredOffset(result, this.#task.worker),
        release,
        query,
      })
      this.#send(protocol.RESULT, group, 0, message)
      if (snapshot) this.#send(protocol.SNAPSHOT, group, 0, snapshotPayload(agent))
    } catch (error) {
      const failure = located(error, cycle.groupId, cycle.cycle)
      if (!this.#task.isolate) throw failure
      Atomics.store(this.#control, protocol.STOP_WORD, 0)
      this.#disown(group)
      this.#send(protocol.BROKEN, group, 0, Buffer.from(JSON.stringify(failureOf(failure))))
    } finally {
      Atomics.store(this.#control, protocol.APPLYING_WORD, 0)
    }
  }

  #finish(group: number): void {
    const agent = this.#agentOf(group)
    const report: protocol.GroupReport = {
      summary: agent.summary(),
      stateDigest: Buffer.from(agent.stateDigest()).toString('hex'),
      decisionDigest: Buffer.from(agent.decisionDigest()).toString('hex'),
    }
    this.#send(protocol.SUMMARY, group, 0, Buffer.from(JSON.stringify(report)))
  }

  #listOutstanding(group: number): void {
    const records = this.#agentOf(group)
      .outstanding()
      .map((instruction) => encodeRecord('instruction', instruction))
    this.#send(protocol.OUTSTANDING, group, 0, Buffer.concat(records))
  }

  #agentOf(group: number): Agent {
    const agent = this.#agents.get(group)
    if (agent === undefined) throw new WeirError('WEIR_BUG', 'a worker was sent a group that it does not own')
    return agent
  }
}

/** Records of the result that have a stream of their own. */
function countRecords(result: CycleResult): number {
  const { decisions, explanations, instructionEvents, reservations, alerts, deadLetters } = result
  return (
    decisions.length +
    explanations.length +
    instructionEvents.length +
    reservations.length +
    alerts.length +
    deadLetters.length
  )
}

function snapshotPayload(agent: Agent): Buffer {
  return Buffer.concat([agent.stateDigest(), agent.snapshot()])
}

/** What an agent computed after it was told to stop is not a function of its inputs any more. */
function wedged(): WeirError {
  return new WeirError('WEIR_SOLVER', 'the cycle took longer than it may, and was given up')
}

/** An agent has no business throwing: whatever it throws is a bug, named by group and cycle. */
function located(error: unknown, groupId: string, cycle: number): WeirError {
  if (error instanceof WeirError && error.code === 'WEIR_SOLVER')
    return new WeirError(error.code, error.message, { place: `group ${groupId}, cycle ${cycle}` })
  const message = error instanceof Error ? error.message : String(error)
  return new WeirError('WEIR_BUG', `the agent failed: ${message}`, {
    place: `group ${groupId}, cycle ${cycle}`,
    remedy:
      'nothing that was accepted is lost: report this with the journal; a corrected version goes on from there',
    cause: error,
  })
}

function failureOf(error: unknown): protocol.FailureReport {
  const inner = error instanceof WeirError && error.cause instanceof Error ? error.cause : error
  const stack = inner instanceof Error ? inner.stack : undefined
  const failure =
    error instanceof WeirError
      ? { code: error.code, message: error.message, place: error.place, remedy: error.remedy }
      : { code: 'WEIR_BUG' as const, message: error instanceof Error ? error.message : String(error) }
  return JSON.parse(JSON.stringify({ ...failure, stack })) as protocol.FailureReport
}

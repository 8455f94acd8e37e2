/**
 * The bank as a process: it reads the committed instructions, carries each out at most once, and reports to the topic of executions.
 *
 * It may crash at any time; what it has taken is in its ledger, what it reads again it knows, and what it may not have
 * reported it reports again under the same id. Some instructions it carries out in silence and tells of only when it is asked, and not
 * every question gets an answer. Depends on cluster and network.
 */
import { createHash } from 'node:crypto'
import { decodeRecord, encodeRecord } from '../../../schemas/avro/registry.js'
import type { Execution, Instruction } from '../../../schemas/generated/types.js'
import { Random } from '../../random.js'
import { Fetcher, type World } from '../clients/fetcher.js'
import { framed } from '../clients/schema-lookup.js'
import { Process } from '../process.js'
import { Producer } from '../producer.js'
import { MILLISECOND, SECOND } from '../scheduler.js'
import { type FateStep, fateOf } from './fate.js'
import { type BookedInstruction, Ledger } from './ledger.js'

export interface BankOptions {
  readonly topics: {
    readonly instruction: string
    readonly query: string
    readonly execution: string
  }
  readonly partitions: number
  readonly startMicros: number
  /** Share of questions that get no answer. */
  readonly deaf: number
}

/** Records read again after a crash, at most. */
const REDELIVERED_MOST = 5
const ANSWER_MICROS = { least: 50 * MILLISECOND, most: 3 * SECOND }

export class Bank {
  readonly ledger = new Ledger()
  readonly #random: Random
  #process: Process
  #producer!: Producer
  #fetchers: Fetcher[] = []
  #lives = 0
  #questions = 0

  constructor(
    private readonly world: World,
    private readonly options: BankOptions,
  ) {
    this.#random = new Random('bank', world.seed)
    this.#process = new Process('bank-0', world.cluster.scheduler)
    this.#start()
  }

  get up(): boolean {
    return this.#process.alive
  }

  crash(downMicros: number): void {
    if (!this.up) return
    this.#process.kill()
    this.world.cluster.scheduler.after(downMicros, 'bank restarts', () => {
      this.#lives++
      this.#process = new Process(`bank-${this.#lives}`, this.world.cluster.scheduler)
      this.#start()
    })
  }

  /** Whether everything that was taken is done and told, as far as it is told unasked. */
  get idle(): boolean {
    for (const { fate, carriedOut, reported } of this.ledger.entries.values()) {
      if (carriedOut < fate.steps.length) return false
      if (!fate.silent && reported < fate.steps.length) return false
    }
    return this.#fetchers.every((fetcher) => fetcher.lag() === 0)
  }

  #start(): void {
    this.#producer = new Producer(this.world, this.#process)
    const { topics, partitions } = this.options
    this.#fetchers = []
    for (let partition = 0; partition < partitions; partition++) {
      const from = new Map(
        [topics.instruction, topics.query].map((topic) => [topic, this.#restartOffset(topic, partition)]),
      )
      const bell = (): void => this.#read(fetcher, partition)
      const fetcher: Fetcher = new Fetcher(this.world, this.#process, partition, from, bell)
      this.#fetchers.push(fetcher)
    }
    for (const [id, entry] of this.ledger.entries) {
      // What may not have been told by the life before is told again.
      for (let index = entry.reported; index < entry.carriedOut; index++) this.#report(entry, index)
      this.#goOn(id, entry)
    }
  }

  #restartOffset(topic: string, partition: number): number {
    const offset = this.ledger.offsets.get(`${topic}/${partition}`) ?? 0
    return Math.max(0, offset - this.#random.integer(0, REDELIVERED_MOST))
  }

  #read(fetcher: Fetcher, partition: number): void {
    for (const { topic, offset, value } of fetcher.poll(64)) {
      const key = `${topic}/${partition}`
      this.ledger.offsets.set(key, Math.max(offset + 1, this.ledger.offsets.get(key) ?? 0))
      const instruction = decodeRecord('instruction', Buffer.from(value!).subarray(5))
      if (topic === this.options.topics.instruction) this.#take(instruction)
      else this.#asked(instruction)
    }
  }

  #take(instruction: Instruction): void {
    const id = hex(instruction.instructionId)
    const { nowMicros } = this.world.cluster.scheduler
    const entry = this.ledger.take(id, instruction, fateOf(this.world.seed, instruction), nowMicros)
    if (entry !== undefined) this.#goOn(id, entry)
  }

  /** Carries out the next step at its time. */
  #goOn(id: string, entry: BookedInstruction): void {
    const next = entry.fate.steps[entry.carriedOut]
    if (next === undefined) return
    const delay = entry.takenMicros + next.afterMicros - this.world.cluster.scheduler.nowMicros
    this.#process.after(delay, `bank ${next.status}`, () => {
      const { nowMicros } = this.world.cluster.scheduler
      if (next.status === 'SETTLED') this.ledger.settle(id, nowMicros)
      if (next.status === 'REJECTED') this.ledger.reject(id, nowMicros)
      this.#report(entry, entry.carriedOut++)
      this.#goOn(id, entry)
    })
  }

  #report(entry: BookedInstruction, index: number): void {
    if (entry.fate.silent) return
    const lag = this.#random.chance(0.2) ? this.#random.integer(0, 5 * SECOND) : 0
    this.#process.after(lag, 'bank reports', () =>
      this.#tell(entry, entry.fate.steps[index], `step ${index}`, () => {
        entry.reported = Math.max(entry.reported, index + 1)
      }),
    )
    // Some reports are sent twice, by a bank that is not sure.
    if (this.#random.chance(0.1)) this.#tell(entry, entry.fate.steps[index], `step ${index}`, () => undefined)
  }

  #asked(instruction: Instruction): void {
    if (this.#random.chance(this.options.deaf)) return
    const { least, most } = ANSWER_MICROS
    this.#process.after(this.#random.integer(least, most), 'bank answers', () => {
      const entry = this.ledger.entries.get(hex(instruction.instructionId))
      // Not known yet: the question has overtaken the instruction. It will be asked again.
      if (entry === undefined) return
      const final = entry.fate.steps.length - 1
      if (entry.carriedOut > final)
        this.#tell(entry, entry.fate.steps[final], `step ${final}`, () => undefined)
      else {
        const pending: FateStep = { status: 'PENDING', afterMicros: 0, reasonCode: '' }
        this.#tell(entry, pending, `asked ${this.#questions++}`, () => undefined)
      }
    })
  }

  #tell(entry: BookedInstruction, step: FateStep, ordinal: string, acknowledged: () => void): void {
    const { instruction, fate } = entry
    const settled = step.status === 'SETTLED'
    const execution: Execution = {
      executionId: executionId(instruction.instructionId, ordinal),
      groupId: instruction.groupId,
      sourceId: `venue:${instruction.venueId}`,
      sourceSequence: -1,
      eventTime: this.options.startMicros + this.world.cluster.scheduler.nowMicros,
      instructionId: instruction.instructionId,
      status: step.status,
      reasonCode: step.reasonCode,
      settledMinor: settled ? fate.settledMinor : 0,
      counterSettledMinor: settled ? fate.counterSettledMinor : 0,
    }
    const value = framed('execution', encodeRecord('execution', execution))
    this.#producer.send(this.options.topics.execution, instruction.groupId, value, acknowledged)
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** UUIDv8 from instruction and ordinal: the same report has the same id. */
function executionId(instructionId: Uint8Array, ordinal: string): Uint8Array {
  const id = createHash('sha256').update(instructionId).update(ordinal).digest().subarray(0, 16)
  id[6] = (id[6] & 0x0f) | 0x80
  id[8] = (id[8] & 0x3f) | 0x80
  return id
}

/**
 * A small deterministic agent for tests of the runtime: it keeps a digest of all it has seen, instructs every third cycle with a
 * file input, and follows its instructions to their end by the venue's reports.
 *
 * It refuses to work when a promise of the runtime is broken (cycles in order, sources declared, arrivals
 * inside the cycle), so that every test with it is a test of those too. `WEIR_TEST_AGENT=throw:GROUP:CYCLE` makes it throw
 * there, `salt:GROUP:CYCLE` makes its digests differ from there on.
 */
import { createHash } from 'node:crypto'
import { decodeRecord } from '../../../schemas/avro/registry.js'
import type { Cycle, CycleResult, Instruction, SourceDeclaration } from '../../../schemas/generated/types.js'
import { invariant } from '../../errors.js'
import {
  type Agent,
  type AgentEnvironment,
  type AppliedCycle,
  type GroupSummary,
  UNROUTED_GROUP,
} from '../../ports.js'

interface OpenInstruction {
  readonly id: string
  readonly cycle: number
  readonly createdAt: number
  asked: boolean
}

interface State {
  groupId: string
  nextCycle: number
  closedAt: number
  digest: string
  inputs: number
  executions: number
  open: OpenInstruction[]
  settled: number
}

const ANSWER_WITHIN_MICROS = 60_000_000
const fault = /^(throw|salt):(.+):(\d+)$/.exec(process.env.WEIR_TEST_AGENT ?? '')

export function createAgent(groupId: string, _environment: AgentEnvironment): Agent {
  const digest = createHash('sha256').update(groupId).digest('hex')
  return new StandInAgent({
    groupId,
    nextCycle: 0,
    closedAt: -1,
    digest,
    inputs: 0,
    executions: 0,
    open: [],
    settled: 0,
  })
}

export function restoreAgent(snapshot: Uint8Array, _environment: AgentEnvironment): Agent {
  return new StandInAgent(JSON.parse(Buffer.from(snapshot).toString('utf8')) as State)
}

class StandInAgent implements Agent {
  readonly #state: State
  readonly #sources: SourceDeclaration[] = []

  constructor(state: State) {
    this.#state = state
  }

  get groupId(): string {
    return this.#state.groupId
  }

  get nextCycle(): number {
    return this.#state.nextCycle
  }

  get closedAt(): number {
    return this.#state.closedAt
  }

  declareSource(declaration: SourceDeclaration): void {
    invariant(declaration.source === this.#sources.length, 'sources are declared in order, once')
    this.#sources.push(declaration)
  }

  apply(cycle: Cycle): AppliedCycle {
    const state = this.#state
    invariant(cycle.groupId === state.groupId && cycle.cycle === state.nextCycle, 'cycles come in order')
    invariant(cycle.closedAt > state.closedAt, 'closing times rise')
    const faulty = fault !== null && fault[2] === state.groupId && Number(fault[3]) === cycle.cycle
    if (faulty && fault[1] === 'throw') throw new Error('as told')
    if (faulty) state.digest = state.digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    const fromFiles = this.#take(cycle)
    const release =
      fromFiles > 0 && cycle.cycle % 3 === 0 && state.groupId !== UNROUTED_GROUP
        ? [this.#instruct(cycle)]
        : []
    const query = this.#askAboutSilent(cycle)
    state.nextCycle++
    state.closedAt = cycle.closedAt
    return { result: this.#resultOf(cycle, release), release, query, solveMicros: release.length }
  }

  outstanding(): readonly Instruction[] {
    return this.#state.open.map(({ id, cycle, createdAt }) => this.#record(id, cycle, createdAt))
  }

  snapshot(): Uint8Array {
    return Buffer.from(JSON.stringify(this.#state), 'utf8')
  }

  stateDigest(): Uint8Array {
    return createHash('sha256').update(this.snapshot()).digest()
  }

  decisionDigest(): Uint8Array {
    return Buffer.from(this.#state.digest, 'hex')
  }

  summary(): GroupSummary {
    const { groupId, nextCycle, inputs, open, settled } = this.#state
    return {
      groupId,
      baseCurrency: 'EUR',
      cycles: nextCycle,
      inputs,
      currencies: [],
      decisions: { acted: open.length + settled, nothingToDo: 0, refused: 0 },
      instructions: { SENT: open.length, SETTLED: settled },
      counters: {},
      cost: { managed: 0, unmanaged: 0 },
    }
  }

  /** Folds the inputs into the digest; gives the number of those that come from files. */
  #take(cycle: Cycle): number {
    const state = this.#state
    const hash = createHash('sha256').update(state.digest).update(`${cycle.cycle}@${cycle.closedAt}`)
    let [fromFiles, previous] = [0, state.closedAt]
    for (const { source, position, arrivedAt, payload } of cycle.inputs) {
      invariant(
        arrivedAt >= previous && arrivedAt < cycle.closedAt,
        'inputs arrive in order, inside their cycle',
      )
      previous = arrivedAt
      const declared = this.#sources[source]
      invariant(declared !== undefined, 'sources are declared before their inputs')
      hash.update(`${source}/${position}@${arrivedAt}:`).update(payload)
      if (declared.stream === 'execution') this.#settle(payload)
      else fromFiles++
    }
    state.inputs += cycle.inputs.length
    state.digest = hash.digest('hex')
    return fromFiles
  }

  #settle(payload: Uint8Array): void {
    const { instructionId, status } = decodeRecord('execution', payload)
    this.#state.executions++
    if (status !== 'SETTLED' && status !== 'REJECTED') return
    const id = Buffer.from(instructionId).toString('hex')
    const before = this.#state.open.length
    this.#state.open = this.#state.open.filter((one) => one.id !== id)
    this.#state.settled += before - this.#state.open.length
  }

  #instruct(cycle: Cycle): Instruction {
    const hash = createHash('sha256').update(`${cycle.groupId}/${cycle.cycle}`)
    const id = hash.digest('hex').slice(0, 32)
    this.#state.open.push({ id, cycle: cycle.cycle, createdAt: cycle.closedAt, asked: false })
    return this.#record(id, cycle.cycle, cycle.closedAt)
  }

  #askAboutSilent(cycle: Cycle): Instruction[] {
    const silent = this.#state.open.filter(
      (one) => !one.asked && one.createdAt + ANSWER_WITHIN_MICROS <= cycle.closedAt,
    )
    for (const one of silent) one.asked = true
    return silent.map(({ id, cycle: created, createdAt }) => this.#record(id, created, createdAt))
  }

  #record(id: string, cycle: number, createdAt: number): Instruction {
    return {
      instructionId: Buffer.from(id, 'hex'),
      decisionId: Buffer.alloc(16),
      groupId: this.#state.groupId,
      cycle,
      leg: 0,
      kind: 'TRANSFER',
      channelId: 'rail',
      venueId: 'bank',
      sourceAccountId: 'A',
      destinationAccountId: 'B',
      currency: 'EUR',
      amountMinor: 100 + (cycle % 1000),
      counterCurrency: 'EUR',
      counterAmountMinor: 100,
      createdAt,
      expiresAt: createdAt + ANSWER_WITHIN_MICROS,
      dependsOn: -1,
      assetId: '',
      assetParts: 0,
    }
  }

  #resultOf(cycle: Cycle, instructions: readonly Instruction[]): CycleResult {
    return {
      groupId: cycle.groupId,
      cycle: cycle.cycle,
      closedAt: cycle.closedAt,
      dispositions: new Uint8Array(cycle.inputs.length),
      touched: cycle.inputs.map(() => ''),
      gaps: 0,
      decisions: [],
      explanations: [],
      instructions: [...instructions],
      instructionEvents: [],
      reservations: [],
      alerts: [],
      deadLetters: [],
      decisionDigest: Buffer.from(this.#state.digest, 'hex'),
      measured: { applyMicros: 0, solveMicros: 0, worker: 0 },
    }
  }
}

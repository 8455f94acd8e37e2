/**
 * One group lived through again under a policy: the inputs as they were, the policy exchanged, and a world that answers what it is sent.
 *
 * An instruction that is the same to the byte as one that was sent then gets the answers of then. Any other is answered by the
 * simulated bank, and reports on instructions that this policy did not send are left out. So the world is assumed not to react to the policy: the
 * payments of others come as they came. Depends on the agent and the simulated bank.
 */
import { sha256, toHex } from '../../pipeline/identity.js'
import type { Agent, AppliedCycle } from '../../pipeline/ports.js'
import { encodeRecord } from '../../schemas/avro/registry.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type {
  Cycle,
  CycleInput,
  Execution,
  Instruction,
  Policy,
  SourceDeclaration,
} from '../../schemas/generated/types.js'
import { recordReader } from '../../sinks/journal/record-reader.js'
import { SimulatedBank } from '../bank/simulated-bank.js'

/** The policy that takes the place of the one in force. */
export type Candidate = Pick<Policy, 'policyId' | 'version' | 'document'>

export class ReplayedGroup {
  readonly #agent: Agent
  readonly #bankSeed: string | number
  readonly #candidate: Candidate | undefined
  readonly #policyReaders = new Map<number, (payload: Uint8Array) => Policy | undefined>()
  readonly #executionReaders = new Map<number, (payload: Uint8Array) => Execution | undefined>()
  readonly #banks = new Map<string, SimulatedBank>()
  /** Instructions that left, by id, as Avro bytes. */
  readonly #sent = new Map<string, Uint8Array>()
  /** Reports of the simulated bank that are to come, by event time. */
  #reports: Execution[] = []
  readonly #ownSource: { readonly policy: number; readonly execution: number }
  #ownPosition = 0

  /** @param candidate undefined for the days as they were */
  constructor(
    agent: Agent,
    declarations: readonly SourceDeclaration[],
    bankSeed: string | number,
    candidate?: Candidate,
  ) {
    this.#agent = agent
    this.#bankSeed = bankSeed
    this.#candidate = candidate
    for (const declaration of declarations) {
      const { source, stream, writerSchema } = declaration
      agent.declareSource(declaration)
      if (stream === 'policy') this.#policyReaders.set(source, recordReader('policy', writerSchema))
      if (stream === 'execution') this.#executionReaders.set(source, recordReader('execution', writerSchema))
    }
    const next = 1 + Math.max(-1, ...declarations.map(({ source }) => source))
    this.#ownSource = { policy: next, execution: next + 1 }
    agent.declareSource(ownDeclaration('policy', next))
    agent.declareSource(ownDeclaration('execution', next + 1))
  }

  /** Avro bytes of an instruction that left; undefined for an id that did not. */
  sent(instructionId: string): Uint8Array | undefined {
    return this.#sent.get(instructionId)
  }

  /** @param former the same group under the policy of then, one cycle ahead or at the same; undefined when this is that one */
  apply(cycle: Cycle, former?: ReplayedGroup): AppliedCycle {
    const inputs = former === undefined ? cycle.inputs : this.#inputsOf(cycle, former)
    const applied = this.#agent.apply({ ...cycle, inputs })
    for (const instruction of applied.release)
      this.#sent.set(toHex(instruction.instructionId), encodeRecord('instruction', instruction))
    if (former !== undefined) this.#ask(cycle.closedAt, applied, former)
    return applied
  }

  #inputsOf(cycle: Cycle, former: ReplayedGroup): CycleInput[] {
    const inputs: CycleInput[] = []
    for (const input of cycle.inputs) {
      if (this.#policyReaders.has(input.source)) inputs.push(this.#exchanged(input))
      else if (this.#isOwn(input, former)) inputs.push(input)
    }
    while (this.#reports[0] !== undefined && this.#reports[0].eventTime <= cycle.closedAt) {
      const report = this.#reports.shift()!
      inputs.push(
        this.#ownInput(this.#ownSource.execution, report.eventTime, encodeRecord('execution', report)),
      )
    }
    return inputs
  }

  /** Every policy record becomes the candidate's, so that nothing else is ever in force; its feed and numbers stay, or one would be missed. */
  #exchanged(input: CycleInput): CycleInput {
    const record = this.#policyReaders.get(input.source)?.(input.payload)
    if (record === undefined || this.#candidate === undefined) return input
    const { policyId, version, document } = this.#candidate
    const payload = encodeRecord('policy', { ...record, policyId, version, document })
    return this.#ownInput(this.#ownSource.policy, input.arrivedAt, payload)
  }

  /** Whether a report is about an instruction that this policy sent just as it was sent then; other inputs always are its own. */
  #isOwn({ source, payload }: CycleInput, former: ReplayedGroup): boolean {
    const read = this.#executionReaders.get(source)
    const report = read?.(payload)
    if (report === undefined) return true
    return this.#sentAlike(toHex(report.instructionId), former)
  }

  #sentAlike(instructionId: string, former: ReplayedGroup): boolean {
    const mine = this.#sent.get(instructionId)
    const theirs = former.sent(instructionId)
    return mine !== undefined && theirs !== undefined && Buffer.compare(mine, theirs) === 0
  }

  #ask(closedAtMicros: number, { release, query }: AppliedCycle, former: ReplayedGroup): void {
    const deliver = (report: Execution): void => {
      this.#reports.push(report)
    }
    const isNew = ({ instructionId }: Instruction) => !this.#sentAlike(toHex(instructionId), former)
    for (const one of release.filter(isNew)) this.#bankOf(one).send(one, closedAtMicros, deliver)
    for (const one of query.filter(isNew)) this.#bankOf(one).query(one, closedAtMicros, deliver)
    this.#reports.sort((a, b) => a.eventTime - b.eventTime)
  }

  #bankOf({ venueId }: Instruction): SimulatedBank {
    const bank = this.#banks.get(venueId) ?? new SimulatedBank({ venueId, seed: this.#bankSeed })
    this.#banks.set(venueId, bank)
    return bank
  }

  #ownInput(source: number, arrivedAt: number, payload: Uint8Array): CycleInput {
    return { source, position: this.#ownPosition++, arrivedAt, payload: Buffer.from(payload) }
  }

  get agent(): Agent {
    return this.#agent
  }
}

function ownDeclaration(stream: 'policy' | 'execution', source: number): SourceDeclaration {
  const writerSchema = SCHEMA_JSON[stream]
  const fingerprint = sha256(Buffer.from(writerSchema, 'utf8'))
  return { source, stream, name: `${stream}/policy-replay`, writerSchema, fingerprint }
}

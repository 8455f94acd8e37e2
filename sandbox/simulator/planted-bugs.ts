/**
 * Bugs that are known, planted for the tests of the simulator: it must find each of them.
 *
 * Each is made by wrapping a port or the agent, so that no production code has a switch for it. Depends on the ports.
 */
import { createHash } from 'node:crypto'
import { createAgent, restoreAgent } from '../../pipeline/agent.js'
import { WeirError } from '../../pipeline/errors.js'
import { toHex } from '../../pipeline/identity.js'
import type { GroupState } from '../../pipeline/perception/state.js'
import type { Agent, AppliedCycle } from '../../pipeline/ports.js'
import type { InstancePorts, OutgoingRecord, SourceReader } from '../../pipeline/runtime/distributed/ports.js'
import { topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { decodeState, encodeState } from '../../pipeline/state-codec.js'
import type { Cycle, Instruction, SourceDeclaration } from '../../schemas/generated/types.js'
import type { AgentKind } from './agents.js'
import type { Cluster } from './broker/cluster.js'

export const PLANTED_BUGS = [
  'release-before-commit',
  'offset-committed-early',
  'id-regenerated-on-retry',
  'reservation-released-at-timeout',
  'approval-not-asked',
  'kill-forgotten',
  'haircut-forgotten',
] as const

export type PlantedBug = (typeof PLANTED_BUGS)[number]

/** Test-only switch of the command line, so that the command that repeats a find repeats it with its bug. */
export const PLANTED_BUG_VARIABLE = 'WEIR_TEST_PLANTED_BUG'

export function parsePlantedBug(text: string | undefined): PlantedBug | undefined {
  if (text === undefined || text === '') return undefined
  if (PLANTED_BUGS.includes(text as PlantedBug)) return text as PlantedBug
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is no planted bug`, {
    place: PLANTED_BUG_VARIABLE,
    remedy: `give one of ${PLANTED_BUGS.join(', ')}`,
  })
}

/** Bugs between the instance and the broker. `memory` is shared by all lives of all instances, as a broker's would be. */
export function tamperWithPorts(
  bug: PlantedBug | undefined,
  cluster: Cluster,
  prefix: string,
  memory: Map<string, number>,
): (ports: InstancePorts) => InstancePorts {
  if (bug === 'release-before-commit')
    return (ports) => releasingEarly(ports, cluster, topicOf(prefix, 'instruction'))
  if (bug === 'offset-committed-early')
    return (ports) => ({ ...ports, sources: committingEarly(ports.sources, memory) })
  return (ports) => ports
}

/** Instructions leave when they are made, outside of the transaction. */
function releasingEarly(ports: InstancePorts, cluster: Cluster, topic: string): InstancePorts {
  return {
    ...ports,
    writer: (partition) => {
      const writer = ports.writer(partition)
      const produce = writer.produce.bind(writer)
      writer.produce = (record: OutgoingRecord) => {
        if (record.topic !== topic) produce(record)
        else cluster.logOf(topic, partition).append(record.key, record.value, cluster.timeMs(), -1)
      }
      return writer
    },
  }
}

/** A new owner reads on from where the one before had read to, as with offsets that a consumer commits when it has read. */
function committingEarly(sources: SourceReader, memory: Map<string, number>): SourceReader {
  const [start, stop, poll] = [
    sources.start.bind(sources),
    sources.stop.bind(sources),
    sources.poll.bind(sources),
  ]
  const reading = new Set<number>()
  sources.start = (partition, offsets, topics) => {
    const later = new Map(offsets)
    // An owner that begins anew by itself, to read for a group that has joined, knows better than the committed offsets.
    if (!reading.has(partition))
      for (const [topic, offset] of offsets)
        later.set(topic, Math.max(offset, memory.get(`${topic}/${partition}`) ?? 0))
    start(partition, later, topics)
    // After the reader has ended its earlier reading. An ownership begins with the reference topics and then reads all.
    if (topics === undefined) reading.add(partition)
  }
  sources.stop = (partition) => {
    reading.delete(partition)
    stop(partition)
  }
  sources.poll = (partition, most) => {
    const records = poll(partition, most)
    for (const { topic, offset } of records) memory.set(`${topic}/${partition}`, offset + 1)
    return records
  }
  return sources
}

/** Bugs of the agent. */
export function tamperWithAgent(bug: PlantedBug | undefined, kind: AgentKind): AgentKind {
  if (bug === 'approval-not-asked') return unasked(kind)
  const wrap =
    bug === 'id-regenerated-on-retry'
      ? (agent: Agent): Agent => new ResendingAgent(agent)
      : bug === 'reservation-released-at-timeout'
        ? (agent: Agent): Agent => new ForgetfulAgent(agent, kind)
        : bug === 'kill-forgotten'
          ? (agent: Agent): Agent => new UnkillableAgent(agent, kind)
          : bug === 'haircut-forgotten'
            ? (agent: Agent): Agent => new TrustingAgent(agent, kind)
            : undefined
  if (wrap === undefined) return kind
  return {
    environment: kind.environment,
    createAgent: (groupId, environment) => wrap(kind.createAgent(groupId, environment)),
    restoreAgent: (snapshot, environment) => wrap(kind.restoreAgent(snapshot, environment)),
  }
}

/** Every plan that waits is sent, whatever people say. */
function unasked({ environment }: AgentKind): AgentKind {
  const always = (): boolean => true
  return {
    environment,
    createAgent: (groupId, its) => createAgent(groupId, its, always),
    restoreAgent: (snapshot, its) => restoreAgent(snapshot, its, always),
  }
}

class WrappedAgent implements Agent {
  constructor(protected inner: Agent) {}

  get groupId(): string {
    return this.inner.groupId
  }
  get nextCycle(): number {
    return this.inner.nextCycle
  }
  get closedAt(): number {
    return this.inner.closedAt
  }
  declareSource(declaration: SourceDeclaration): void {
    this.inner.declareSource(declaration)
  }
  apply(cycle: Cycle): AppliedCycle {
    return this.inner.apply(cycle)
  }
  outstanding(): readonly Instruction[] {
    return this.inner.outstanding()
  }
  snapshot(): Uint8Array {
    return this.inner.snapshot()
  }
  stateDigest(): Uint8Array {
    return this.inner.stateDigest()
  }
  decisionDigest(): Uint8Array {
    return this.inner.decisionDigest()
  }
  summary(): ReturnType<Agent['summary']> {
    return this.inner.summary()
  }
}

/** What a venue does not answer in time is sent again, under a new id. */
class ResendingAgent extends WrappedAgent {
  override apply(cycle: Cycle): AppliedCycle {
    const applied = this.inner.apply(cycle)
    const again = applied.query.map((instruction) => {
      const hash = createHash('sha256').update(instruction.instructionId).update(String(cycle.cycle))
      return { ...instruction, instructionId: hash.digest().subarray(0, 16) }
    })
    return { ...applied, release: [...applied.release, ...again], query: [] }
  }
}

/** An agent whose state is changed between two cycles. */
class MeddledAgent extends WrappedAgent {
  readonly #declarations: SourceDeclaration[] = []

  constructor(
    inner: Agent,
    private readonly kind: AgentKind,
  ) {
    super(inner)
  }

  override declareSource(declaration: SourceDeclaration): void {
    this.#declarations.push(declaration)
    this.inner.declareSource(declaration)
  }

  protected setState(state: GroupState): void {
    this.inner = this.kind.restoreAgent(encodeState(state), this.kind.environment)
    for (const declaration of this.#declarations) this.inner.declareSource(declaration)
  }
}

/** A kill is in force for its own cycle only. */
class UnkillableAgent extends MeddledAgent {
  override apply(cycle: Cycle): AppliedCycle {
    const applied = this.inner.apply(cycle)
    if (!applied.result.alerts.some(({ code }) => code === 'killed')) return applied
    const state = decodeState(this.inner.snapshot())
    state.people.kills.clear()
    this.setState(state)
    return applied
  }
}

/** Collateral counts for more than it is worth to the lender. */
class TrustingAgent extends MeddledAgent {
  override apply(cycle: Cycle): AppliedCycle {
    const applied = this.inner.apply(cycle)
    if (!applied.result.touched.some((subject) => subject.startsWith('collateral:'))) return applied
    const state = decodeState(this.inner.snapshot())
    for (const asset of state.collateral.values()) {
      asset.haircutBp = 0
      asset.valueMinor *= 2
    }
    this.setState(state)
    return applied
  }
}

/** What a venue does not answer in time no longer counts against the balance. */
class ForgetfulAgent extends MeddledAgent {
  override apply(cycle: Cycle): AppliedCycle {
    const applied = this.inner.apply(cycle)
    if (applied.query.length === 0) return applied
    const state = decodeState(this.inner.snapshot())
    const reservations = [...applied.result.reservations]
    for (const { instructionId, sourceAccountId, amountMinor } of applied.query) {
      const account = state.accounts.get(sourceAccountId)
      const order = state.instructions.get(toHex(instructionId))
      if (account === undefined || order === undefined || order.queries !== 1) continue
      account.reservedMinor -= amountMinor
      reservations.push({
        instructionId,
        groupId: cycle.groupId,
        cycle: cycle.cycle,
        ordinal: reservations.length,
        subjectKind: 'ACCOUNT',
        subjectId: sourceAccountId,
        state: 'EXPIRED',
        amountMinor,
      })
    }
    this.setState(state)
    return { ...applied, result: { ...applied.result, reservations } }
  }
}

/**
 * The ports of the distributed runtime: everything that is not a pure function of what went before.
 *
 * The state machines in this folder do no I/O and never wait. They are stepped: a step takes what the ports have, does what
 * can be done, and says when it wants to be stepped again. A port never calls back; it keeps what came, and rings the
 * instance's bell. So the same machines run on Kafka (`runtime/kafka`) and in the simulator, under one seeded scheduler.
 *
 * A crash needs no word of the machine: whoever stops stepping it and drops its ports has crashed it.
 * Depends on the messages of the workers and the record types only.
 */
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import type { WeirError } from '../../errors.js'
import type { ResultMessage } from '../workers/result-message.js'

/**
 * What became of a request to the broker.
 *
 *   retriable   nothing is known to have happened, or the same request may be made again: do so, a bounded number of times
 *   abortable   the open transaction cannot be committed: abort it, and write the same records again in the next one
 *   fenced      another process has taken over the transactional id: the partition is lost, nothing more may leave
 *   fatal       this client is beyond repair: give the partition up and take it over anew with a new client
 *   refused     credentials, access rights or a missing topic: an operator must act; trying again cannot help
 */
export type BrokerFaultKind = 'retriable' | 'abortable' | 'fenced' | 'fatal' | 'refused'

export interface BrokerFault {
  readonly kind: BrokerFaultKind
  /** In words, without secrets, with the place and the way out. */
  readonly error: WeirError
}

/** A request that was begun. It settles once; the port rings the bell when it does. */
export interface Operation<T> {
  readonly state: 'pending' | 'done' | 'failed'
  /** Set when done. */
  readonly value?: T
  /** Set when failed. */
  readonly fault?: BrokerFault
}

/** A record read from a topic. Offsets are below 2^53. */
export interface LogRecord {
  readonly offset: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

export interface SourceRecord extends LogRecord {
  readonly topic: string
  /** The broker's or the producer's time, milliseconds. */
  readonly timestampMs: number
}

export interface OutgoingRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** Reads the journal topic, committed records only, one partition at a time or several side by side. */
export interface JournalReader {
  /** Reads the partition from `offset` on; -1: from its beginning. Ends an earlier reading of it. */
  start(partition: number, offset: number): void
  stop(partition: number): void
  /** At most `most` records that have come since, in order, each once. */
  poll(partition: number, most: number): readonly LogRecord[]
  /**
   * Offset behind the last record of the partition, as the broker knows it when it answers. Exact only while nobody writes: the
   * owner asks between two of its transactions.
   */
  endOf(partition: number): Operation<number>
  /** Why a partition cannot be read; the reading goes on by itself when the fault is `retriable`. */
  faultOf(partition: number): BrokerFault | undefined
}

/** Reads the source topics of owned partitions; `pause` and `resume` carry the back-pressure to the broker. */
export interface SourceReader {
  /**
   * Reads the partition of the topics, all source topics unless given, from the offset given for each, or else from its beginning. Ends
   * an earlier reading.
   */
  start(partition: number, offsets: ReadonlyMap<string, number>, topics?: readonly string[]): void
  stop(partition: number): void
  pause(partition: number): void
  resume(partition: number): void
  /** At most `most` records that have come since; those of a topic in order, each once. */
  poll(partition: number, most: number): readonly SourceRecord[]
  faultOf(partition: number): BrokerFault | undefined
  /** Whether everything that the topic's partition held when the broker was last asked was polled since `start`. */
  atEnd(partition: number, topic: string): boolean
  /** Records that the broker holds and that were not polled yet, over the partition's topics; -1 while not known. */
  lagOf(partition: number): number
}

/**
 * Writes in the name of one transactional id, which stands for the ownership of one journal partition.
 * One request is under way at a time.
 */
export interface TransactionalWriter {
  /** Takes the id over: whoever held it is fenced, and its open transaction is aborted. First request. */
  open(): Operation<void>
  /** Adds a record to the open transaction; begins one when none is open. Not while a request is under way. */
  produce(record: OutgoingRecord): void
  /** Done: all records of the transaction are visible to committed readers, together. */
  commit(): Operation<void>
  /** Done: none of them ever will be. */
  abort(): Operation<void>
  /** Lets go of the client; an open transaction is left to be aborted by the broker or by the next owner. */
  close(): void
}

export type MembershipEvent =
  | { readonly kind: 'assigned'; readonly partitions: readonly number[] }
  /** To be drained, and then released by `release`. */
  | { readonly kind: 'revoked'; readonly partitions: readonly number[] }
  /** Others may own them already: nothing more may leave for them. */
  | { readonly kind: 'lost'; readonly partitions: readonly number[] }

/** The group of the instances: which partitions this one owns. */
export interface Membership {
  join(): void
  poll(): readonly MembershipEvent[]
  /** Tells the group that revoked partitions were drained. */
  release(partitions: readonly number[]): void
  /** Offsets for lag tools; never read by Weir. Given for owned partitions: topic -> partition -> next offset. */
  reportOffsets(offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): void
  /** Leaves the group; its partitions go to others at once. */
  leave(): Operation<void>
  readonly fault: BrokerFault | undefined
}

/** Resolves schema ids of the wire format. */
export interface SchemaLookup {
  /**
   * The schema of an id as JSON text; pending while the registry is asked (the same id is asked once). Done with
   * undefined: the registry does not know the id. Failed: the registry cannot be reached or answers nonsense; asking again makes a new request.
   */
  schemaOf(id: number): Operation<string | undefined>
  /** Id under which Weir writes records of the stream, known before the machines start. */
  idOfStream(stream: string): number
}

export type AgentAnswer =
  /** `restored` is false when the snapshot was refused; then no agent was made. */
  | { readonly kind: 'ready'; readonly slot: number; readonly restored: boolean }
  | { readonly kind: 'result'; readonly slot: number; readonly result: ResultMessage }
  | {
      readonly kind: 'snapshot'
      readonly slot: number
      readonly digest: Uint8Array
      readonly state: Uint8Array
    }
  /**
   * The agent is gone, alone or with its worker, which was replaced: it must be made anew, from the journal. `blamed`: it was
   * the one at work when it happened.
   */
  | { readonly kind: 'lost'; readonly slot: number; readonly blamed: boolean; readonly error: WeirError }

/**
 * The agents of this instance, in their workers. A slot names an agent; the caller chooses it and uses it once. Messages of a
 * slot are carried out in order; the answers to them come in order.
 */
export interface AgentHost {
  /** Tells of a source; it is known to the partition's agents before any later message to them. */
  declareSource(partition: number, declaration: SourceDeclaration): void
  /** Makes a new agent, or one of a snapshot. Answer: `ready`. */
  adopt(
    slot: number,
    partition: number,
    groupId: string,
    snapshot?: { readonly digest: Uint8Array; readonly state: Uint8Array },
  ): void
  /** Applies an encoded `weir.Cycle`. Answer: `result`. */
  apply(slot: number, cycle: Buffer): void
  /** Answer: `snapshot`. */
  snapshot(slot: number): void
  /** Forgets the agent; answers that are still under way are dropped. */
  disown(slot: number): void
  /** Forgets the sources of a partition, of which every agent was disowned. */
  forgetSources(partition: number): void
  poll(): readonly AgentAnswer[]
  /** Bytes that wait for a worker; the caller pauses above its bound. */
  readonly backlogBytes: number
}

/** Durable local memory of snapshots: a convenience that bounds recovery; losing it costs time, never truth. */
export interface SnapshotMemory {
  /** Reads the newest snapshot of the partition that is whole; undefined when there is none. */
  newest(partition: number): Operation<PartitionSnapshot | undefined>
  write(snapshot: PartitionSnapshot): Operation<void>
  /** Removes what `newest` gave, because it could not be used. */
  discard(partition: number, offset: number): void
}

export interface GroupSnapshot {
  readonly groupId: string
  /** Last cycle that is in the state; -1 for a group without one. */
  readonly cycle: number
  readonly standing: GroupStandingRecord
  /** SHA-256 of `state`. */
  readonly digest: Uint8Array
  /** `Agent.snapshot()`. */
  readonly state: Uint8Array
}

/** What the runtime knows of a group besides the agent's state. */
export interface GroupStandingRecord {
  readonly closedAtMicros: number
  /** Instructions without a final status. */
  readonly outstanding: number
  /** By source topic: every record for the group before this offset is in one of its cycles. */
  readonly next: readonly (readonly [string, number])[]
}

/**
 * A partition at one place of its journal. Groups may be further on than `offset`: their cycles up to `cycle` are passed
 * over when the journal is read from `offset` on.
 */
export interface PartitionSnapshot {
  readonly partition: number
  /** Names the journal: cluster id and topic; a snapshot of another one is refused. */
  readonly journalId: string
  /** Offset in the journal topic of the first entry that is not covered. */
  readonly offset: number
  /** Sequence of that entry, and the checksum of the entry before it. */
  readonly nextSequence: number
  readonly checksum: number
  readonly declarations: readonly SourceDeclaration[]
  /** By source topic: every record before this offset is journaled. */
  readonly positions: readonly (readonly [string, number])[]
  readonly groups: readonly GroupSnapshot[]
}

export interface Clock {
  /** Wall clock, microseconds since 1970; may jump. */
  nowMicros(): number
  /** Monotonic milliseconds, for waiting. */
  monotonicMs(): number
}

/** Lines for the operator; the adapter adds time and level. */
export interface Notices {
  info(message: string, facts: Readonly<Record<string, unknown>>): void
  warn(message: string, facts: Readonly<Record<string, unknown>>): void
}

export interface InstancePorts {
  readonly clock: Clock
  readonly membership: Membership
  readonly journal: JournalReader
  readonly sources: SourceReader
  /** A new client for the transactional id of the partition. */
  writer(partition: number): TransactionalWriter
  readonly schemas: SchemaLookup
  readonly agents: AgentHost
  readonly snapshots: SnapshotMemory
  readonly notices: Notices
}

/** What a step came to. */
export interface Step {
  /** Something was done, so another step may find more to do. */
  readonly progress: boolean
  /** Monotonic time by which the next step is wanted, even if the bell does not ring; Infinity for never. */
  readonly wakeAtMs: number
}

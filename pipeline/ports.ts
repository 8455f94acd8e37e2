/**
 * The ports between the pure agent and the runtime around it.
 *
 * `Agent` is what a stage worker runs: it takes time, inputs and the optimizer as arguments and does no
 * I/O. `Venue` is where instructions go. Both columns of the runtime (embedded, distributed) use these
 * interfaces; only their adapters differ. Depends on types only: the generated records, and what a decision is made from.
 */
import type {
  Cycle,
  CycleResult,
  Execution,
  Instruction,
  JournalStart,
  SourceDeclaration,
  SourcePositions,
} from '../schemas/generated/types.js'
import type { Examined } from './decide.js'

/** Group that owns inputs of which no group can be told; it turns each of them into a dead letter. */
export const UNROUTED_GROUP = '~unrouted'

/** Stream name of faults of a file as such: cut short, not Avro. Payload: JSON `{reason, detail}`. */
export const FILE_FAULT_STREAM = '~file'

/**
 * Stream name of records that could not be taken as records of their stream: no wire format, an unknown schema, too large.
 * Payload: JSON `{reason, detail}`, a line feed, and the record as it came, or the beginning of it.
 */
export const RECORD_FAULT_STREAM = '~record'

/** `groupId` of an input that is delivered to every group. */
export const EVERY_GROUP = '*'

/** Amounts and times must stay below this in magnitude (2^52): exact in a double and in every codec. */
export const EXACT_LIMIT = 2 ** 52

/** The inputs of a cycle in one piece of memory, as a worker receives them: without an object for each. */
export interface PackedInputs {
  readonly count: number
  /** Payload of input `i` is `bytes[starts[i] .. ends[i])`. */
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly sources: Int32Array
  readonly positions: Float64Array
}

/** A cycle whose inputs are also there packed; both say the same. Valid until its reader opens the next one. */
export interface PackedCycle extends Cycle {
  readonly packed: PackedInputs
}

export interface AppliedCycle {
  /** Record for the journal; `measured` is filled in by the caller. */
  readonly result: CycleResult
  /** Instructions that may leave once the journal has acknowledged the cycle. */
  readonly release: readonly Instruction[]
  /** Instructions whose venue kept silent past `expiresAt`: ask the venue, never send again under a new id. */
  readonly query: readonly Instruction[]
  /** Microseconds of the cycle spent in the optimizer; measured by the clock given to the agent. */
  readonly solveMicros: number
}

/** One liquidity group's agent. A single owner calls it; it keeps its state in memory. */
export interface Agent {
  readonly groupId: string
  /** Number of the next cycle to apply, from 0. */
  readonly nextCycle: number
  /** Closing time of the last applied cycle, microseconds; -1 before the first. */
  readonly closedAt: number
  /** Must be called for a source before a cycle with inputs from it, also after a restore. */
  declareSource(declaration: SourceDeclaration): void
  /** Applies the next cycle. Equal state and equal cycle give equal results, on any machine. */
  apply(cycle: Cycle | PackedCycle): AppliedCycle
  /** Instructions that were released and have no final status, oldest first: to be sent again after a restart. */
  outstanding(): readonly Instruction[]
  /** Canonical bytes of the state; `restoreAgent` turns them back into an equal agent. */
  snapshot(): Uint8Array
  /** SHA-256 of `snapshot()`. */
  stateDigest(): Uint8Array
  /** SHA-256 chain over decisions, instructions and their events so far. */
  decisionDigest(): Uint8Array
  summary(): GroupSummary
}

/** What the agent is given from outside: the compiled optimizer, and a clock for measurement only. */
export interface AgentEnvironment {
  readonly optimizer: WebAssembly.Module
  readonly optimizerDigest: Uint8Array
  /** Monotonic microseconds; never influences a result. */
  readonly nowMicros: () => number
  /** Shared memory: while not 0 the optimizer stops, and what the agent has become is thrown away by whoever set it. */
  readonly stopWord?: Int32Array
  /**
   * Shown what each decision was made from, after its verdict and before its plan changes the state. For whoever examines decisions;
   * it must change nothing, and what it is shown is the agent's own, valid during the call.
   */
  readonly onDecision?: (examined: Examined) => void
  /**
   * The policy by whose prices and floors the cost of the day is told, when that is not the one in force: so that days under different
   * policies can be compared. No decision depends on it; a run must not set it, or its state is not that of its journal.
   */
  readonly pricedBy?: PricingPolicy
}

export interface PricingPolicy {
  readonly policyId: string
  readonly version: number
  /** SHA-256 of the document, hex. */
  readonly digestHex: string
  readonly document: string
}

export interface CurrencySummary {
  readonly currency: string
  readonly exponent: number
  readonly openingMinor: number
  readonly lowestMinor: number
  readonly closingMinor: number
  readonly floorMinor: number
  readonly targetMinor: number
  /** Lowest and closing balance had no instruction been sent. */
  readonly lowestUnmanagedMinor: number
  readonly closingUnmanagedMinor: number
  /** Minutes that accounts were below their floor, summed over the accounts of the currency. */
  readonly belowFloorMinutes: number
  readonly belowFloorUnmanagedMinutes: number
}

export interface GroupSummary {
  readonly groupId: string
  readonly baseCurrency: string
  readonly cycles: number
  readonly inputs: number
  readonly currencies: readonly CurrencySummary[]
  readonly decisions: { readonly acted: number; readonly nothingToDo: number; readonly refused: number }
  /** Instructions by the state they are in now. */
  readonly instructions: Readonly<Record<string, number>>
  /** Inputs by disposition and dead letters by reason. */
  readonly counters: Readonly<Record<string, number>>
  /** Cost of the day so far by the policy's prices, in base currency (major units), with and without instructions. */
  readonly cost: { readonly managed: number; readonly unmanaged: number }
}

/** A place that takes instructions. Reports come back as inputs, through `deliver`. */
export interface Venue {
  readonly venueId: string
  /** No report has an event time earlier than this after sending, microseconds; bounds how far virtual time may run ahead. */
  readonly minimumLatencyMicros: number
  /** Idempotent by `instructionId`. In virtual time reports may carry future event times. */
  send(instruction: Instruction, sentAtMicros: number, deliver: (execution: Execution) => void): void
  /** Asks for the fate of an instruction that was sent and never answered. */
  query(instruction: Instruction, askedAtMicros: number, deliver: (execution: Execution) => void): void
}

/**
 * A place that takes instructions in real time: it reports when there is something to report. What became of an instruction is told
 * through the `ReportSink` that the venue was made with.
 */
export interface RealTimeVenue {
  readonly venueId: string
  /** Settles when the venue has it for good and reports on it by itself, after a restart too. Idempotent by `instructionId`. */
  send(instruction: Instruction): Promise<void>
  /** Asks for the fate of an instruction. Settles when the answer is told; also when the venue has none, and is to be asked again. */
  query(instruction: Instruction): Promise<void>
}

/** Takes a report of a venue; settles when it cannot be lost any more. */
export type ReportSink = (execution: Execution) => Promise<void>

export type JournalBody =
  | { 'weir.JournalStart': JournalStart }
  | { 'weir.SourceDeclaration': SourceDeclaration }
  | { 'weir.Cycle': Cycle }
  | { 'weir.CycleResult': CycleResult }
  | { 'weir.SourcePositions': SourcePositions }

/**
 * The fields of each kind of leaf, from the records of the journal.
 *
 * Whoever has a record can make its digest: SHA-256 of its Avro bytes in the schema of this version. Depends on the Avro layer and the reader
 * of policies.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { parsePolicy } from '../../../pipeline/governance/policy.js'
import { isNoId, sha256, toHex } from '../../../pipeline/identity.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { Json } from '../../../schemas/canonical-json.js'
import type {
  Command,
  CycleResult,
  Decision,
  Explanation,
  Instruction,
  InstructionEvent,
  Policy,
  Roster,
} from '../../../schemas/generated/types.js'

type Fields = Readonly<Record<string, Json>>

/** As digests stand in leaves. */
export const sha256Hex = (bytes: Uint8Array): string => toHex(sha256(bytes))

/** Digests of what a decision was made from. */
export interface DecisionInputs {
  readonly cycle: Uint8Array
  /** Over all cycles up to this one, see history.ts. */
  readonly history: Uint8Array
  /** Leaves before that say what governs the group, see governing.ts. */
  readonly governing: number
}

/** What a decision rests on and came to; refusals and decisions to do nothing are decisions too. */
export function decisionFields(
  decision: Decision,
  { cycle, history, governing }: DecisionInputs,
  result: CycleResult,
  explanation: Explanation | undefined,
): Fields {
  const { decisionId, previousCycle, decidedAt, outcome, reason, trigger } = decision
  const { policyId, policyVersion, policyDigest, arm } = decision
  return {
    // Left out for the policy in force, so that logs from before there were trials are made again byte for byte.
    ...(arm === '' ? {} : { arm }),
    id: toHex(decisionId),
    cycle: decision.cycle,
    previousCycle,
    decidedAt,
    outcome,
    reason,
    trigger,
    instructions: decision.instructions,
    policy: { id: policyId, version: policyVersion, digest: toHex(policyDigest) },
    plan: boundTo(decision.planDigest),
    governing,
    solver: solverFields(decision),
    costs: { executed: decision.executedCost, doNothing: decision.doNothingCost },
    digests: {
      cycle: toHex(cycle),
      history: toHex(history),
      explanation: explanation === undefined ? '' : sha256Hex(encodeRecord('explanation', explanation)),
      // Over all decisions of the group so far: what a replay must come to.
      chain: toHex(result.decisionDigest),
    },
  }
}

function solverFields(decision: Decision): Fields {
  const { modelDigest, wasmDigest, solverStatus, startBasis, basis, rows, columns } = decision
  const { primal, dual, objective, primalResidual, dualResidual, iterations, solves } = decision
  return {
    status: solverStatus,
    model: toHex(modelDigest),
    wasm: toHex(wasmDigest),
    startBasis: sha256Hex(startBasis),
    basis: sha256Hex(basis),
    rows,
    columns,
    answer: answerDigest(primal, dual),
    objective,
    primalResidual,
    dualResidual,
    iterations,
    solves,
  }
}

/** SHA-256 of values and prices as doubles, least byte first: of a large group they would not fit into a leaf. Empty without an optimum. */
export function answerDigest(primal: ArrayLike<number>, dual: ArrayLike<number>): string {
  if (primal.length === 0 && dual.length === 0) return ''
  const bytesOf = (values: ArrayLike<number>): Uint8Array => new Uint8Array(Float64Array.from(values).buffer)
  return toHex(sha256(bytesOf(primal), bytesOf(dual)))
}

export function instructionFields(instruction: Instruction): Fields {
  const { instructionId, decisionId, cycle, leg, kind, channelId, venueId } = instruction
  const { sourceAccountId, destinationAccountId, createdAt, expiresAt } = instruction
  const { currency, amountMinor, counterCurrency, counterAmountMinor, assetId, assetParts } = instruction
  return {
    id: toHex(instructionId),
    decision: toHex(decisionId),
    cycle,
    leg,
    // `kind` is the leaf's own.
    action: kind,
    channel: channelId,
    venue: venueId,
    source: sourceAccountId,
    destination: destinationAccountId,
    pays: { currency, amountMinor },
    brings: { currency: counterCurrency, amountMinor: counterAmountMinor },
    collateral: { asset: assetId, parts: assetParts },
    createdAt,
    expiresAt,
    digest: sha256Hex(encodeRecord('instruction', instruction)),
  }
}

export function eventFields(event: InstructionEvent, governing: number): Fields {
  const { instructionId, cycle, ordinal, eventTime, state, reasonCode, executionId } = event
  return {
    instruction: toHex(instructionId),
    cycle,
    step: ordinal,
    at: eventTime,
    state,
    reason: reasonCode,
    execution: toHex(executionId),
    governing,
  }
}

/** How an input came to its cycle. */
export interface Taken {
  /** Place among the inputs of the cycle. */
  readonly input: number
  /** When the cycle was closed: the time that an order is held against. */
  readonly taken: number
}

/** Longer ones stand as a digest: the list of a large change. */
export const DETAIL_BYTES_MOST = 4_096

/** Everything that its author signed, `pipeline/governance/people/statement.ts`, so that the signature can be checked without the record. */
export function commandFields(command: Command, { input, taken }: Taken): Fields {
  const { commandId, groupId, eventTime, kind, subject, author, reason } = command
  const { rosterId, digest, expiresAt, detail, credential, signature } = command
  const isLong = Buffer.byteLength(detail) > DETAIL_BYTES_MOST
  return {
    id: toHex(commandId),
    addressed: groupId,
    at: eventTime,
    expires: expiresAt,
    // `kind` is the leaf's own.
    order: kind,
    subject,
    digest: boundTo(digest),
    author,
    roster: rosterId,
    reason,
    detail: isLong ? '' : detail,
    detailDigest: isLong ? sha256Hex(Buffer.from(detail, 'utf8')) : '',
    credential: credential === '' ? '' : sha256Hex(Buffer.from(credential, 'utf8')),
    signature: toHex(signature),
    record: sha256Hex(encodeRecord('command', command)),
    input,
    taken,
  }
}

const boundTo = (digest: Uint8Array): string => (isNoId(digest) ? '' : toHex(digest))

/** The document itself is in the journal and in the store of policies; its digest is its identity. */
export function policyFields({ policyId, version, eventTime, document }: Policy, how: Taken): Fields {
  const level = levelAboveGroups(document, policyId)
  return {
    // Left out for those that govern a group, so that logs from before there were others are made again byte for byte.
    ...(level === undefined ? {} : { level }),
    ...documentFields(policyId, version, eventTime, document, how),
  }
}

/** Undefined for the policy of a group. */
function levelAboveGroups(document: string, place: string): string | undefined {
  try {
    const { groupId, level } = parsePolicy(document, place)
    return groupId === '' ? level : undefined
  } catch (error) {
    // The agent has taken it, so another version of Weir wrote the journal: it knew none above groups, or the replay will tell.
    if (error instanceof WeirError) return undefined
    throw error
  }
}

export function rosterFields({ rosterId, version, eventTime, document }: Roster, how: Taken): Fields {
  return documentFields(rosterId, version, eventTime, document, how)
}

function documentFields(
  id: string,
  version: number,
  at: number,
  document: string,
  { input, taken }: Taken,
): Fields {
  return { id, version, at, digest: sha256Hex(Buffer.from(document, 'utf8')), input, taken }
}

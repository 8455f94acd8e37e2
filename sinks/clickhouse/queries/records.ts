/**
 * What the answers of `lineage` and `explain` are made of, and how rows become it.
 *
 * Amounts are minor units as exact numbers, times texts in UTC with microseconds, ids UUID texts.
 * Depends on the analyst's session.
 */
import { type Analyst, exactNumber, type QueryParameters, type TextRow } from './analyst.js'

export interface InputRecord {
  /** Partition of the journal; 0 for a journal in files. */
  readonly journalPartition: number
  readonly groupId: string
  readonly cycle: number
  readonly index: number
  readonly stream: string
  /** File, topic or venue. */
  readonly source: string
  readonly position: number
  readonly eventTime: string | null
  readonly arrivedAt: string
  readonly disposition: string
  readonly touched: string
  readonly recordId: string | null
  readonly accountId: string
  readonly amountMinor: number | null
  readonly currency: string
  readonly kind: string
  readonly schemaFingerprint: string
}

export interface InstructionRecord {
  readonly instructionId: string
  readonly decisionId: string
  readonly groupId: string
  readonly cycle: number
  readonly kind: string
  readonly channelId: string
  readonly venueId: string
  readonly sourceAccountId: string
  readonly destinationAccountId: string
  readonly currency: string
  readonly amountMinor: number
  readonly createdAt: string
  readonly state: string
  readonly reasonCode: string
}

export interface DecisionRecord {
  readonly decisionId: string
  readonly groupId: string
  readonly cycle: number
  readonly previousCycle: number
  readonly decidedAt: string
  readonly outcome: string
  readonly reason: string
  readonly trigger: string
  readonly policyId: string
  readonly policyVersion: number
  readonly policyDigest: string
  readonly solverStatus: string
  readonly objective: number
  readonly executedCost: number
  readonly doNothingCost: number
  /** New inputs without an edge; 0 unless a group went undecided for very long. */
  readonly unlistedInputs: number
  /** Empty for the policy in force; one that decided beside it had no effect. */
  readonly arm: string
}

export interface ExecutionRecord {
  readonly executionId: string
  readonly instructionId: string
  readonly source: string
  readonly position: number
  readonly eventTime: string
  readonly status: string
  readonly reasonCode: string
  readonly settledMinor: number
  readonly counterSettledMinor: number
  readonly disposition: string
}

const INPUT_COLUMNS = `i.group_id AS group_id, i.cycle AS cycle, i.input_index AS input_index, i.stream AS stream,
  i.source_name AS source_name, i.position AS position, i.event_time AS event_time, i.arrived_at AS arrived_at,
  i.disposition AS disposition, i.touched AS touched, i.record_id AS record_id, i.account_id AS account_id,
  i.amount_minor AS amount_minor, i.currency AS currency, i.kind AS kind, i.schema_fingerprint AS schema_fingerprint,
  i.journal_partition AS journal_partition`

/** @param rest joins, conditions and order; the inputs are `i` */
export async function selectInputs(
  analyst: Analyst,
  rest: string,
  parameters: QueryParameters,
  more = '',
): Promise<(InputRecord & { readonly row: TextRow })[]> {
  const rows = await analyst.rows(`SELECT ${INPUT_COLUMNS}${more} FROM inputs AS i ${rest}`, parameters)
  return rows.map((row) => ({ ...inputRecord(row), row }))
}

export function inputRecord(row: TextRow): InputRecord {
  return {
    journalPartition: exactNumber(row.journal_partition),
    groupId: String(row.group_id),
    cycle: exactNumber(row.cycle),
    index: exactNumber(row.input_index),
    stream: String(row.stream),
    source: String(row.source_name),
    position: exactNumber(row.position),
    eventTime: textOrNull(row.event_time),
    arrivedAt: String(row.arrived_at),
    disposition: String(row.disposition),
    touched: String(row.touched),
    recordId: textOrNull(row.record_id),
    accountId: String(row.account_id),
    amountMinor: row.amount_minor === null ? null : exactNumber(row.amount_minor),
    currency: String(row.currency),
    kind: String(row.kind),
    schemaFingerprint: String(row.schema_fingerprint),
  }
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : String(value)
}

/** @param condition on the columns of the view `instruction_states` */
export async function selectInstructions(
  analyst: Analyst,
  condition: string,
  parameters: QueryParameters,
): Promise<InstructionRecord[]> {
  const query = `SELECT * FROM instruction_states WHERE ${condition} ORDER BY group_id, cycle, instruction_id`
  return (await analyst.rows(query, parameters)).map((row) => ({
    instructionId: String(row.instruction_id),
    decisionId: String(row.decision_id),
    groupId: String(row.group_id),
    cycle: exactNumber(row.cycle),
    kind: String(row.kind),
    channelId: String(row.channel_id),
    venueId: String(row.venue_id),
    sourceAccountId: String(row.source_account_id),
    destinationAccountId: String(row.destination_account_id),
    currency: String(row.currency),
    amountMinor: exactNumber(row.amount_minor),
    createdAt: String(row.created_at),
    state: String(row.state),
    reasonCode: String(row.reason_code),
  }))
}

/** @param condition on the columns of `decisions` */
export async function selectDecisions(
  analyst: Analyst,
  condition: string,
  parameters: QueryParameters,
): Promise<DecisionRecord[]> {
  const query = `SELECT * FROM decisions WHERE ${condition} ORDER BY group_id, cycle`
  return (await analyst.rows(query, parameters)).map((row) => ({
    decisionId: String(row.decision_id),
    groupId: String(row.group_id),
    cycle: exactNumber(row.cycle),
    previousCycle: exactNumber(row.previous_cycle),
    decidedAt: String(row.decided_at),
    outcome: String(row.outcome),
    reason: String(row.reason),
    trigger: String(row.trigger),
    policyId: String(row.policy_id),
    policyVersion: exactNumber(row.policy_version),
    policyDigest: String(row.policy_digest),
    solverStatus: String(row.solver_status),
    objective: Number(row.objective),
    executedCost: Number(row.executed_cost),
    doNothingCost: Number(row.do_nothing_cost),
    unlistedInputs: exactNumber(row.unlisted_inputs),
    arm: String(row.arm),
  }))
}

/** @param condition on the columns of `executions` */
export async function selectExecutions(
  analyst: Analyst,
  condition: string,
  parameters: QueryParameters,
): Promise<ExecutionRecord[]> {
  const query = `SELECT * FROM executions WHERE ${condition} ORDER BY cycle, input_index`
  return (await analyst.rows(query, parameters)).map((row) => ({
    executionId: String(row.execution_id),
    instructionId: String(row.instruction_id),
    source: String(row.source_name),
    position: exactNumber(row.position),
    eventTime: String(row.event_time),
    status: String(row.status),
    reasonCode: String(row.reason_code),
    settledMinor: exactNumber(row.settled_minor),
    counterSettledMinor: exactNumber(row.counter_settled_minor),
    disposition: String(row.disposition),
  }))
}

/**
 * Lineage: from an instruction or decision back to every input with its file and position, and from an
 * input forward to what it changed.
 *
 * Back, depth 1 are the direct edges of the decision: what was new to it, and what stood. Depth 2 adds every
 * earlier input that touched the accounts concerned, reports on instructions of those accounts included.
 * Depends on the other files of this folder.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { type Analyst, exactNumber } from './analyst.js'
import { type InputKey, identify } from './identify.js'
import {
  type DecisionRecord,
  type ExecutionRecord,
  type InputRecord,
  type InstructionRecord,
  selectDecisions,
  selectExecutions,
  selectInputs,
  selectInstructions,
} from './records.js'

export interface PolicyRecord {
  readonly policyId: string
  readonly version: number
  readonly digest: string
  /** Where the version came from; null when it was set before the journal began. */
  readonly source: string | null
  readonly position: number | null
}

export interface EventRecord {
  readonly state: string
  readonly eventTime: string
  readonly cycle: number
  readonly reasonCode: string
  readonly executionId: string | null
}

export interface DecidedInput extends InputRecord {
  /** `new` since the decision before, or `standing`: the latest on what the decision rested on. */
  readonly role: string
}

export interface BackwardLineage {
  readonly kind: 'instruction' | 'decision'
  readonly id: string
  readonly instructions: readonly InstructionRecord[]
  readonly decision: DecisionRecord
  readonly policy: PolicyRecord
  readonly inputs: readonly DecidedInput[]
  /** Steps in the life of the instruction; empty for a decision. */
  readonly events: readonly EventRecord[]
  readonly executions: readonly ExecutionRecord[]
  /** Depth 2: all inputs up to the decision that touched its accounts, oldest first. */
  readonly history: readonly InputRecord[]
}

export interface InputEffect {
  readonly input: InputRecord
  /** Why it could not be used; empty unless it is a dead letter. */
  readonly refusal: string
  /** Decisions that were the first to see it; others came to rest on it: see `restedOnBy`. */
  readonly decisions: readonly DecisionRecord[]
  readonly instructions: readonly InstructionRecord[]
  readonly executions: readonly ExecutionRecord[]
  /** Later decisions that acted or refused while it was the latest input on what it touched. */
  readonly restedOnBy: number
}

export interface ForwardLineage {
  readonly kind: 'input'
  readonly id: string
  /** One for each arrival of the record. */
  readonly effects: readonly InputEffect[]
}

export type Lineage = BackwardLineage | ForwardLineage

export type LineageDepth = 1 | 2

/** Throws `WEIR_NOT_FOUND` when nothing has the id. */
export async function lineage(analyst: Analyst, id: string, depth: LineageDepth): Promise<Lineage> {
  const subject = await identify(analyst, id)
  if (subject.kind === 'input') {
    const effects: InputEffect[] = []
    for (const key of subject.keys) effects.push(await effectOf(analyst, key))
    return { kind: 'input', id: subject.id, effects }
  }
  return traceBack(analyst, subject.kind, subject.id, depth)
}

async function traceBack(
  analyst: Analyst,
  kind: 'instruction' | 'decision',
  id: string,
  depth: LineageDepth,
): Promise<BackwardLineage> {
  const byId = kind === 'instruction' ? 'instruction_id = {id: UUID}' : 'decision_id = {id: UUID}'
  const instructions = await selectInstructions(analyst, byId, { id })
  const decisionId = kind === 'decision' ? id : instructions[0]!.decisionId
  const [decision] = await selectDecisions(analyst, 'decision_id = {id: UUID}', { id: decisionId })
  if (decision === undefined) throw missingDecision(decisionId)
  const inputs = await decidedInputs(analyst, decision)
  return {
    kind,
    id,
    instructions,
    decision,
    policy: await policyOf(analyst, decision),
    inputs,
    events: kind === 'instruction' ? await eventsOf(analyst, id) : [],
    executions: await executionsOf(analyst, instructions),
    history: depth === 2 ? await historyOf(analyst, decision, accountsOf(instructions, inputs)) : [],
  }
}

/** One that was made beside the policy in force has the inputs of its cycle's decisions in force. */
async function decidedInputs(analyst: Analyst, decision: DecisionRecord): Promise<DecidedInput[]> {
  const rest = `
    INNER JOIN decision_inputs AS e ON e.group_id = i.group_id AND e.input_cycle = i.cycle AND e.input_index = i.input_index
      AND e.journal_partition = i.journal_partition
    WHERE e.group_id = {group: String} AND e.cycle = {cycle: UInt64} AND ({arm: String} != '' OR e.decision_id = {decision: UUID})
      AND i.group_id = {group: String} AND i.cycle <= {cycle: UInt64}
    ORDER BY e.role, i.cycle, i.input_index`
  const { groupId: group, cycle, decisionId, arm } = decision
  const parameters = { group, cycle, decision: decisionId, arm }
  const rows = await selectInputs(analyst, rest, parameters, ', e.role AS role')
  // A plan of a person in the same cycle is a decision in force too: what both rest on is told once, as new if it was.
  const inputs = new Map<string, DecidedInput>()
  for (const { row, ...input } of rows) {
    const key = `${input.cycle} ${input.index}`
    if (!inputs.has(key)) inputs.set(key, { ...input, role: String(row.role) })
  }
  return [...inputs.values()]
}

async function policyOf(analyst: Analyst, decision: DecisionRecord): Promise<PolicyRecord> {
  const { policyId, policyVersion: version, policyDigest: digest, groupId, cycle } = decision
  const query = `
    SELECT source_name, position FROM policies
    WHERE group_id = {group: String} AND policy_id = {policy: String} AND policy_digest = {digest: String}
      AND policies.cycle <= {cycle: UInt64} AND disposition IN ('accepted', 'late')
    ORDER BY policies.cycle DESC LIMIT 1`
  const parameters = { group: groupId, policy: policyId, digest, cycle }
  const [row] = await analyst.rows<{ source_name: string; position: string }>(query, parameters)
  const position = row === undefined ? null : exactNumber(row.position)
  return { policyId, version, digest, source: row?.source_name ?? null, position }
}

async function eventsOf(analyst: Analyst, instructionId: string): Promise<EventRecord[]> {
  const query = `
    SELECT state, event_time, cycle, reason_code, execution_id FROM instruction_events
    WHERE instruction_id = {id: UUID} ORDER BY instruction_events.cycle, ordinal`
  return (await analyst.rows(query, { id: instructionId })).map((row) => ({
    state: String(row.state),
    eventTime: String(row.event_time),
    cycle: exactNumber(row.cycle),
    reasonCode: String(row.reason_code),
    executionId: row.execution_id === null ? null : String(row.execution_id),
  }))
}

async function executionsOf(
  analyst: Analyst,
  instructions: readonly InstructionRecord[],
): Promise<ExecutionRecord[]> {
  if (instructions.length === 0) return []
  const ids = instructions.map((instruction) => instruction.instructionId)
  return selectExecutions(analyst, 'instruction_id IN {ids: Array(UUID)}', { ids })
}

/** Accounts that the instructions move; for a decision without any, those that its new inputs touched. */
function accountsOf(instructions: readonly InstructionRecord[], inputs: readonly DecidedInput[]): string[] {
  const moved = instructions.flatMap(({ sourceAccountId, destinationAccountId }) => [
    sourceAccountId,
    destinationAccountId,
  ])
  const seen = inputs
    .filter((input) => input.role === 'new' && input.touched.startsWith('account:'))
    .map((input) => input.touched.slice('account:'.length))
  const accounts = moved.length > 0 ? moved : seen
  return [...new Set(accounts)].filter((account) => account !== '')
}

async function historyOf(
  analyst: Analyst,
  decision: DecisionRecord,
  accounts: readonly string[],
): Promise<InputRecord[]> {
  const rest = `
    WHERE i.group_id = {group: String} AND i.cycle <= {cycle: UInt64} AND i.disposition IN ('accepted', 'late')
      AND (i.touched IN {touched: Array(String)} OR i.record_id IN
      (
        SELECT toNullable(x.execution_id) FROM executions AS x
        INNER JOIN instructions AS n ON n.instruction_id = x.instruction_id
        WHERE n.group_id = {group: String}
          AND (n.source_account_id IN {accounts: Array(String)} OR n.destination_account_id IN {accounts: Array(String)})
      ))
    ORDER BY i.cycle, i.input_index`
  const touched = accounts.map((account) => `account:${account}`)
  const parameters = { group: decision.groupId, cycle: decision.cycle, accounts, touched }
  return (await selectInputs(analyst, rest, parameters)).map(({ row: _row, ...input }) => input)
}

async function effectOf(analyst: Analyst, key: InputKey): Promise<InputEffect> {
  const parameters = {
    group: key.groupId,
    cycle: key.cycle,
    index: key.index,
    partition: key.journalPartition,
  }
  const place = `group_id = {group: String} AND cycle = {cycle: UInt64} AND input_index = {index: UInt32}
    AND journal_partition = {partition: UInt32}`
  const conditions = place.replaceAll(/\b(group_id|cycle|input_index|journal_partition) =/g, 'i.$1 =')
  const [found] = await selectInputs(analyst, `WHERE ${conditions}`, parameters)
  const { row: _row, ...input } = found!
  const refusals = await analyst.rows<{ refusal: string }>(
    `SELECT concat(reason, ': ', detail) AS refusal FROM dead_letters WHERE ${place}`,
    parameters,
  )
  const edges = await analyst.rows<{ decision_id: string; role: string }>(
    `SELECT decision_id, role FROM decision_inputs
     WHERE group_id = {group: String} AND decision_inputs.cycle >= {cycle: UInt64}
       AND input_cycle = {cycle: UInt64} AND input_index = {index: UInt32}
       AND journal_partition = {partition: UInt32}`,
    parameters,
  )
  const decisionIds = edges.filter((edge) => edge.role === 'new').map((edge) => edge.decision_id)
  const decisions =
    decisionIds.length === 0
      ? []
      : await selectDecisions(analyst, 'decision_id IN {ids: Array(UUID)}', { ids: decisionIds })
  const instructions = await changedInstructions(analyst, input, decisionIds)
  return {
    input,
    refusal: refusals[0]?.refusal ?? '',
    decisions,
    instructions,
    executions: await executionsOf(analyst, instructions),
    restedOnBy: edges.length - decisionIds.length,
  }
}

/** Instructions of the decisions that saw the input first; for a report, also the one it is about. */
async function changedInstructions(
  analyst: Analyst,
  input: InputRecord,
  decisionIds: readonly string[],
): Promise<InstructionRecord[]> {
  const reported =
    input.stream === 'execution' && input.recordId !== null
      ? await selectExecutions(analyst, 'execution_id = {id: UUID}', { id: input.recordId })
      : []
  const ids = reported.map((execution) => execution.instructionId)
  if (decisionIds.length === 0 && ids.length === 0) return []
  return selectInstructions(
    analyst,
    'decision_id IN {decisions: Array(UUID)} OR instruction_id IN {ids: Array(UUID)}',
    { decisions: decisionIds, ids },
  )
}

function missingDecision(id: string): WeirError {
  return new WeirError('WEIR_NOT_FOUND', `decision ${id} is not projected yet`, {
    place: 'id',
    remedy: 'wait until the projection has caught up',
  })
}

/**
 * `weir lineage ID`: from an instruction or decision back to its inputs, from an input forward to its effects.
 * Depends on commander and on `sinks/clickhouse/queries`.
 */
import { type Command, Option } from 'commander'
import {
  type BackwardLineage,
  type DecidedInput,
  type ForwardLineage,
  type InputEffect,
  type LineageDepth,
  lineage,
} from '../sinks/clickhouse/queries/lineage.js'
import type {
  DecisionRecord,
  ExecutionRecord,
  InputRecord,
  InstructionRecord,
} from '../sinks/clickhouse/queries/records.js'
import { formatMinor, formatTable } from './amounts.js'
import { ANALYST_HELP, type AnalystFlags, addAnalystFlags, askAnalyst } from './analyst-flags.js'

interface LineageFlags extends AnalystFlags {
  readonly depth: string
}

/** More lines than this are for `--json`. */
const LINES_MAX = 30

export function register(program: Command): void {
  const command = program
    .command('lineage')
    .description(
      'walk from an instruction or decision back to its inputs, or from an input to what it changed',
    )
    .argument('<id>', 'instruction, decision, movement, report, execution or command id, or SOURCE:POSITION')
    .addOption(
      new Option('--depth <n>', '2: also every earlier input that touched the accounts')
        .choices(['1', '2'])
        .default('1'),
    )
  addAnalystFlags(command)
    .addHelpText(
      'after',
      `${ANALYST_HELP}

Examples:
  $ weir lineage 5f0c2a9e-...                          an instruction: decision, policy, inputs
  $ weir lineage --depth 2 5f0c2a9e-...                and everything that moved its accounts before
  $ weir lineage cash-movement/bank-a.avro:1234        a payment: what it changed`,
    )
    .action(run)
}

async function run(id: string, flags: LineageFlags): Promise<void> {
  const depth = Number(flags.depth) as LineageDepth
  const found = await askAnalyst(flags, (analyst) => lineage(analyst, id, depth))
  if (flags.json === true) process.stdout.write(`${JSON.stringify(found)}\n`)
  else process.stdout.write(found.kind === 'input' ? describeForward(found) : describeBackward(found))
}

function describeBackward(found: BackwardLineage): string {
  const { decision, policy, instructions, inputs, events, history } = found
  const origin = policy.source === null ? '' : `, from ${policy.source}:${policy.position}`
  const sections = [
    describeInstructions(instructions),
    events.length === 0
      ? ''
      : `Life: ${events.map((event) => `${event.state}${event.reasonCode === '' ? '' : ` (${event.reasonCode})`} ${event.eventTime.slice(11, 23)}`).join(' -> ')}\n`,
    describeDecision(decision),
    `Policy    ${policy.policyId} version ${policy.version}${origin}\n`,
    describeDecided('New inputs since the decision before', inputs, 'new'),
    describeDecided('Standing: latest input on everything else it rested on', inputs, 'standing'),
    history.length === 0
      ? ''
      : `Everything that touched the accounts up to then (${history.length})\n${inputTable(history)}`,
  ]
  return `${sections.filter((section) => section !== '').join('\n')}`
}

function describeInstructions(instructions: readonly InstructionRecord[]): string {
  return instructions
    .map((one) => {
      const way = [one.sourceAccountId, one.destinationAccountId].map((account) => account || one.channelId)
      return `Instruction ${one.instructionId}
  ${one.kind} ${formatMinor(one.amountMinor, one.currency)} ${one.currency}, ${way.join(' -> ')} over ${one.channelId} at ${one.venueId}
  ${one.state}${one.reasonCode === '' ? '' : ` (${one.reasonCode})`}, created ${one.createdAt}
`
    })
    .join('')
}

function describeDecision(decision: DecisionRecord): string {
  const { decisionId, groupId, cycle, decidedAt, outcome, reason, trigger } = decision
  return `Decision  ${decisionId}
  group ${groupId}, cycle ${cycle}, ${decidedAt}: ${outcome}, ${reason} (${trigger}); see: weir explain ${decisionId}
`
}

function describeDecided(title: string, inputs: readonly DecidedInput[], role: string): string {
  // Reference data stands longest and comes last: the newest of what stood is what people look for.
  const mine = inputs.filter((input) => input.role === role)
  if (role === 'standing') mine.reverse()
  return mine.length === 0 ? '' : `${title} (${mine.length})\n${inputTable(mine)}`
}

function inputTable(inputs: readonly InputRecord[]): string {
  const head = ['source', 'position', 'event time', 'what it changed', 'amount', '', 'id']
  const rows = inputs
    .slice(0, LINES_MAX)
    .map((input) => [
      input.source,
      String(input.position),
      input.eventTime ?? '',
      input.touched,
      input.amountMinor === null ? '' : formatMinor(input.amountMinor, input.currency),
      input.currency,
      input.recordId ?? '',
    ])
  const rest = inputs.length - rows.length
  const more = rest > 0 ? `... and ${rest} more: use --json\n` : ''
  return `${formatTable(head, rows, ['position', 'amount'])}${more}`
}

function describeForward(found: ForwardLineage): string {
  return found.effects.map(describeEffect).join('\n')
}

function describeEffect(effect: InputEffect): string {
  const { input, refusal, decisions, instructions, executions, restedOnBy } = effect
  const changed = input.touched === '' ? 'changed nothing' : `changed ${input.touched}`
  const parts = [
    `Input ${input.source}:${input.position}, ${input.stream}, group ${input.groupId}, cycle ${input.cycle}
  ${input.disposition}, ${changed}${refusal === '' ? '' : `: ${refusal}`}
${inputTable([input])}`,
    decisions.length === 0 ? 'No decision came of it yet.\n' : decisions.map(describeDecision).join(''),
    describeInstructions(instructions),
    executionTable(executions),
    restedOnBy === 0 ? '' : `Later decisions that rested on it: ${restedOnBy}\n`,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function executionTable(executions: readonly ExecutionRecord[]): string {
  if (executions.length === 0) return ''
  const head = ['execution', 'status', 'reason', 'time', 'source', 'position']
  const rows = executions
    .slice(0, LINES_MAX)
    .map((one) => [
      one.executionId,
      one.status,
      one.reasonCode,
      one.eventTime,
      one.source,
      String(one.position),
    ])
  const rest = executions.length - rows.length
  return `${formatTable(head, rows, ['position'])}${rest > 0 ? `... and ${rest} more: use --json\n` : ''}`
}

/**
 * `weir explain ID`: why a decision came out as it did, or the decision behind an instruction.
 * Depends on commander and on `sinks/clickhouse/queries`.
 */
import type { Command } from 'commander'
import { type DecisionExplanation, explain } from '../sinks/clickhouse/queries/explain.js'
import { formatMinor, formatNumber, formatTable } from './amounts.js'
import { ANALYST_HELP, type AnalystFlags, addAnalystFlags, askAnalyst } from './analyst-flags.js'

export function register(program: Command): void {
  const command = program
    .command('explain')
    .description('why a decision came out as it did: what it saw, what held it back, what it cost')
    .argument('<id>', 'id of a decision or of an instruction')
  addAnalystFlags(command).addHelpText('after', ANALYST_HELP).action(run)
}

async function run(id: string, flags: AnalystFlags): Promise<void> {
  const explanation = await askAnalyst(flags, (analyst) => explain(analyst, id))
  process.stdout.write(flags.json === true ? `${JSON.stringify(explanation)}\n` : describe(explanation))
}

function describe(explanation: DecisionExplanation): string {
  const { decision, text } = explanation
  const sections = [
    `Decision ${decision.decisionId}
  group ${decision.groupId}, cycle ${decision.cycle}, ${decision.decidedAt}
  ${decision.outcome}, ${decision.reason} (${decision.trigger}); policy ${decision.policyId} version ${decision.policyVersion}${besideNote(decision.arm)}
`,
    text === '' ? '' : `${text}\n`,
    describeInstructions(explanation),
    describeAccounts(explanation),
    describeBindings(explanation),
    describeCost(explanation),
    describeSolver(explanation),
  ]
  return sections.filter((section) => section !== '').join('\n')
}

/** A reader must not take what a policy on trial would have done for what was done. */
function besideNote(arm: string): string {
  return arm === '' ? '' : `\n  arm ${arm}: decided beside the policy in force, without effect`
}

function describeInstructions({ instructions }: DecisionExplanation): string {
  if (instructions.length === 0) return ''
  const head = ['instruction', 'kind', 'amount', '', 'from', 'to', 'over', 'state']
  const rows = instructions.map((one) => [
    one.instructionId,
    one.kind,
    formatMinor(one.amountMinor, one.currency),
    one.currency,
    one.sourceAccountId || one.channelId,
    one.destinationAccountId || one.channelId,
    one.channelId,
    one.state,
  ])
  return formatTable(head, rows, ['amount'])
}

function describeAccounts({ accounts }: DecisionExplanation): string {
  if (accounts.length === 0) return ''
  const amounts = ['available', 'projected', 'planned', 'floor', 'target', 'ceiling']
  const head = ['account', '', ...amounts, 'frozen']
  const rows = accounts.map((one) => [
    one.accountId,
    one.currency,
    ...[
      one.availableMinor,
      one.projectedMinor,
      one.plannedMinor,
      one.floorMinor,
      one.targetMinor,
      one.ceilingMinor,
    ].map((amount) => formatMinor(amount, one.currency)),
    one.frozen,
  ])
  return formatTable(head, rows, amounts)
}

function describeBindings({ bindings }: DecisionExplanation): string {
  if (bindings.length === 0) return ''
  const head = ['binding limit', 'shadow price', 'at', 'limit']
  const rows = bindings.map((one) => [
    one.row,
    formatNumber(one.shadowPrice),
    formatNumber(one.activity),
    formatNumber(one.limit),
  ])
  return `${formatTable(head, rows, head.slice(1))}(shadow price: what one unit more changes in the cost of a day, base currency; limits in units of 10^8 minor units)\n`
}

function describeCost({ decision, saving }: DecisionExplanation): string {
  if (decision.solverStatus === 'not-run') return 'No model was solved.\n'
  return `Cost of a day at the policy's prices, base currency
  plan ${formatNumber(decision.executedCost)}, LP bound ${formatNumber(decision.objective)}, doing nothing ${formatNumber(decision.doNothingCost)}, saving ${formatNumber(saving)}
`
}

function describeSolver({ solver }: DecisionExplanation): string {
  if (solver === null) return ''
  return `Optimizer
  ${solver.status}: ${solver.rows} rows, ${solver.columns} columns, ${solver.iterations} iterations in ${solver.solves} solves, ${formatNumber(solver.solveMicros)} microseconds
  residuals: primal ${solver.primalResidual.toExponential(1)}, dual ${solver.dualResidual.toExponential(1)}
  model ${solver.modelDigest}
  module ${solver.wasmDigest}
`
}

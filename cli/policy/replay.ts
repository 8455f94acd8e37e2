/** `weir policy replay`: what a policy would have done on the days of a run. Depends on the sandbox's backtest, the runtime and the optimizer. */
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import {
  comparePolicies,
  type DecidedCycle,
  type PolicyComparison,
  type PolicyOutcome,
} from '../../sandbox/backtest/policy-comparison.js'
import { storedDays } from '../../sandbox/backtest/stored-days.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import { formatMinor, formatNumber, formatTable } from '../amounts.js'
import { DEMO_DATA_DIR } from '../flags.js'
import { note, printJson, printText } from '../output.js'
import { readPolicyFile } from './files.js'
import { withStoredRun } from './stored-run.js'

/** How often a person who waits hears of it, cycles. */
const SAY_EVERY_CYCLES = 5_000

interface ReplayFlags {
  readonly dataDir?: string
  readonly json?: boolean
}

export function registerAt(policy: Command): void {
  policy
    .command('replay')
    .description('what a policy would have done on the days of a run, beside the policy of then')
    .argument('<file>', 'YAML file of a policy; the days are those of its group')
    .option('--data-dir <dir>', 'data directory of the run; the run must not be going on')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The data directory is ${DEMO_DATA_DIR} unless given. Costs and floors of both are told by the policy of then. Payments of others come as they
came; what that assumes is in docs/policy-trials.md.

Example:
  $ weir policy replay europe-v2.yaml --data-dir .weir/demo`,
    )
    .action(run)
}

async function run(file: string, { dataDir = DEMO_DATA_DIR, json }: ReplayFlags): Promise<void> {
  const { policy, text } = readPolicyFile(file)
  if (policy.groupId === '')
    throw new WeirError('WEIR_POLICY', `a policy of level ${policy.level} decides for no group`, {
      place: file,
      remedy: 'give the policy of a group',
    })
  const { policyId, version, groupId } = policy
  const comparison = await withStoredRun(dataDir, async (entries) => {
    const source = await storedDays(dataDir, groupId, entries)
    const { module: optimizer, digest: optimizerDigest } = await compileOptimizer()
    const environment = { optimizer, optimizerDigest, nowMicros: () => 0 }
    return comparePolicies(source, { policyId, version, document: text }, environment, (cycles) => {
      if (json !== true && cycles % SAY_EVERY_CYCLES === 0) note(`${cycles.toLocaleString('en-US')} cycles`)
    })
  })
  if (json === true) printJson(comparison)
  else printText(describe(comparison))
}

function describe(comparison: PolicyComparison): string {
  const { groupId, cycles, days, former, candidate, differences, baseCurrency } = comparison
  const currencies = new Set([...Object.keys(former.movedMinor), ...Object.keys(candidate.movedMinor)])
  const row = (name: string, value: (outcome: PolicyOutcome) => string) => [
    name,
    value(former),
    value(candidate),
  ]
  const count = (value: number) => value.toLocaleString('en-US')
  const head = ['', nameOf(former), nameOf(candidate)]
  const reasons = new Set([...Object.keys(former.refusals), ...Object.keys(candidate.refusals)])
  const rows = [
    row('decisions that acted', ({ decisions }) => count(decisions.acted)),
    row('nothing to do', ({ decisions }) => count(decisions.nothingToDo)),
    row('refused', ({ decisions }) => count(decisions.refused)),
    ...[...reasons]
      .sort()
      .map((reason) => row(`  ${reason}`, ({ refusals }) => count(refusals[reason] ?? 0))),
    row('instructions', ({ instructions }) => count(instructions)),
    ...[...currencies]
      .sort()
      .map((currency) =>
        row(`moved, ${currency}`, ({ movedMinor }) => formatMinor(movedMinor[currency] ?? 0, currency)),
      ),
    row(`cost, ${baseCurrency}`, ({ cost }) => formatNumber(cost)),
    row('minutes below floors', ({ belowFloorMinutes }) => count(belowFloorMinutes)),
    row('instructions unanswered at the end', ({ unanswered }) => count(unanswered)),
  ]
  const lines = [
    `Group ${groupId}, ${count(cycles)} cycles of ${days}; costs and floors by ${nameOf(former)}`,
    '',
    formatTable(head, rows, head.slice(1)),
    `${count(differences)} cycles would have been decided differently.`,
  ]
  for (const { cycle, closedAtMicros, former: was, candidate: would } of comparison.firstDifferences)
    lines.push(
      `  cycle ${cycle}, ${new Date(closedAtMicros / 1000).toISOString()}`,
      `    then ${inWords(was)}`,
      `    now  ${inWords(would)}`,
    )
  if (!comparison.reproduced)
    lines.push('The stored decisions did not come out again: another version of Weir made them.')
  return lines.join('\n')
}

function nameOf({ policyId, version }: PolicyOutcome): string {
  return `${policyId} v${version}`
}

function inWords(decided: DecidedCycle | null): string {
  if (decided === null) return 'nothing to decide'
  const { outcome, reason, moves } = decided
  const sent = moves.map(
    ({ kind, channelId, amountMinor, currency }) =>
      `${kind} ${formatMinor(amountMinor, currency)} ${currency} over ${channelId}`,
  )
  return [`${outcome} (${reason})`, ...sent].join(', ')
}

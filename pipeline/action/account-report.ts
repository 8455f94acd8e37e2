/**
 * A balance report can say what a silent venue does not: when the difference between the bank's balance and the books is the effect of
 * one UNKNOWN instruction and of nothing else, that instruction is settled.
 *
 * Any set of open instructions whose effects sum to the difference is an explanation. One that is not alone, or not of one
 * instruction, explains nothing: the account stays frozen and people look. Depends on the steps of the life cycle.
 */
import type { CycleCollector } from '../perception/outcome.js'
import type { GroupState, OpenInstruction } from '../perception/state.js'
import { advance, subjectOf } from './advance.js'
import { isOutstanding } from './life-cycle.js'

/** Open instructions on one account whose sets are looked at: 2^12 sums. With more, nothing is concluded. */
const MOST_CANDIDATES = 12

/** Settles the instructions that reports explain. Call it when the cycle's inputs are folded. */
export function settleByReports(collector: CycleCollector, outstanding: Iterable<OpenInstruction>): void {
  const open = [...outstanding].filter(({ state }) => isOutstanding(state))
  for (const instruction of open) {
    if (instruction.state !== 'UNKNOWN') continue
    const reportedAt = explainedAt(collector.state, instruction, open)
    if (reportedAt === undefined) continue
    settle(collector, instruction, reportedAt)
  }
}

interface Effect {
  readonly accountId: string
  readonly amountMinor: number
}

function effectsOf(instruction: OpenInstruction): Effect[] {
  const { sourceAccountId, destinationAccountId, amountMinor, counterAmountMinor } = instruction
  const effects: Effect[] = []
  if (sourceAccountId !== '') effects.push({ accountId: sourceAccountId, amountMinor: -amountMinor })
  if (destinationAccountId !== '')
    effects.push({ accountId: destinationAccountId, amountMinor: counterAmountMinor })
  return effects
}

/** Time of the report that shows the instruction's effect; undefined when no report does, or one speaks against it. */
function explainedAt(
  state: GroupState,
  instruction: OpenInstruction,
  open: readonly OpenInstruction[],
): number | undefined {
  const effects = effectsOf(instruction)
  const reported = effects.filter(({ accountId }) => hasReportedSince(state, accountId, instruction))
  // What a conversion brought is known only when the account that it credits has reported, too.
  const enough = instruction.kind === 'FX' ? effects.length : 1
  if (reported.length < enough) return undefined
  const shown = reported.every(
    (effect) =>
      state.accounts.get(effect.accountId)!.breakMinor === effect.amountMinor && isOnly(effect, open),
  )
  if (!shown) return undefined
  return Math.max(...reported.map(({ accountId }) => state.accounts.get(accountId)!.comparedAtMicros))
}

function hasReportedSince(state: GroupState, accountId: string, instruction: OpenInstruction): boolean {
  const account = state.accounts.get(accountId)
  return account !== undefined && account.comparedAtMicros > instruction.sentAtMicros
}

/** Whether no other set of open instructions has the same effect on the account. */
function isOnly({ accountId, amountMinor }: Effect, open: readonly OpenInstruction[]): boolean {
  const amounts = open.flatMap((other) =>
    effectsOf(other)
      .filter((effect) => effect.accountId === accountId)
      .map((effect) => effect.amountMinor),
  )
  if (amounts.length > MOST_CANDIDATES) return false
  let explanations = 0
  for (let set = 1; set < 1 << amounts.length; set++) {
    let sum = 0
    for (let bit = 0; bit < amounts.length; bit++) if ((set >> bit) & 1) sum += amounts[bit]!
    if (sum === amountMinor) explanations++
  }
  return explanations === 1
}

function settle(collector: CycleCollector, instruction: OpenInstruction, reportedAtMicros: number): void {
  const { state } = collector
  advance(collector, instruction, 'reported', {
    reasonCode: 'account-report',
    atMicros: reportedAtMicros,
    settlement: {
      settledMinor: instruction.amountMinor,
      counterSettledMinor: instruction.counterAmountMinor,
      eventTime: reportedAtMicros,
    },
  })
  for (const { accountId, amountMinor: effect } of effectsOf(instruction)) {
    const account = state.accounts.get(accountId)!
    if (account.breakMinor === effect) account.breakMinor = 0
  }
  collector.alert(
    'INFO',
    'settled-by-report',
    subjectOf(instruction),
    `${instruction.venueId} gave no answer; the balance report shows that it was settled.`,
  )
}

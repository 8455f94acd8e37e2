/**
 * Folds one decoded input into the state: duplicates have no effect, the rest is checked and applied.
 *
 * `executions` are folded by the action stage, downstream of this one, and are handed in as a function. Depends on
 * the folds of this folder.
 */
import type { Execution } from '../../schemas/generated/types.js'
import { EVERY_GROUP } from '../ports.js'
import { type DecodedInput, wasSeen } from './decoded-input.js'
import { foldCollateralAsset, foldQuote, foldValuation } from './fold-market.js'
import { foldExpectedFlow, foldMovement, foldReport } from './fold-money.js'
import {
  foldAccount,
  foldCalendar,
  foldCommand,
  foldConstraint,
  foldCounterparty,
  foldFacility,
  foldPolicy,
  foldRail,
} from './fold-reference.js'
import { type CycleCollector, Disposition, exactInteger, Refusal } from './outcome.js'

export interface Folded {
  readonly disposition: Disposition
  readonly touched: string
}

/** Applies a venue's report, or throws `Refusal`, and returns what it touched. */
export type ExecutionFold = (collector: CycleCollector, execution: Execution) => string

/**
 * Throws `Refusal` for an input that cannot be used; the state is then as it was. The id of a refused input is not kept:
 * it may be sent again once what it lacked is there.
 */
export function foldInput(
  collector: CycleCollector,
  input: DecodedInput,
  previousCloseMicros: number,
  foldExecution: ExecutionFold,
): Folded {
  exactInteger(input.eventTimeMicros, 'eventTime')
  exactInteger(input.sequence, 'sourceSequence')
  if (wasSeen(collector.state, input)) return { disposition: Disposition.DUPLICATE, touched: '' }
  const touched = apply(collector, input, foldExecution)
  if (input.id !== undefined) collector.state.seen[input.body.stream]?.add(...input.id)
  if (touched === '') return { disposition: Disposition.SUPERSEDED, touched }
  const late = input.eventTimeMicros < previousCloseMicros
  return { disposition: late ? Disposition.LATE : Disposition.ACCEPTED, touched }
}

/** Checks, then changes; returns what was touched, empty when a newer record is held already. */
function apply(collector: CycleCollector, input: DecodedInput, foldExecution: ExecutionFold): string {
  const { state } = collector
  const { body } = input
  switch (body.stream) {
    case 'cash-movement':
      return foldMovement(state, body.facts)
    case 'balance-report':
      return foldReport(collector, body.facts)
    case 'quote':
      return foldQuote(state, body.quote) ? `quote:${body.quote.instrument}` : ''
    case 'execution':
      return foldExecution(collector, body.record)
    default:
      return foldRecord(collector, body)
  }
}

type RecordBody = Exclude<
  DecodedInput['body'],
  { stream: 'cash-movement' | 'balance-report' | 'quote' | 'execution' }
>

function foldRecord(collector: CycleCollector, body: RecordBody): string {
  const { state } = collector
  const { groupId } = body.record
  const addressed = groupId === state.groupId || groupId === EVERY_GROUP
  if (!addressed)
    throw new Refusal('wrong-group', `addressed to group ${groupId}, delivered to ${state.groupId}`)
  switch (body.stream) {
    case 'expected-flow':
      return foldExpectedFlow(state, body.record)
    case 'collateral-valuation':
      return foldValuation(state, body.record)
    case 'collateral-asset':
      return foldCollateralAsset(state, body.record)
    case 'account':
      return foldAccount(state, body.record)
    case 'facility':
      return foldFacility(state, body.record)
    case 'rail':
      return foldRail(state, body.record)
    case 'calendar':
      return foldCalendar(state, body.record)
    case 'counterparty':
      return foldCounterparty(state, body.record)
    case 'regulatory-constraint':
      return foldConstraint(state, body.record)
    case 'policy':
      return foldPolicy(collector, body.record)
    case 'command':
      return foldCommand(collector, body.record)
  }
}

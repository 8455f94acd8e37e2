/**
 * Folds one decoded input into the state: duplicates have no effect, the rest is checked and applied.
 *
 * `executions` are folded by the action stage, downstream of this one, and are handed in as a function. Depends on
 * the folds of this folder.
 */
import type { Execution } from '../../schemas/generated/types.js'
import { EVERY_GROUP } from '../ports.js'
import { foldPolicy, foldRoster } from './changes.js'
import type { InputBody } from './decoded-input.js'
import { foldCommand } from './fold-command.js'
import { foldCollateralAsset, foldQuote, foldValuation } from './fold-market.js'
import { foldExpectedFlow, foldReport } from './fold-money.js'
import { MovementFold } from './fold-movement.js'
import {
  foldAccount,
  foldCalendar,
  foldConstraint,
  foldCounterparty,
  foldFacility,
  foldRail,
} from './fold-reference.js'
import type { InputColumns } from './input-columns.js'
import { type CycleCollector, Disposition, exactInteger, Refusal } from './outcome.js'

/** Applies a venue's report, or throws `Refusal`, and returns what it touched. */
export type ExecutionFold = (collector: CycleCollector, execution: Execution) => string

/** What folding one input came to. */
export interface Folded {
  disposition: Disposition
  /** What it changed; empty when nothing. */
  touched: string
}

/** Folds the rows of a cycle one after the other; what it keeps between them are names and the place for facts. */
export class InputFold {
  readonly #folded: Folded = { disposition: Disposition.ACCEPTED, touched: '' }
  readonly #movements = new MovementFold()

  /**
   * Folds a row. Throws `Refusal` for an input that cannot be used; the state is then as it was. The id of a refused input
   * is not kept: it may be sent again once what it lacked is there. The answer is valid until the next call.
   */
  fold(
    collector: CycleCollector,
    columns: InputColumns,
    row: number,
    previousCloseMicros: number,
    foldExecution: ExecutionFold,
  ): Readonly<Folded> {
    const folded = this.#folded
    const eventTimeMicros = columns.eventTimeMicros[row]!
    exactInteger(eventTimeMicros, 'eventTime')
    exactInteger(columns.sequence[row]!, 'sourceSequence')
    if (columns.isKnown(collector.state, row)) {
      folded.disposition = Disposition.DUPLICATE
      folded.touched = ''
      return folded
    }
    const body = columns.body[row]
    if (body === undefined) folded.touched = this.#movements.fold(collector.state, columns, row)
    else {
      folded.touched = foldBody(collector, body, foldExecution)
      if (body.stream === 'account' || body.stream === 'calendar') this.#movements.forget()
    }
    columns.makeKnown(collector.state, row)
    if (folded.touched === '') folded.disposition = Disposition.SUPERSEDED
    else folded.disposition = eventTimeMicros < previousCloseMicros ? Disposition.LATE : Disposition.ACCEPTED
    return folded
  }
}

/** Checks, then changes; returns what was touched, empty when a newer record is held already. */
function foldBody(collector: CycleCollector, body: InputBody, foldExecution: ExecutionFold): string {
  switch (body.stream) {
    case 'balance-report':
      return foldReport(collector, body.facts)
    case 'quote':
      return foldQuote(collector.state, body.quote) ? `quote:${body.quote.instrument}` : ''
    case 'execution':
      return foldExecution(collector, body.record)
    default:
      return foldRecord(collector, body)
  }
}

type RecordBody = Exclude<InputBody, { stream: 'balance-report' | 'quote' | 'execution' }>

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
    case 'roster':
      return foldRoster(collector, body.record)
    case 'policy':
      return foldPolicy(collector, body.record)
    case 'command':
      return foldCommand(collector, body.record)
  }
}

/**
 * Reads the facts of a hot record from its slot: the lanes that the generated codec filled (`schemas/generated/codecs.ts`).
 *
 * Strings come interned and ids as words; a cash movement makes no object at all.
 */
import { Interner } from '../../schemas/avro/text.js'
import {
  BalanceReportLane,
  CashMovementLane,
  type HotStream,
  QuoteLane,
} from '../../schemas/generated/codecs.js'
import { BalanceKindSymbols, QuoteKindSymbols } from '../../schemas/generated/schemas.js'
import type { IdWords } from '../identity.js'
import type { InputColumns } from './input-columns.js'

export class HotFacts {
  // One for each kind of name, because one such as the group or the feed often comes again at once.
  private readonly names = new Interner()
  private readonly groups = new Interner()
  private readonly feeds = new Interner()
  private readonly currencies = new Interner()

  /** Puts the record in `slot`, whose strings lie in `bytes`, into row `row`. */
  read(stream: HotStream, slot: Float64Array, bytes: Uint8Array, columns: InputColumns, row: number): void {
    if (stream === 'cash-movement') this.movement(slot, bytes, columns, row)
    else if (stream === 'quote') this.quote(slot, bytes, columns, row)
    else this.report(slot, bytes, columns, row)
  }

  private movement(slot: Float64Array, bytes: Uint8Array, columns: InputColumns, row: number): void {
    const lane = CashMovementLane
    const feedId = text(this.feeds, slot, bytes, lane.sourceId)
    columns.setHeader(row, 'cash-movement', slot[lane.eventTime]!, feedId, slot[lane.sourceSequence]!)
    setId(columns, row, slot, lane.movementId)
    columns.groupId[row] = text(this.groups, slot, bytes, lane.groupId)
    columns.accountId[row] = text(this.names, slot, bytes, lane.accountId)
    columns.currency[row] = text(this.currencies, slot, bytes, lane.currency)
    columns.amountMinor[row] = slot[lane.amountMinor]!
    columns.valueDate[row] = slot[lane.valueDate]!
    columns.expectedFlow[row] = optionalId(slot, lane.expectedFlowId)
    columns.body[row] = undefined
  }

  private report(slot: Float64Array, bytes: Uint8Array, columns: InputColumns, row: number): void {
    const lane = BalanceReportLane
    const eventTimeMicros = slot[lane.eventTime]!
    const feedId = text(this.feeds, slot, bytes, lane.sourceId)
    columns.setHeader(row, 'balance-report', eventTimeMicros, feedId, slot[lane.sourceSequence]!)
    setId(columns, row, slot, lane.reportId)
    columns.body[row] = {
      stream: 'balance-report',
      facts: {
        groupId: text(this.groups, slot, bytes, lane.groupId),
        accountId: text(this.names, slot, bytes, lane.accountId),
        currency: text(this.currencies, slot, bytes, lane.currency),
        kind: BalanceKindSymbols[slot[lane.kind]!]!,
        bookedMinor: slot[lane.bookedMinor]!,
        eventTimeMicros,
      },
    }
  }

  private quote(slot: Float64Array, bytes: Uint8Array, columns: InputColumns, row: number): void {
    const lane = QuoteLane
    const eventTimeMicros = slot[lane.eventTime]!
    const feedId = text(this.feeds, slot, bytes, lane.sourceId)
    columns.setHeader(row, 'quote', eventTimeMicros, feedId, slot[lane.sourceSequence]!)
    columns.body[row] = {
      stream: 'quote',
      quote: {
        instrument: text(this.names, slot, bytes, lane.instrument),
        kind: QuoteKindSymbols[slot[lane.kind]!]!,
        mid: slot[lane.mid]!,
        halfSpreadBp: [slot[lane.halfSpread1Bp]!, slot[lane.halfSpread2Bp]!, slot[lane.halfSpread3Bp]!],
        depthMinor: [slot[lane.depth1Minor]!, slot[lane.depth2Minor]!],
        eventTimeMicros,
      },
    }
  }
}

function text(names: Interner, slot: Float64Array, bytes: Uint8Array, lane: number): string {
  return names.intern(bytes, slot[lane]!, slot[lane + 1]!)
}

function setId(columns: InputColumns, row: number, slot: Float64Array, lane: number): void {
  columns.setId(row, slot[lane]!, slot[lane + 1]!, slot[lane + 2]!, slot[lane + 3]!)
}

/** Undefined for the id of sixteen zero bytes: it stands for none. */
function optionalId(slot: Float64Array, lane: number): IdWords | undefined {
  const [a, b, c, d] = [slot[lane]!, slot[lane + 1]!, slot[lane + 2]!, slot[lane + 3]!]
  return a === 0 && b === 0 && c === 0 && d === 0 ? undefined : [a, b, c, d]
}

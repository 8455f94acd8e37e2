/**
 * Reads the facts of a hot record from its slot: the lanes that the generated codec filled (`schemas/generated/codecs.ts`).
 *
 * Strings come interned and ids as words, so a record costs the objects it is folded from and nothing else.
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
import type { InputBody } from './decoded-input.js'

/** What every input has, and its body. */
export interface ReadInput {
  readonly eventTimeMicros: number
  readonly feedId: string
  readonly sequence: number
  readonly id: IdWords | undefined
  readonly body: InputBody
}

export class HotFacts {
  private readonly interner = new Interner()

  read(stream: HotStream, slot: Float64Array, bytes: Uint8Array): ReadInput {
    if (stream === 'cash-movement') return this.movement(slot, bytes)
    return stream === 'quote' ? this.quote(slot, bytes) : this.report(slot, bytes)
  }

  private text(slot: Float64Array, bytes: Uint8Array, lane: number): string {
    return this.interner.intern(bytes, slot[lane]!, slot[lane + 1]!)
  }

  private movement(slot: Float64Array, bytes: Uint8Array): ReadInput {
    const lane = CashMovementLane
    const eventTimeMicros = slot[lane.eventTime]!
    return {
      eventTimeMicros,
      feedId: this.text(slot, bytes, lane.sourceId),
      sequence: slot[lane.sourceSequence]!,
      id: idWords(slot, lane.movementId),
      body: {
        stream: 'cash-movement',
        facts: {
          groupId: this.text(slot, bytes, lane.groupId),
          accountId: this.text(slot, bytes, lane.accountId),
          currency: this.text(slot, bytes, lane.currency),
          amountMinor: slot[lane.amountMinor]!,
          valueDate: slot[lane.valueDate]!,
          expectedFlow: optionalId(slot, lane.expectedFlowId),
          eventTimeMicros,
        },
      },
    }
  }

  private report(slot: Float64Array, bytes: Uint8Array): ReadInput {
    const lane = BalanceReportLane
    const eventTimeMicros = slot[lane.eventTime]!
    return {
      eventTimeMicros,
      feedId: this.text(slot, bytes, lane.sourceId),
      sequence: slot[lane.sourceSequence]!,
      id: idWords(slot, lane.reportId),
      body: {
        stream: 'balance-report',
        facts: {
          groupId: this.text(slot, bytes, lane.groupId),
          accountId: this.text(slot, bytes, lane.accountId),
          currency: this.text(slot, bytes, lane.currency),
          kind: BalanceKindSymbols[slot[lane.kind]!]!,
          bookedMinor: slot[lane.bookedMinor]!,
          eventTimeMicros,
        },
      },
    }
  }

  private quote(slot: Float64Array, bytes: Uint8Array): ReadInput {
    const lane = QuoteLane
    const eventTimeMicros = slot[lane.eventTime]!
    return {
      eventTimeMicros,
      feedId: this.text(slot, bytes, lane.sourceId),
      sequence: slot[lane.sourceSequence]!,
      id: undefined,
      body: {
        stream: 'quote',
        quote: {
          instrument: this.text(slot, bytes, lane.instrument),
          kind: QuoteKindSymbols[slot[lane.kind]!]!,
          mid: slot[lane.mid]!,
          halfSpreadBp: [slot[lane.halfSpread1Bp]!, slot[lane.halfSpread2Bp]!, slot[lane.halfSpread3Bp]!],
          depthMinor: [slot[lane.depth1Minor]!, slot[lane.depth2Minor]!],
          eventTimeMicros,
        },
      },
    }
  }
}

function idWords(slot: Float64Array, lane: number): IdWords {
  return [slot[lane]!, slot[lane + 1]!, slot[lane + 2]!, slot[lane + 3]!]
}

/** Undefined for the id of sixteen zero bytes: it stands for none. */
function optionalId(slot: Float64Array, lane: number): IdWords | undefined {
  const words = idWords(slot, lane)
  return words.every((word) => word === 0) ? undefined : words
}

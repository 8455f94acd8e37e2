/**
 * From the LP's amounts to tickets: the segments of a channel are summed and rounded down to its step, so a source never pays
 * more than the LP allowed; tickets that are too small are named. Depends on plan and model.
 */
import { type Move, priceMove, stepsOf } from './plan.js'
import { MODEL_UNIT, type MoveColumn, type RebalancingModel } from './rebalancing-model.js'

/** LP amounts below this many units are noise of the solver: a hundredth of a minor unit. */
const NOISE = 1e-10

interface Ticket {
  readonly columns: MoveColumn[]
  amount: number
}

export interface Tickets {
  readonly moves: Move[]
  /** Columns of tickets that are too small to send. */
  readonly tooSmall: readonly number[]
}

/** Rounds a primal solution to tickets; those below the channel's minimum are named instead. */
export function toTickets(model: RebalancingModel, primal: Float64Array): Tickets {
  const tickets = new Map<string, Ticket>()
  for (const move of model.moves) {
    const channel = move.rail?.rail.reference.railId ?? move.facility!.facility.reference.facilityId
    const key = `${move.kind}:${channel}`
    let ticket = tickets.get(key)
    if (ticket === undefined) {
      ticket = { columns: [], amount: 0 }
      tickets.set(key, ticket)
    }
    ticket.columns.push(move)
    ticket.amount += Math.max(0, primal[move.column]!)
  }
  const moves: Move[] = []
  const tooSmall: number[] = []
  for (const ticket of tickets.values()) {
    if (ticket.amount <= NOISE) continue
    const { kind, rail, facility } = ticket.columns[0]!
    const { roundingMinor, minimumMinor, maximumMinor } = stepsOf({ kind, rail, facility })
    // The optimum may sit a rounding error beside a whole amount; never above the channel's own.
    const wholeMinor = Math.min(Math.floor((ticket.amount + NOISE) * MODEL_UNIT), maximumMinor)
    const amountMinor = wholeMinor - (wholeMinor % roundingMinor)
    if (amountMinor < minimumMinor) {
      for (const column of ticket.columns) tooSmall.push(column.column)
    } else {
      moves.push(priceMove(kind, rail, facility, amountMinor))
    }
  }
  return { moves, tooSmall }
}

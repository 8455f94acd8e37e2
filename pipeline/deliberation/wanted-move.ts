/** Moves as people choose them: what is asked for, without the channels and prices of now. Depends on plan. */
import { channelId, type Move } from './plan.js'

export type WantedMove = Pick<Move, 'kind' | 'amountMinor'> & { readonly channelId: string }

export function wantedMoves(moves: readonly Move[]): WantedMove[] {
  return moves.map((move) => ({
    kind: move.kind,
    channelId: channelId(move),
    amountMinor: move.amountMinor,
  }))
}

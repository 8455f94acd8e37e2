/** Moves as people choose them: what is asked for, without the channels and prices of now. Depends on plan. */
import { channelId, type Move } from './plan.js'

export type WantedMove = Pick<Move, 'kind' | 'amountMinor'> & {
  readonly channelId: string
  /** What of which asset, of a pledge or release: then the amount is what it was worth, and says nothing. */
  readonly assetId?: string
  readonly assetParts?: number
}

export function wantedMoves(moves: readonly Move[]): WantedMove[] {
  return moves.map((move) => {
    const { kind, amountMinor, collateral } = move
    const wanted = { kind, channelId: channelId(move), amountMinor }
    if (collateral === null) return wanted
    return { ...wanted, assetId: collateral.asset.assetId, assetParts: collateral.parts }
  })
}

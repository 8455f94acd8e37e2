/** Random numbers that follow from a seed: enough to lay out a benchmark, the same everywhere. Depends on nothing. */

export type Random = () => number

/** Park and Miller's minimal standard generator, in [0, 1). */
export function seededRandom(seed: number): Random {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

export const between = (random: Random, low: number, high: number) => low + (high - low) * random()

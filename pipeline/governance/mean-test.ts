/**
 * Whether the mean of bounded observations lies above or below a bound: a one-sided test that may be looked at after every observation.
 *
 * Two bettors start with 1. One stakes on values above the bound, the other on values below it, each by what was seen before. If the
 * mean is not where a bettor says, the wealth is a nonnegative supermartingale, and by Ville's inequality it ever reaches `1 / error`
 * with probability `error` at most. Stakes are the "approximate GRAPA" of Waudby-Smith and Ramdas, "Estimating means of bounded random
 * variables by betting", J. R. Stat. Soc. B 86(1), 2024; yes-or-no observations are the special case of 0 and 1.
 *
 * Only + - * / are used, so that the state has the same bytes on every machine. Pure; depends on nothing.
 */

export interface MeanTest {
  observations: number
  sum: number
  /** Squared deviations of the observations from the mean as it was estimated with each. */
  deviations: number
  /** Wealth of the bettor that the mean is above the bound. */
  above: number
  /** Wealth of the bettor that the mean is below the bound. */
  below: number
}

/** Part of what may be staked without ever losing all. */
const STAKE_MOST = 0.75
/** Of an estimate before the first observation, which weighs as much as one. */
const PRIOR_MEAN = 0.5
const PRIOR_VARIANCE = 0.25
/** Far above any threshold; keeps the sums finite in an endless trial. */
const WEALTH_MOST = 1e12

export function newMeanTest(): MeanTest {
  return { observations: 0, sum: 0, deviations: 0, above: 1, below: 1 }
}

/**
 * @param value from 0 to 1
 * @param bound above 0, below 1, and the same for all observations of a test
 */
export function observeMean(test: MeanTest, value: number, bound: number): void {
  const weight = test.observations + 1
  const lead = (PRIOR_MEAN + test.sum) / weight - bound
  const stake = lead / ((PRIOR_VARIANCE + test.deviations) / weight + lead * lead)
  const onAbove = clamp(stake, 0, STAKE_MOST / bound)
  const onBelow = clamp(-stake, 0, STAKE_MOST / (1 - bound))
  test.above = Math.min(WEALTH_MOST, test.above * (1 + onAbove * (value - bound)))
  test.below = Math.min(WEALTH_MOST, test.below * (1 + onBelow * (bound - value)))
  test.observations = weight
  test.sum += value
  const deviation = value - (PRIOR_MEAN + test.sum) / (weight + 1)
  test.deviations += deviation * deviation
}

export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}

/** Errors of the test of a mean, by simulation: how often it condemns what is fine, and how soon it sees what is not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../sandbox/random.js'
import { type MeanTest, newMeanTest, observeMean } from './mean-test.js'

const RUNS = 2_000

/** Observations until one of the two wealths reaches 20; `most` when neither does. */
function firstCrossing(
  draw: (random: Random) => number,
  bound: number,
  side: 'above' | 'below',
  run: number,
  most: number,
): number {
  const random = new Random('mean-test', run)
  const state = newMeanTest()
  for (let at = 1; at <= most; at++) {
    observeMean(state, draw(random), bound)
    if (state[side] >= 20) return at
  }
  return most + 1
}

function partThatCross(
  draw: (random: Random) => number,
  bound: number,
  side: 'above' | 'below',
  most: number,
): number {
  let crossed = 0
  for (let run = 0; run < RUNS; run++) if (firstCrossing(draw, bound, side, run, most) <= most) crossed++
  return crossed / RUNS
}

const rate = (chance: number) => (random: Random) => (random.uniform() < chance ? 1 : 0)

test('a mean exactly at its bound is called above it in at most 5 % of trials, however often one looks', () => {
  const half = (random: Random) => random.uniform()
  const skewed = (random: Random) => random.uniform() ** 3
  for (const [draw, bound] of [
    [rate(0.05), 0.05],
    [rate(0.01), 0.01],
    [rate(0.5), 0.5],
    [half, 0.5],
    [skewed, 0.25],
  ] as const) {
    const above = partThatCross(draw, bound, 'above', 400)
    const below = partThatCross(draw, bound, 'below', 400)
    // Three standard errors of a share of 5 % in 2,000 runs.
    assert.ok(above <= 0.05 + 0.015, `${bound}: ${above} above`)
    assert.ok(below <= 0.05 + 0.015, `${bound}: ${below} below`)
  }
})

test('a rate of four times its bound is found within 120 observations in nine of ten trials', () => {
  assert.ok(partThatCross(rate(0.2), 0.05, 'above', 120) >= 0.9)
})

test('a mean that is clearly below its bound is shown to be', () => {
  assert.ok(partThatCross((random) => random.uniform() * 0.5, 0.56, 'below', 60) >= 0.99)
})

test('the wealth is the product of the bets, each staked before its observation is seen', () => {
  const random = new Random('twin', 1)
  const values: number[] = []
  const state = newMeanTest()
  for (let at = 0; at < 200; at++) {
    const value = random.uniform()
    const before: MeanTest = { ...state }
    observeMean(state, value, 0.4)
    // The twin: the same from all values, as the paper writes it.
    const estimates = values.map((_, index) => mean(values.slice(0, index + 1)))
    const centre = values.length === 0 ? 0.5 : (estimates.at(-1) as number)
    const spread = values.reduce((sum, one, index) => sum + (one - (estimates[index] as number)) ** 2, 0.25)
    const stake = (centre - 0.4) / (spread / (values.length + 1) + (centre - 0.4) ** 2)
    const onAbove = Math.min(Math.max(stake, 0), 0.75 / 0.4)
    const expected = before.above * (1 + onAbove * (value - 0.4))
    assert.ok(Math.abs(state.above - Math.min(expected, 1e12)) <= 1e-9 * expected, `${at}`)
    values.push(value)
  }
})

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0.5) / (values.length + 1)
}

test('after a thousand observations of any kind the state is still finite and can be written as JSON', () => {
  for (const value of [0, 1]) {
    const state = newMeanTest()
    for (let at = 0; at < 1_000; at++) observeMean(state, value, 0.0001)
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state)
  }
})

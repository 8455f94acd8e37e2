/** Randomness: exact functions against the engine's, distributions against their moments, streams against each other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { exp, log, normalQuantile } from './exact-functions.js'
import { Random } from './random.js'

const close = (a: number, b: number, relative: number) =>
  assert.ok(Math.abs(a - b) <= relative * Math.max(Math.abs(b), 1e-3), `${a} is not ${b}`)

test('exp and log agree with the engine to its last digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) =>
      close(log(x), Math.log(x), 1e-13),
    ),
    { seed: 1, numRuns: 3000 },
  )
  fc.assert(
    fc.property(fc.double({ min: -600, max: 600, noNaN: true }), (x) => {
      assert.ok(Math.abs(exp(x) / Math.exp(x) - 1) < 3e-13)
    }),
    { seed: 2, numRuns: 3000 },
  )
})

test('the normal quantile has the textbook values and is odd', () => {
  for (const [p, z] of [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.99, 2.3263478740408408],
    [0.9999, 3.719016485455709],
    [0.001, -3.090232306167813],
  ]) {
    close(normalQuantile(p), z, 2e-9)
    close(normalQuantile(1 - p), -z, 2e-9)
  }
})

test('a stream is fixed by its parts, and parts are not run together', () => {
  const first = (random: Random) => Array.from({ length: 4 }, () => random.nextUint32())
  assert.deepEqual(first(new Random('day', 7)), first(new Random('day', 7)))
  assert.notDeepEqual(first(new Random('day', 7)), first(new Random('day', 8)))
  assert.notDeepEqual(first(new Random('ab', 'c')), first(new Random('a', 'bc')))
  // Golden numbers: a change of the generator changes every simulated day.
  assert.deepEqual(first(new Random('golden')), GOLDEN)
})

const GOLDEN = [711141878, 2732226745, 644643673, 952691759]

test('distributions have their moments', () => {
  const random = new Random('moments')
  const mean = (draw: () => number, count = 20_000) => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += draw()
    return sum / count
  }
  close(
    mean(() => random.uniform()),
    0.5,
    0.02,
  )
  close(
    mean(() => random.normal() ** 2),
    1,
    0.05,
  )
  close(
    mean(() => random.exponential(20)),
    20,
    0.05,
  )
  close(
    mean(() => random.poisson(3)),
    3,
    0.05,
  )
  close(
    mean(() => random.poisson(400)),
    400,
    0.01,
  )
  close(
    mean(() => log(random.logNormal(1.7)) ** 2),
    1.7 ** 2,
    0.05,
  )
  close(
    mean(() => log(random.pareto(1.4))),
    1 / 1.4,
    0.05,
  )
  close(
    mean(() => random.integer(1, 6)),
    3.5,
    0.02,
  )
})

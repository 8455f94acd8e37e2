/** Shortening fault lists, and fault lists as data. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FAULT_KINDS, type Fault, faultsOf, parseFaults } from './faults.js'
import { SHRINK_RUNS_MOST, shrink } from './shrink.js'

const listOf = (seed: number): Fault[] =>
  faultsOf({ seed, kinds: FAULT_KINDS, instances: 3, brokers: 3, activeMs: 60_000 })

test('what is left breaks still, and nothing of it can be left out', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(13), fc.nat(13), (seed, one, other) => {
      const faults = listOf(seed)
      const needed = new Set([faults[one % faults.length].atMs, faults[other % faults.length].atMs])
      const breaks = (candidate: readonly Fault[]): boolean =>
        [...needed].every((atMs) => candidate.some((fault) => fault.atMs === atMs))
      const { faults: shortest, runs } = shrink(faults, breaks)
      assert.ok(breaks(shortest))
      assert.ok(runs <= SHRINK_RUNS_MOST)
      for (let index = 0; index < shortest.length; index++)
        assert.ok(!breaks(shortest.filter((_, at) => at !== index)), 'a fault is not needed')
    }),
    { seed: 20260318, numRuns: 300 },
  )
})

test('what breaks without any fault has an empty list', () => {
  assert.deepEqual(shrink(listOf(3), () => true).faults, [])
})

test('a list follows from the seed and survives being written down', () => {
  for (let seed = 1; seed <= 50; seed++) {
    assert.deepEqual(listOf(seed), listOf(seed))
    assert.deepEqual(parseFaults(JSON.stringify(listOf(seed)), 'test'), listOf(seed))
  }
  assert.notDeepEqual(listOf(1), listOf(2))
  const drawn = new Set(
    Array.from({ length: 200 }, (_, seed) => listOf(seed)).flatMap((list) => list.map(({ kind }) => kind)),
  )
  assert.deepEqual(
    FAULT_KINDS.filter((kind) => !drawn.has(kind)),
    [],
  )
})

test('a list that is none is refused with its place', () => {
  const [good] = listOf(1)
  const wrong: [string, RegExp][] = [
    ['{', /no JSON/],
    ['{}', /not a list/],
    ['[3]', /not an object/],
    [JSON.stringify([{ ...good, kind: 'flood' }]), /kind is none of/],
    [JSON.stringify([{ ...good, atMs: 'soon' }]), /atMs is not a number/],
    [JSON.stringify([{ ...good, moment: 'later' }]), /moment is none of/],
    [JSON.stringify([{ ...good, target: 1 }]), /target is not a text/],
  ]
  for (const [text, message] of wrong)
    assert.throws(
      () => parseFaults(text, '--only'),
      (error: Error & { place?: string }) => {
        assert.match(error.message, message)
        assert.match(error.place ?? '', /^--only/)
        return true
      },
    )
})

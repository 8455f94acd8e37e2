/** Columns made of passes, and a native peer that fails. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WeirError } from '../../pipeline/errors.js'
import type { NativeDriver } from './native-driver.js'
import { Column, NativePasses } from './warm-passes.js'

const pass = (micros: number[], objective: number[]) => ({ micros, objective, iterations: [1, 2] })

test('an interruption of one pass is in the percentiles of all steps, and not in those of the medians', () => {
  const column = new Column('peer', 'peer')
  for (const second of [20, 4000, 21]) column.add(pass([10, second], [1, 2]))
  const { micros, stepMicros, pivotsMean, maxRelativeDifference } = column.result(column)
  assert.deepEqual([micros.samples, micros.p99], [6, 4000])
  assert.deepEqual([stepMicros.samples, stepMicros.p50, stepMicros.p99], [2, 10, 21])
  assert.deepEqual([pivotsMean, maxRelativeDifference], [1.5, 0])
})

test('the largest difference of any pass counts, and no optimum is the largest of all', () => {
  const reference = new Column('Weir fast', 'weir')
  reference.add(pass([1, 1], [4, 100]))
  const peer = new Column('peer', 'peer')
  peer.add(pass([1, 1], [4, 100]))
  peer.add(pass([1, 1], [4, 101]))
  assert.equal(peer.result(reference).maxRelativeDifference, 0.01)
  peer.add(pass([1, 1], [Number.NaN, 100]))
  assert.equal(peer.result(reference).maxRelativeDifference, Number.POSITIVE_INFINITY)
})

test('a native peer that fails says so, and is asked no more', async () => {
  let passes = 0
  const driver = {
    load: async () => {},
    pass: async () => {
      if (++passes === 2) throw new WeirError('WEIR_SOLVER', 'solve ended as failed')
      return { micros: [1], objective: [1], pivots: [0] }
    },
  } as unknown as NativeDriver
  const problem = { steps: [] } as unknown as Parameters<typeof NativePasses.open>[2]
  const native = await NativePasses.open('GLPK', driver, problem)
  assert.ok(native instanceof NativePasses)
  await native.pass()
  await native.pass()
  assert.deepEqual(native.failure, { name: 'GLPK', notMeasured: 'it failed: solve ended as failed' })
  assert.equal(passes, 2)
})

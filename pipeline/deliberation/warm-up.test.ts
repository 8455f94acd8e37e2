/** Warming up solves, ends, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import { LinearProgram } from '../../wasm-core/host/linear-program.js'
import { warmUp } from './warm-up.js'

test('it solves to an optimum each time, and stops when its time is over', async (context) => {
  const { module } = await compileOptimizer()
  const statuses: string[] = []
  const resolve = LinearProgram.prototype.resolve
  context.mock.method(LinearProgram.prototype, 'resolve', function (this: LinearProgram) {
    const status = resolve.call(this)
    statuses.push(status)
    return status
  })
  warmUp(module, () => 0)
  assert.ok(statuses.length >= 100)
  assert.ok(statuses.every((status) => status === 'optimal'))
  statuses.length = 0
  let nowMs = 0
  warmUp(module, () => (nowMs += 100))
  assert.ok(statuses.length < 5)
})

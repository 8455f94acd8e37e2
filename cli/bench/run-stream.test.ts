/** The measuring with contenders that only write down what they are asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChangeStep, readChanges } from '../../wasm-core/host/changes/change-stream.js'
import { readMps } from '../../wasm-core/host/mps/reader.js'
import type { Contender } from './contender.js'
import { describeResolve, exitCodeOf, resolveDocument } from './resolve-document.js'
import { runPass, runStream } from './run-stream.js'

class Scripted implements Contender {
  isOptimal = true
  status = 'optimal'
  objective = Number.NaN
  iterations = 0
  #step = 0

  constructor(
    readonly name: string,
    readonly log: string[],
    /** By step: objective, undefined for none; iterations. */
    readonly script: readonly (readonly [objective: number | undefined, iterations: number])[],
  ) {}

  restart(): void {
    this.log.push(`${this.name} restarts`)
    this.#step = 0
  }

  step(_change: ChangeStep): void {
    const [objective, iterations] = this.script[this.#step] as readonly [number | undefined, number]
    this.log.push(`${this.name}${this.#step++}`)
    this.isOptimal = objective !== undefined
    this.status = this.isOptimal ? 'optimal' : 'infeasible'
    this.objective = objective ?? 0
    this.iterations = iterations
  }

  dispose(): void {}
}

const mps = readMps('NAME t\nOBJSENSE MAX\nROWS\n N o\n L r\nCOLUMNS\n x o 1 r 1\nRHS\n S o -1\nENDATA\n', {
  source: 't',
})
const steps = readChanges(Buffer.from('{"rows":[[0,0,1]]}\n'.repeat(3)), mps.model, 's')
const script = [
  [2, 0],
  [4, 3],
  [undefined, 5],
] as const

test('contenders take turns in being first, after whole passes of warm-up', () => {
  const log: string[] = []
  const { warmUpSteps } = runStream(
    [new Scripted('a', log, script), new Scripted('b', log, script)],
    steps,
    4,
  )
  assert.equal(warmUpSteps, 6)
  const onePass = ['a restarts', 'b restarts', 'a0', 'b0', 'b1', 'a1', 'b2', 'a2']
  assert.deepEqual(log, [...onePass, ...onePass, ...onePass])
})

test('of three, each goes behind each other one as often', () => {
  const log: string[] = []
  const names = ['a', 'b', 'c']
  const one: Scripted['script'] = Array.from({ length: 6 }, () => [1, 0] as const)
  const six = Array.from({ length: 6 }, () => steps[0] as ChangeStep)
  runPass(
    names.map((name) => new Scripted(name, log, one)),
    six,
  )
  const turns = log.slice(names.length).map((entry) => entry[0] ?? '')
  const orders = six.map((_, k) => turns.slice(3 * k, 3 * k + 3).join(''))
  assert.deepEqual(orders, ['abc', 'bca', 'cab', 'cba', 'acb', 'bac'])
})

test('without a need for warm-up one pass is thrown away all the same', () => {
  const log: string[] = []
  const { warmUpSteps, records } = runStream([new Scripted('a', log, script)], steps, 0)
  assert.equal(warmUpSteps, 3)
  assert.equal(log.length, 8)
  assert.ok(records[0]?.micros.every((micros) => micros >= 0))
})

const context = { mps, answers: 'fast', peerName: 'b' } as const
const documentOf = (...scripts: Scripted['script'][]) =>
  resolveDocument(
    runStream(
      scripts.map((one, k) => new Scripted('ab'[k] ?? '', [], one)),
      steps,
      0,
    ),
    context,
  )

test('the document has the objectives in the sense of the file, pivots and statuses', () => {
  const document = documentOf(script)
  // maximize x + 1, so that -2 of the minimization is 3 of the file... and NaN is null.
  assert.deepEqual(document.objectives, [-1, -3, null])
  assert.deepEqual([document.pivots, document.zeroPivotSteps], [{ mean: 8 / 3, max: 5 }, 1])
  assert.deepEqual(document.statuses, { optimal: 2, infeasible: 1 })
  assert.deepEqual([document.peer, document.ratio], [undefined, undefined])
  const { p50, p99, p999, max, mean } = document.micros
  assert.ok(p50 <= p99 && p99 <= p999 && p999 <= max && mean <= max)
})

test('a peer that answers otherwise is told by the exit code', () => {
  const same = documentOf(script, script)
  assert.deepEqual([same.peer?.maxRelativeDifference, exitCodeOf(same)], [0, 0])
  assert.ok((same.ratio?.p50 ?? 0) > 0)
  const near = documentOf(script, [
    [2 + 1e-9, 0],
    [4, 3],
    [undefined, 1],
  ])
  assert.equal(exitCodeOf(near), 0)
  const far = documentOf(script, [
    [2, 0],
    [4.4, 3],
    [undefined, 1],
  ])
  assert.ok(Math.abs((far.peer?.maxRelativeDifference ?? 0) - 0.4 / 4.4) < 1e-12)
  assert.equal(exitCodeOf(far), 3)
  const other = documentOf(script, [
    [2, 0],
    [4, 3],
    [1, 1],
  ])
  assert.deepEqual([other.peer?.differentStatuses, exitCodeOf(other)], [1, 3])
  assert.match(describeResolve(other), /^DIFFERENT: 1 steps/m)
  assert.equal(exitCodeOf({ statuses: { optimal: 2, 'numerical-failure': 1 } }), 6)
})

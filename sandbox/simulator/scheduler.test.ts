/** Virtual time: order, determinism, and processes that stop, go on and die. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Process } from './process.js'
import { Scheduler } from './scheduler.js'

function drained(scheduler: Scheduler): void {
  while (scheduler.next());
}

function sampleRun(seed: number): { readonly order: number[]; readonly digest: string } {
  const scheduler = new Scheduler(seed)
  const order: number[] = []
  for (let index = 0; index < 200; index++)
    scheduler.after((index * 7919) % 13, `event ${index}`, () => {
      order.push(index)
      if (index % 5 === 0) scheduler.after(index % 3, `child of ${index}`, () => order.push(1_000 + index))
    })
  drained(scheduler)
  return { order, digest: scheduler.digest() }
}

test('the same seed gives the same run, another seed another order of equal times', () => {
  assert.deepEqual(sampleRun(1), sampleRun(1))
  assert.notDeepEqual(sampleRun(1).order, sampleRun(2).order)
  assert.notEqual(sampleRun(1).digest, sampleRun(2).digest)
})

test('time never runs backwards, and what was taken back does not happen', () => {
  const scheduler = new Scheduler(3)
  const times: number[] = []
  for (const delay of [5, 3, 9, 3, 0, 7])
    scheduler.after(delay, 'tick', () => times.push(scheduler.nowMicros))
  scheduler.after(4, 'taken back', () => assert.fail('it was taken back')).cancel()
  assert.equal(scheduler.next(-1), false)
  drained(scheduler)
  assert.deepEqual(times, [0, 3, 3, 5, 7, 9])
  assert.equal(scheduler.events, 6)
})

test('a stopped process does what waited when it goes on, a dead one nothing', () => {
  const scheduler = new Scheduler(4)
  const process = new Process('p', scheduler)
  const seen: string[] = []
  process.after(10, 'one', () => seen.push('one'))
  process.after(20, 'two', () => seen.push('two'))
  process.stop()
  scheduler.next(15)
  scheduler.next(25)
  assert.equal(seen.length, 0)
  process.continue()
  drained(scheduler)
  assert.deepEqual(seen, ['one', 'two'])
  process.after(10, 'three', () => seen.push('three'))
  process.kill()
  drained(scheduler)
  assert.deepEqual(seen, ['one', 'two'])
})

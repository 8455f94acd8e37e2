/** Time of an owner: that of the wall, never back, never still. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteadyClock } from './steady-clock.js'

class HandClock {
  wallMicros = 1_000_000_000
  ms = 0

  nowMicros(): number {
    return this.wallMicros
  }

  monotonicMs(): number {
    return this.ms
  }

  pass(ms: number): void {
    this.ms += ms
    this.wallMicros += ms * 1_000
  }
}

test('it is the wall clock as long as that is not behind', () => {
  const clock = new HandClock()
  const steady = new SteadyClock(clock, -1)
  for (let step = 0; step < 10; step++) {
    assert.equal(steady.nowMicros(), clock.wallMicros)
    clock.pass(7)
  }
  clock.wallMicros += 5_000_000
  assert.equal(steady.nowMicros(), clock.wallMicros)
})

test('set back by an hour it goes on at half speed until the wall has caught up, also in tiny steps', () => {
  const clock = new HandClock()
  const steady = new SteadyClock(clock, -1)
  const before = steady.nowMicros()
  clock.wallMicros -= 3_600_000_000
  for (let step = 0; step < 10_000; step++) {
    clock.pass(0.001)
    steady.nowMicros()
  }
  assert.equal(steady.nowMicros(), before + 5_000)
  clock.pass(2 * 3_600_000)
  assert.equal(steady.nowMicros(), clock.wallMicros)
})

test('an owner whose clock is behind the journal begins where the journal is', () => {
  const clock = new HandClock()
  const steady = new SteadyClock(clock, clock.wallMicros + 60_000_000)
  const first = steady.nowMicros()
  assert.equal(first, clock.wallMicros + 60_000_000)
  clock.pass(10_000)
  assert.equal(steady.nowMicros(), first + 5_000_000)
})

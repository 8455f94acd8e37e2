/**
 * Group commit against a writer that fails as told: each kind of fault has its one path, and no record is lost, doubled or
 * reordered on any of them. The real faults of a real broker are in `runtime/kafka/writer.test.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from '../../errors.js'
import { GroupCommit } from './group-commit.js'
import { RETRIES_MOST, RETRY_PAUSE_MS, UNCOMMITTED_BYTES_MOST } from './limits.js'
import type { BrokerFaultKind, Clock, Operation, OutgoingRecord, TransactionalWriter } from './ports.js'

type Outcome = 'done' | BrokerFaultKind | 'done, answer lost'

/** A broker's log and a writer to it whose requests come to what `outcomes` says, one after the other; then all succeed. */
class ScriptedWriter implements TransactionalWriter {
  readonly visible: OutgoingRecord[] = []
  readonly requests: string[] = []
  #open: OutgoingRecord[] = []
  #committed = false

  constructor(private readonly outcomes: Outcome[]) {}

  open(): Operation<void> {
    return { state: 'done' }
  }

  produce(record: OutgoingRecord): void {
    this.#committed = false
    this.#open.push(record)
  }

  commit(): Operation<void> {
    this.requests.push('commit')
    const outcome = this.outcomes.shift() ?? 'done'
    const takesEffect = outcome === 'done' || outcome === 'done, answer lost'
    if (takesEffect && !this.#committed) {
      this.visible.push(...this.#open)
      this.#open = []
      this.#committed = true
    }
    if (outcome === 'done') return { state: 'done' }
    return failed(outcome === 'done, answer lost' ? 'retriable' : outcome)
  }

  abort(): Operation<void> {
    this.requests.push('abort')
    const outcome = this.outcomes.shift() ?? 'done'
    if (outcome === 'retriable') return failed('retriable')
    if (outcome === 'fenced' || outcome === 'fatal') return failed(outcome)
    this.#open = []
    return { state: 'done' }
  }

  close(): void {}
}

function failed(kind: BrokerFaultKind): Operation<void> {
  return { state: 'failed', fault: { kind, error: new WeirError('WEIR_KAFKA', kind) } }
}

class TestClock implements Clock {
  nowMs = 0
  nowMicros(): number {
    return this.nowMs * 1_000
  }
  monotonicMs(): number {
    return this.nowMs
  }
}

const RECORDS_MOST = 100

class Desk {
  readonly clock = new TestClock()
  readonly writer: ScriptedWriter
  readonly commit: GroupCommit
  readonly told: number[] = []
  beforeWrites = 0
  #next = 0

  constructor(outcomes: Outcome[], waitMs = 0) {
    this.writer = new ScriptedWriter(outcomes)
    this.commit = new GroupCommit(
      this.writer,
      this.clock,
      { waitMs, recordsMost: RECORDS_MOST },
      () => this.beforeWrites++,
    )
  }

  add(bytes = 1): void {
    const number = this.#next++
    const value = Buffer.alloc(bytes)
    value[0] = number & 0xff
    this.commit.add({ topic: 'journal', partition: 0, key: null, value })
    this.commit.whenCommitted(() => this.told.push(number))
  }

  /** Steps, letting time pass to whatever is waited for, until nothing more happens. */
  settle(): void {
    for (let turns = 0; turns < 10_000; turns++) {
      if (this.commit.step()) continue
      const { wakeAtMs } = this.commit
      if (!Number.isFinite(wakeAtMs)) return
      this.clock.nowMs = Math.max(this.clock.nowMs + 1, wakeAtMs)
    }
    assert.fail('it does not come to rest')
  }

  get numbers(): number[] {
    return this.writer.visible.map(({ value }) => (value as Uint8Array)[0])
  }
}

test('what is added while a transaction is committed goes into the next one', () => {
  const desk = new Desk([])
  desk.add()
  desk.commit.step()
  desk.add()
  desk.add()
  desk.settle()
  assert.deepEqual(desk.writer.requests, ['commit', 'commit'])
  assert.deepEqual(desk.numbers, [0, 1, 2])
  assert.deepEqual(desk.told, [0, 1, 2])
  assert.equal(desk.beforeWrites, 2)
})

test('a transaction waits for company as long as it is told, and not while it is held', () => {
  const desk = new Desk([], 5)
  desk.add()
  assert.equal(desk.commit.step(), false)
  assert.equal(desk.commit.wakeAtMs, 5)
  desk.clock.nowMs = 5
  desk.commit.held = true
  assert.equal(desk.commit.step(), false)
  assert.equal(desk.commit.wakeAtMs, Number.POSITIVE_INFINITY)
  desk.commit.held = false
  desk.settle()
  assert.deepEqual(desk.numbers, [0])
})

test('a transaction that has no room for more waits for no company', () => {
  const desk = new Desk([], 5)
  for (let number = 1; number < RECORDS_MOST; number++) desk.add()
  assert.equal(desk.commit.step(), false)
  desk.add()
  assert.equal(desk.commit.step(), true)
  assert.equal(desk.commit.step(), true)
  assert.equal(desk.told.length, RECORDS_MOST)
})

test('what is in a hurry waits for no company, and what is added after its transaction does again', () => {
  const desk = new Desk([], 5)
  desk.add()
  desk.add()
  desk.commit.hurry()
  assert.equal(desk.commit.step(), true)
  assert.equal(desk.commit.step(), true)
  assert.deepEqual(desk.told, [0, 1])
  desk.add()
  assert.equal(desk.commit.step(), false)
  assert.equal(desk.commit.wakeAtMs, 5)
})

test('retriable: the same commit is asked for again after a pause, and an answer that was lost doubles nothing', () => {
  const desk = new Desk(['retriable', 'done, answer lost'])
  desk.add()
  desk.settle()
  assert.deepEqual(desk.writer.requests, ['commit', 'commit', 'commit'])
  assert.deepEqual(desk.numbers, [0])
  assert.deepEqual(desk.told, [0])
  assert.ok(desk.clock.nowMs >= 2 * RETRY_PAUSE_MS)
})

test('retriable for ever: given up after a bound', () => {
  const desk = new Desk(new Array<Outcome>(RETRIES_MOST + 10).fill('retriable'))
  desk.add()
  desk.settle()
  assert.equal(desk.commit.fault?.kind, 'retriable')
  assert.equal(desk.writer.requests.length, RETRIES_MOST + 1)
  assert.deepEqual(desk.told, [])
})

test('abortable: aborted, and the same records written again', () => {
  const desk = new Desk(['abortable', 'retriable', 'done'])
  desk.add()
  desk.add()
  desk.settle()
  assert.deepEqual(desk.writer.requests, ['commit', 'abort', 'abort', 'commit'])
  assert.deepEqual(desk.numbers, [0, 1])
  assert.deepEqual(desk.told, [0, 1])
})

test('abortable after a commit that may have happened: over, because the same records could be there already', () => {
  const desk = new Desk(['done, answer lost', 'abortable'])
  desk.add()
  desk.settle()
  assert.deepEqual(desk.writer.requests, ['commit', 'commit'])
  assert.equal(desk.commit.fault?.kind, 'abortable')
  assert.deepEqual(desk.numbers, [0])
})

for (const kind of ['fenced', 'fatal', 'refused'] as const) {
  test(`${kind}: over at once, nothing is asked for or told any more`, () => {
    const desk = new Desk([kind])
    desk.add()
    desk.settle()
    desk.add()
    desk.settle()
    assert.equal(desk.commit.fault?.kind, kind)
    assert.deepEqual(desk.writer.requests, ['commit'])
    assert.deepEqual(desk.told, [])
  })
}

test('room ends with what waits, and comes back when it is committed', () => {
  const desk = new Desk([])
  desk.add(UNCOMMITTED_BYTES_MOST)
  assert.equal(desk.commit.hasRoom, false)
  desk.settle()
  assert.equal(desk.commit.hasRoom, true)
  assert.equal(desk.commit.isIdle, true)
})

test('room ends with as many records as a transaction may have', () => {
  const desk = new Desk([])
  for (let index = 1; index < RECORDS_MOST; index++) desk.add()
  assert.equal(desk.commit.hasRoom, true)
  desk.add()
  assert.equal(desk.commit.hasRoom, false)
  desk.commit.step()
  assert.equal(desk.commit.hasRoom, true)
})

test('whatever the writer does: visible records are a prefix of what was added, each once, and told only when visible', () => {
  const outcome = fc.constantFrom<Outcome>(
    'done',
    'done, answer lost',
    'retriable',
    'abortable',
    'fenced',
    'fatal',
  )
  fc.assert(
    fc.property(
      fc.array(outcome, { maxLength: 20 }),
      fc.array(fc.nat({ max: 4 }), { maxLength: 20 }),
      (outcomes, plan) => {
        const desk = new Desk([...outcomes])
        let added = 0
        for (const count of plan) {
          for (let index = 0; index < count; index++) {
            desk.add()
            added++
          }
          desk.commit.step()
          desk.clock.nowMs += RETRY_PAUSE_MS
        }
        desk.settle()
        const all = Array.from({ length: added }, (_, index) => index)
        assert.deepEqual(desk.numbers, all.slice(0, desk.numbers.length))
        assert.deepEqual(desk.told, all.slice(0, desk.told.length))
        assert.ok(desk.told.length <= desk.numbers.length)
        if (desk.commit.fault === undefined) assert.equal(desk.told.length, added)
      },
    ),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Alert } from '../../schemas/generated/types.js'
import { alertNotification, isWanted } from './notification.js'
import { Outbox, WAITING_MOST } from './outbox.js'

const JOURNAL = '01234567-89ab-8def-8123-456789abcdef'

function alert(cycle: number, changed: Partial<Alert> = {}): Alert {
  const about = {
    severity: 'CRITICAL' as const,
    code: 'floor-cannot-be-held',
    subject: 'account:A',
    message: 'No rail.',
  }
  return { groupId: 'G', cycle, ordinal: 0, raisedAt: 1_780_000_000_000_000 + cycle, ...about, ...changed }
}

const after = (sequence: number) => ({ sequence, offset: -1, checksum: 0 })

/** Entries from `from` on, one alert each. */
function flood(outbox: Outbox, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) outbox.take(JOURNAL, 0, [alert(i)], after(i + 1))
}

/** How many alerts a body tells of. */
function toldIn(body: string): number {
  const { type, data } = JSON.parse(body) as { type: string; data: { count: number } }
  return type === 'alert.raised' ? 1 : data.count
}

test('a rule wants what is urgent enough and of its codes', () => {
  const all = { leastSeverity: 'INFO' as const, codes: [] }
  assert.equal(isWanted(all, alert(1, { severity: 'INFO' })), true)
  assert.equal(isWanted({ ...all, leastSeverity: 'WARNING' }, alert(1, { severity: 'INFO' })), false)
  assert.equal(isWanted({ ...all, leastSeverity: 'WARNING' }, alert(1, { severity: 'WARNING' })), true)
  assert.equal(isWanted({ ...all, leastSeverity: 'CRITICAL' }, alert(1, { severity: 'WARNING' })), false)
  assert.equal(isWanted({ ...all, codes: ['gap'] }, alert(1)), false)
  assert.equal(isWanted({ ...all, codes: ['gap', 'floor-cannot-be-held'] }, alert(1)), true)
})

test('an alert has one id and one body wherever it is made, and another place has another id', () => {
  const { id, body } = alertNotification(JOURNAL, alert(7))
  assert.match(id, /^ntf_[0-9a-f]{32}$/)
  assert.deepEqual(alertNotification(JOURNAL, alert(7)), alertNotification(JOURNAL, { ...alert(7) }))
  assert.deepEqual(JSON.parse(body).data.groupId, 'G')
  const others = [
    alert(8),
    alert(7, { ordinal: 1 }),
    alert(7, { groupId: 'G7' }),
    alert(7, { groupId: 'G\u00007' }),
  ]
  const ids = new Set([
    id,
    ...others.map((other) => alertNotification(JOURNAL, other).id),
    alertNotification('x', alert(7)).id,
  ])
  assert.equal(ids.size, 6)
})

test('a flood of 10,000 alerts is bounded: the oldest one by one, the rest as one loud sum', () => {
  const outbox = new Outbox()
  flood(outbox, 10_000)
  assert.equal(outbox.waiting, WAITING_MOST)
  assert.equal(outbox.omitted, 10_000 - WAITING_MOST)
  assert.ok(JSON.stringify(outbox.state()).length < 1_000_000)
  const bodies: string[] = []
  for (let head = outbox.head; head !== undefined; head = outbox.head) {
    bodies.push(head.body)
    outbox.delivered(head.id)
  }
  assert.equal(bodies.length, WAITING_MOST + 1)
  const sum = JSON.parse(bodies.at(-1) ?? '')
  assert.equal(sum.type, 'alerts.omitted')
  assert.deepEqual([sum.data.count, sum.data.critical], [9_000, 9_000])
  assert.equal(
    bodies.reduce((total, body) => total + toldIn(body), 0),
    10_000,
  )
})

test('a slow target in a lasting flood gets few sums, not one after each alert', () => {
  const outbox = new Outbox()
  let sums = 0
  for (let i = 0; i < 10_000; i++) {
    flood(outbox, 3, 3 * i)
    const head = outbox.head
    assert.ok(head)
    if (head.body.includes('alerts.omitted')) sums += 1
    outbox.delivered(head.id)
  }
  assert.ok(sums > 0 && sums < 30, `${sums} sums`)
})

test('whatever comes, is delivered, given up or restarted, every alert is told once, alone or in a sum', () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('take'), count: fc.integer({ min: 1, max: 700 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('deliver'), count: fc.integer({ min: 1, max: 700 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('giveUp'), count: fc.integer({ min: 1, max: 5 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), count: fc.constant(1) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let outbox = new Outbox()
      let taken = 0
      let told = 0
      const ids = new Set<string>()
      const deliver = (): void => {
        const head = outbox.head
        if (head === undefined) return
        assert.ok(!ids.has(head.id), 'two notifications have one id')
        ids.add(head.id)
        told += toldIn(head.body)
        outbox.delivered(head.id)
      }
      for (const { kind, count } of steps) {
        if (kind === 'restart') outbox = new Outbox(JSON.parse(JSON.stringify(outbox.state())))
        if (kind === 'take') {
          flood(outbox, count, taken)
          taken += count
        }
        for (let i = 0; i < count && kind === 'deliver'; i++) deliver()
        for (let i = 0; i < count && kind === 'giveUp'; i++) outbox.giveUp(outbox.head?.id ?? '')
        assert.ok(outbox.waiting <= WAITING_MOST)
      }
      while (outbox.head !== undefined) deliver()
      assert.equal(told, taken)
      assert.equal(outbox.omitted, 0)
    }),
    { numRuns: 100 },
  )
})

test('entries that were taken are passed over, and another journal is refused', () => {
  const outbox = new Outbox()
  flood(outbox, 3)
  flood(outbox, 3)
  assert.equal(outbox.waiting, 3)
  assert.equal(outbox.placeOf(0, JOURNAL)?.sequence, 3)
  assert.equal(outbox.placeOf(1, JOURNAL), undefined)
  assert.throws(() => outbox.placeOf(0, 'another'), /of another journal/)
})

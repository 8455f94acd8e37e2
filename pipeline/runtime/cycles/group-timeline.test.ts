/**
 * Cycles of a group: whatever the order in which things become known, the same cycles come out, and each holds what it
 * must by the definition of the grid.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCycle } from './cycle-codec.js'
import { sealedUntil } from './grid.js'
import { type ClosedCycle, FRESH_START, GroupTimeline } from './group-timeline.js'

const SECOND = 1_000_000
const timing = { cycleMicros: 5 * SECOND, heartbeatMicros: 60 * SECOND, drainMicros: 180 * SECOND }
const LATENCY = 2 * SECOND
const CONFIGURATION = new Uint8Array(32).fill(7)
const START = 1_773_820_800 * SECOND

interface FileInput {
  readonly at: number
  readonly size: number
}

/** What cycle `n` causes: a pure function of its number and inputs, as the real agent and bank are. */
function reportsOf(closed: ClosedCycle, every: number): { eventTimeMicros: number; executionId: string }[] {
  if (closed.inputs === 0 || closed.cycle % every !== 0 || closed.cycle > 40) return []
  return [0, 1, 2].map((index) => ({
    eventTimeMicros: closed.closedAtMicros + LATENCY + index * 7 * SECOND * (closed.cycle % 5),
    executionId: `${closed.cycle}-${index}`,
  }))
}

/** Runs a timeline with choices about who goes first taken from `choices`. */
function run(inputs: readonly FileInput[], every: number, choices: readonly number[]): ClosedCycle[] {
  const timeline = new GroupTimeline(
    'g',
    { timing, venueLatencyMicros: LATENCY, collectsOnly: false, configuration: CONFIGURATION },
    FRESH_START,
  )
  const closed: ClosedCycle[] = []
  const unknown: ClosedCycle[] = []
  let [read, turn, finished] = [0, 0, false]
  const feed = (): boolean => {
    if (finished) return false
    if (read === inputs.length) {
      const last = inputs.at(-1)?.at ?? START
      timeline.finish(sealedUntil(last, timing.cycleMicros) + timing.cycleMicros)
      finished = true
      return true
    }
    const { at, size } = inputs[read]
    timeline.seal(sealedUntil(at, timing.cycleMicros))
    timeline.addInput(0, read++, at, Buffer.alloc(size, read))
    return true
  }
  const learn = (): boolean => {
    const oldest = unknown.shift()
    if (oldest === undefined) return false
    const reports = reportsOf(oldest, every)
    for (const report of reports)
      timeline.addReport({ source: 9, payload: Buffer.from(report.executionId), ...report })
    timeline.effectsKnown(unknown.length)
    return true
  }
  const close = (): boolean => {
    const cycle = timeline.close()
    if (cycle === undefined) return false
    closed.push(cycle)
    unknown.push(cycle)
    return true
  }
  const moves = [feed, learn, close]
  while (!(finished && timeline.done)) {
    const first = (choices[turn++ % choices.length] ?? 0) % 3
    const moved = moves[first]() || moves[(first + 1) % 3]() || moves[(first + 2) % 3]()
    assert.ok(moved, 'the timeline is stuck')
  }
  return closed
}

function describe(cycle: ClosedCycle): string {
  const { inputs, configuration } = decodeCycle(cycle.bytes)
  assert.deepEqual(configuration, Buffer.from(CONFIGURATION))
  const list = inputs.map(
    (one) => `${one.source}/${one.position}@${one.arrivedAt - START}+${one.payload.length}`,
  )
  return `${cycle.cycle} ${cycle.closedAtMicros - START} ${list.join(' ')}`
}

const anyInputs = fc
  .array(fc.record({ gap: fc.oneof(fc.nat(3 * SECOND), fc.nat(200 * SECOND)), size: fc.nat(50) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let at = START
    return steps.map(({ gap, size }) => {
      at += gap
      return { at, size }
    })
  })

test('any order of reading, learning and closing gives the same cycles', () => {
  fc.assert(
    fc.property(
      anyInputs,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(2), { minLength: 1, maxLength: 50 }),
      (inputs, every, choices) => {
        // All files first, then every effect before the next cycle: nothing runs ahead.
        const oneByOne = run(inputs, every, [0, 1])
        assert.deepEqual(run(inputs, every, choices).map(describe), oneByOne.map(describe))
      },
    ),
    { seed: 13, numRuns: 800 },
  )
})

test('every cycle is right by itself: on the grid, holding exactly what arrived since the last one', () => {
  fc.assert(
    fc.property(anyInputs, fc.integer({ min: 1, max: 4 }), (inputs, every) => {
      const closed = run(inputs, every, [2, 0, 1])
      const arrivals: { at: number; source: number }[] = inputs.map(({ at }) => ({ at, source: 0 }))
      for (const cycle of closed)
        for (const { eventTimeMicros } of reportsOf(cycle, every))
          arrivals.push({ at: eventTimeMicros, source: 9 })
      const end = sealedUntil(inputs.at(-1)?.at ?? 0, timing.cycleMicros) + timing.cycleMicros
      let previous = -1
      for (const [index, cycle] of closed.entries()) {
        assert.equal(cycle.cycle, index)
        assert.equal(cycle.closedAtMicros % timing.cycleMicros, 0)
        assert.ok(cycle.closedAtMicros > previous)
        if (previous >= 0) assert.ok(cycle.closedAtMicros - previous <= timing.heartbeatMicros)
        const expected = arrivals.filter(({ at }) => at >= previous && at < cycle.closedAtMicros)
        expected.sort((a, b) => a.at - b.at || a.source - b.source)
        const { inputs: held } = decodeCycle(cycle.bytes)
        assert.deepEqual(
          held.map(({ arrivedAt, source }) => ({ at: arrivedAt, source })),
          expected,
        )
        // A cycle with inputs is never wider than a cell: it holds nothing that arrived before its own cell.
        for (const { arrivedAt } of held) assert.ok(arrivedAt >= cycle.closedAtMicros - timing.cycleMicros)
        previous = cycle.closedAtMicros
      }
      assert.ok(closed.some((cycle) => cycle.closedAtMicros === end))
      const undelivered = arrivals.filter(({ at }) => at >= previous)
      assert.ok(undelivered.every(({ at }) => at >= end + timing.drainMicros))
    }),
    { seed: 14, numRuns: 800 },
  )
})

test('a silent group stops its heartbeats after a day and wakes with its next input', () => {
  const day = 24 * 3600 * SECOND
  const closed = run(
    [
      { at: START, size: 1 },
      { at: START + 300 * day, size: 1 },
    ],
    1000,
    [0],
  )
  assert.ok(closed.length < 2 * 24 * 60 + 10, `${closed.length} cycles`)
  assert.ok(closed.length > 24 * 60)
  assert.ok(
    closed.some((cycle) => cycle.closedAtMicros === START + 300 * day + 5 * SECOND && cycle.inputs === 1),
  )
})

test('a restart in the middle goes on with the same cycles', () => {
  const inputs = Array.from({ length: 40 }, (_, index) => ({
    at: START + index * 11 * SECOND,
    size: index % 7,
  }))
  const whole = run(inputs, 2, [0, 2, 1])
  for (let stop = 1; stop < whole.length; stop += 5) {
    const journaled = whole.slice(0, stop)
    const last = journaled[stop - 1]
    const positions = new Map<number, number>()
    let activeAtMicros = -1
    for (const cycle of journaled) {
      if (cycle.inputs > 0) activeAtMicros = cycle.closedAtMicros
      for (const one of decodeCycle(cycle.bytes).inputs)
        if (one.source === 9) positions.set(9, one.position + 1)
    }
    const timeline = new GroupTimeline(
      'g',
      { timing, venueLatencyMicros: LATENCY, collectsOnly: false, configuration: CONFIGURATION },
      { nextCycle: stop, closedAtMicros: last.closedAtMicros, activeAtMicros, positions, outstanding: 0 },
    )
    const add = (cycle: ClosedCycle) => {
      for (const report of reportsOf(cycle, 2))
        if (report.eventTimeMicros >= timeline.closedAtMicros)
          timeline.addReport({ source: 9, payload: Buffer.from(report.executionId), ...report })
    }
    for (const cycle of journaled) add(cycle)
    for (const [position, { at, size }] of inputs.entries())
      if (at >= last.closedAtMicros) timeline.addInput(0, position, at, Buffer.alloc(size, position + 1))
    timeline.finish(sealedUntil(inputs[39].at, timing.cycleMicros) + timing.cycleMicros)
    const rest: ClosedCycle[] = []
    for (let cycle = timeline.close(); cycle !== undefined; cycle = timeline.close()) {
      rest.push(cycle)
      add(cycle)
      timeline.effectsKnown(0)
    }
    assert.deepEqual([...journaled, ...rest].map(describe), whole.map(describe))
  }
})

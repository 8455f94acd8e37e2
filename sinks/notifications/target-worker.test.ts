/** Hours of failures in a moment: time and chance are given. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryFiles } from '../audit/testing/memory-files.js'
import { DELIVERED, type Delivery, failed, type Target } from './delivery.js'
import type { Notification } from './notification.js'
import { OutboxFile } from './outbox-file.js'
import { TargetWorker } from './target-worker.js'

const JOURNAL = '01234567-89ab-8def-8123-456789abcdef'

interface Attempt {
  readonly atMs: number
  readonly id: string
  readonly body: string
}

class Bench {
  nowMs = 0
  readonly attempts: Attempt[] = []
  readonly warnings: string[] = []
  readonly file: OutboxFile
  readonly worker: TargetWorker

  private constructor(
    file: OutboxFile,
    answer: (attempt: number, nowMs: number) => Delivery,
    perMinute: number,
    random: number,
  ) {
    this.file = file
    const channel = {
      deliver: async ({ id, body }: Notification): Promise<Delivery> => {
        this.attempts.push({ atMs: this.nowMs, id, body })
        return answer(this.attempts.length, this.nowMs)
      },
    }
    const target: Target = { name: 'desk', rule: { leastSeverity: 'INFO', codes: [] }, perMinute, channel }
    this.worker = new TargetWorker(target, file, {
      nowMs: () => this.nowMs,
      random: () => random,
      wait: async () => undefined,
      signal: new AbortController().signal,
      log: {
        info: () => undefined,
        warn: (fields, message) => void this.warnings.push(`${message} ${JSON.stringify(fields)}`),
      },
    })
  }

  static async of(
    answer: (attempt: number, nowMs: number) => Delivery,
    { perMinute = 600, random = 0.5, alerts = 1, files = new MemoryFiles() } = {},
  ): Promise<Bench> {
    const bench = new Bench(await OutboxFile.open(files, 'desk'), answer, perMinute, random)
    for (let cycle = 0; cycle < alerts; cycle++)
      bench.file.outbox.take(JOURNAL, 0, [alertOf(cycle)], { sequence: cycle + 1, offset: -1, checksum: 0 })
    return bench
  }

  /** Steps, and lets time pass when there is nothing to do, until the time. */
  async until(endMs: number): Promise<void> {
    for (let steps = 0; this.nowMs < endMs; steps++) {
      assert.ok(steps < 100_000, 'it gets on')
      const pauseMs = await this.worker.step()
      if (pauseMs > 0) this.nowMs += pauseMs
      else if (this.worker.isIdle) return
    }
  }
}

function alertOf(cycle: number) {
  const about = {
    severity: 'WARNING' as const,
    code: 'gap',
    subject: 'feed:F',
    message: 'Numbers are missing.',
  }
  return { groupId: 'G', cycle, ordinal: 0, raisedAt: 1_780_000_000_000_000, ...about }
}

test('a failure is tried again with the same id and bytes, after pauses that double up to a bound', async () => {
  const bench = await Bench.of(
    (attempt) => (attempt < 14 ? failed('unavailable', 'status 500') : DELIVERED),
    { random: 0 },
  )
  await bench.until(24 * 3_600_000)
  assert.equal(bench.attempts.length, 14)
  assert.equal(new Set(bench.attempts.map(({ id, body }) => id + body)).size, 1)
  const pauses = bench.attempts.slice(1).map(({ atMs }, before) => atMs - bench.attempts[before]!.atMs)
  assert.deepEqual(
    pauses,
    [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000, 150_000, 150_000, 150_000],
  )
  const { delivered, waiting, trouble } = bench.worker.progress
  assert.deepEqual([delivered, waiting, trouble], [1, 0, null])
})

test('pauses are drawn, within their upper half', async () => {
  for (const random of [0, 0.25, 0.999]) {
    const bench = await Bench.of((attempt) => (attempt < 2 ? failed('unavailable', 'x') : DELIVERED), {
      random,
    })
    await bench.until(3_600_000)
    assert.equal(bench.attempts[1]?.atMs, 1_000 * (0.5 + random / 2))
  }
})

test('a target that asks for a pause gets it', async () => {
  const bench = await Bench.of((attempt) =>
    attempt < 2 ? failed('unavailable', 'status 429', 90_000) : DELIVERED,
  )
  await bench.until(3_600_000)
  assert.equal(bench.attempts[1]?.atMs, 90_000)
})

test('one that is refused holds up the others for three attempts, and is told of in a sum', async () => {
  const bench = await Bench.of((attempt) => (attempt <= 3 ? failed('refused', 'status 422') : DELIVERED), {
    alerts: 3,
  })
  await bench.until(3_600_000)
  const ids = bench.attempts.map(({ id }) => id)
  assert.equal(ids.length, 6)
  assert.deepEqual([ids[0], ids[0]], [ids[1], ids[2]])
  assert.equal(new Set(ids).size, 4)
  assert.match(bench.attempts.at(-1)?.body ?? '', /"type":"alerts.omitted".*"count":1,/)
  assert.equal(bench.worker.progress.givenUp, 1)
  assert.match(bench.warnings.join('\n'), /a notification was given up.*status 422/)
})

test('a target that is dead for a day costs a bounded number of attempts, and is told everything when it is back', async () => {
  const DAY_MS = 24 * 3_600_000
  const bench = await Bench.of((_, nowMs) => (nowMs < DAY_MS ? failed('unavailable', 'down') : DELIVERED), {
    alerts: 50,
  })
  await bench.until(2 * DAY_MS)
  const whileDead = bench.attempts.filter(({ atMs }) => atMs < DAY_MS)
  assert.ok(whileDead.length < 600, `${whileDead.length} attempts in a day`)
  const told = bench.attempts.slice(whileDead.length).reduce((sum, { body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { count: number } }
    return sum + (type === 'alert.raised' ? 1 : data.count)
  }, 0)
  assert.equal(told, 50)
  assert.equal(bench.worker.isIdle, true)
})

test('no more attempts in any minute than the rate allows', async () => {
  const bench = await Bench.of(() => DELIVERED, { perMinute: 10, alerts: 95 })
  await bench.until(3_600_000)
  assert.equal(bench.attempts.length, 95)
  const times = bench.attempts.map(({ atMs }) => atMs)
  for (const from of times) assert.ok(times.filter((at) => at >= from && at < from + 60_000).length <= 10)
  assert.equal(times.at(-1), 9 * 60_000)
})

test('while progress cannot be kept nothing is sent, and the worker ends with the reason', async () => {
  const files = new MemoryFiles()
  files.failWith = (operation) => (operation === 'sync' ? 'ENOSPC' : undefined)
  const bench = await Bench.of(() => DELIVERED, { files })
  await assert.rejects(bench.worker.step(), /progress cannot be kept \(ENOSPC\)/)
  assert.deepEqual(bench.attempts, [])
})

test('a progress file that is damaged is refused, never taken for an empty one', async () => {
  for (const text of ['', '{', '{"version":2}', 'null']) {
    const files = new MemoryFiles()
    await files.write('desk.json', Buffer.from(text))
    await assert.rejects(OutboxFile.open(files, 'desk'), /progress of a target cannot be read/)
  }
})

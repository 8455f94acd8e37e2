/** A journal, its alerts, and targets that live, die and come back; ends of the process at every step. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Alert } from '../../schemas/generated/types.js'
import { MemoryFiles } from '../audit/testing/memory-files.js'
import { Bell } from '../clickhouse/journal-topic/bell.js'
import { makeSyntheticDay, type SyntheticDay } from '../clickhouse/testing/synthetic-day.js'
import { topicOf } from '../clickhouse/testing/three-partitions.js'
import { fileJournal } from '../journal/journal-port.js'
import { type Channel, DELIVERED, failed, type Target } from './delivery.js'
import { Notifier, type NotifierOptions } from './notifier.js'
import { hmacSigner, verifyNotification } from './signature.js'
import { topicJournal } from './topic-journal.js'
import { WebhookChannel } from './webhook.js'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const day = makeSyntheticDay({ seed: 7, groups: 2, cycles: 60, movements: 1 })
const silent = { info: () => undefined, warn: () => undefined }

function alertsOf({ entries }: SyntheticDay): Alert[] {
  return entries.flatMap(({ body }) => ('weir.CycleResult' in body ? body['weir.CycleResult'].alerts : []))
}

const placeOf = ({ groupId, cycle, ordinal }: Alert): string => `${groupId} ${cycle} ${ordinal}`
const expected = alertsOf(day).map(placeOf)

function target(name: string, channel: Channel, changed: Partial<Target> = {}): Target {
  return { name, rule: { leastSeverity: 'WARNING', codes: [] }, perMinute: 1_000_000, channel, ...changed }
}

/** Keeps what it gets: the alert's place, and the id with the bytes. */
class Recorder implements Channel {
  readonly places: string[] = []
  readonly bodies = new Map<string, string>()
  /** Called before a delivery is settled. */
  onDelivery: () => void = () => undefined

  async deliver({ id, body }: { id: string; body: string }) {
    this.places.push(placeOf((JSON.parse(body) as { data: Alert }).data))
    assert.equal(this.bodies.get(id) ?? body, body, 'one id, two bodies')
    this.bodies.set(id, body)
    this.onDelivery()
    return DELIVERED
  }
}

function open(
  targets: readonly Target[],
  files: MemoryFiles,
  changed: Partial<NotifierOptions> = {},
  signal = new AbortController().signal,
) {
  const ports = { nowMs: Date.now, random: () => 0, signal, log: silent }
  return Notifier.open({ journals: () => [fileJournal(day.read)], targets, files, ports, ...changed })
}

test('every alert is told once, in order; the next start tells nothing', async () => {
  assert.ok(expected.length >= 8, `only ${expected.length} alerts`)
  const files = new MemoryFiles()
  const desk = new Recorder()
  assert.equal(await (await open([target('desk', desk)], files)).run(60_000), true)
  assert.deepEqual(desk.places, expected)
  const again = await open([target('desk', desk)], files)
  assert.equal(await again.run(60_000), true)
  assert.equal(desk.places.length, expected.length)
  assert.equal(again.read, 0)
})

test('a target is told of what it wants, from the time that was given on', async () => {
  const [nothing, late] = [new Recorder(), new Recorder()]
  const files = new MemoryFiles()
  const other = target('other', nothing, { rule: { leastSeverity: 'INFO', codes: ['gap'] } })
  const sinceMicros = alertsOf(day)[3]!.raisedAt
  await (await open([other, target('late', late)], files, { sinceMicros })).run(60_000)
  assert.deepEqual(nothing.places, [])
  assert.deepEqual(
    late.places,
    alertsOf(day)
      .filter(({ raisedAt }) => raisedAt >= sinceMicros)
      .map(placeOf),
  )
})

test('wherever the process ends or the power is lost, no alert is lost, and what comes twice has one id', async () => {
  let steps = 0
  for (let stopAt = 0; ; stopAt++) {
    const files = new MemoryFiles()
    files.stopAt = stopAt
    const desk = new Recorder()
    const ended = await open([target('desk', desk)], files).then((notifier) =>
      notifier.run(60_000).then(
        () => true,
        () => false,
      ),
    )
    if (ended) break
    steps += 1
    const toldBefore = desk.places.length
    for (const rest of [files.afterStop(), files.afterPowerLoss(() => (stopAt % 7) / 7)]) {
      const told = new Recorder()
      for (const [id, body] of desk.bodies) told.bodies.set(id, body)
      await (await open([target('desk', told)], rest)).run(60_000)
      assert.deepEqual(new Set([...desk.places, ...told.places]), new Set(expected))
      assert.ok(
        toldBefore + told.places.length <= expected.length + 1,
        'more than the one under way came twice',
      )
      assert.equal(told.bodies.size, expected.length)
    }
  }
  assert.ok(steps > 2 * expected.length, `only ${steps} steps`)
})

interface Receiver {
  readonly url: string
  readonly ids: string[]
}

async function receiver(t: TestContext, statusOf: (request: number) => number): Promise<Receiver> {
  const ids: string[] = []
  let requests = 0
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const status = statusOf(requests++)
    const { id } = verifyNotification(request.headers, Buffer.concat(parts), SECRET)
    if (status === 200) ids.push(id)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ids }
}

function webhook(url: string): Channel {
  return new WebhookChannel({ url, signer: hmacSigner(SECRET), allowPrivateAddresses: true, nowMs: Date.now })
}

test('a dead target holds up no other, and is told everything when it is back', async (t) => {
  const files = new MemoryFiles()
  const live = await receiver(t, () => 200)
  const shaky = await receiver(t, (request) => (request < 2 ? 500 : 200))
  const targets = (dead: Channel): Target[] => [
    target('dead', dead),
    target('live', webhook(live.url)),
    target('shaky', webhook(shaky.url)),
  ]
  const stop = new AbortController()
  const notifier = await open(targets(webhook('http://127.0.0.1:1/')), files, {}, stop.signal)
  const running = notifier.run(60_000)
  while (live.ids.length < expected.length || shaky.ids.length < expected.length)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const [dead] = notifier.progress
  assert.deepEqual([dead?.delivered, dead?.waiting], [0, expected.length])
  assert.match(dead?.trouble ?? '', /ECONNREFUSED/)
  stop.abort()
  assert.equal(await running, false)
  assert.deepEqual(live.ids, shaky.ids)
  const back = await receiver(t, () => 200)
  assert.equal(await (await open(targets(webhook(back.url)), files)).run(60_000), true)
  assert.deepEqual(back.ids, live.ids)
  assert.deepEqual([live.ids.length, new Set(live.ids).size], [expected.length, expected.length])
})

test('three partitions of a topic are followed side by side, stopped and gone on with', async () => {
  const days = [3, 4, 5].map((seed) => makeSyntheticDay({ seed, groups: 2, cycles: 30, movements: 1 }))
  const all = days.flatMap(alertsOf).map(placeOf).sort()
  assert.ok(all.length > 6)
  const topic = topicOf(days)
  const files = new MemoryFiles()
  const desk = new Recorder()
  for (let starts = 0; starts < 200; starts++) {
    const stop = new AbortController()
    const journals = (signal: AbortSignal) =>
      days.map((_, partition) => topicJournal(partition, { ...topic.ports(new Bell()), signal }, true))
    let left = 2
    desk.onDelivery = () => {
      left -= 1
      if (left === 0) stop.abort()
    }
    const notifier = await open([target('desk', desk)], files, { journals }, stop.signal)
    const done = await notifier.run(60_000)
    if (done && !stop.signal.aborted) break
  }
  assert.deepEqual([...desk.places].sort(), all)
  assert.equal(desk.bodies.size, all.length)
})

test('an empty partition is waited for, or not; another journal is refused', async () => {
  const topic = topicOf([day, { ...day, entries: [] }])
  const desk = new Recorder()
  const files = new MemoryFiles()
  const journals = (signal: AbortSignal) =>
    [0, 1].map((partition) => topicJournal(partition, { ...topic.ports(new Bell()), signal }, true))
  await (await open([target('desk', desk)], files, { journals })).run(60_000)
  assert.equal(desk.places.length, expected.length)
  const other = await open([target('desk', desk)], files)
  await assert.rejects(other.run(1_000), /of another journal/)
})

test('what a target does not take is not done, and is told', async () => {
  const down: Channel = { deliver: async () => failed('unavailable', 'down') }
  const notifier = await open([target('down', down)], new MemoryFiles())
  assert.equal(await notifier.run(50), false)
  assert.deepEqual(notifier.progress[0]?.waiting, expected.length)
})

test('while nothing comes by a topic, a disk that is full ends the notifier all the same', async () => {
  const topic = topicOf([day, { ...day, entries: [] }])
  const files = new MemoryFiles()
  files.failWith = (operation) => (operation === 'sync' ? 'ENOSPC' : undefined)
  const journals = (signal: AbortSignal) =>
    [0, 1].map((partition) => topicJournal(partition, { ...topic.ports(new Bell()), signal }, false))
  const desk = new Recorder()
  const notifier = await open([target('desk', desk)], files, { journals })
  await assert.rejects(notifier.run(), /progress cannot be kept \(ENOSPC\)/)
  assert.deepEqual(desk.places, [])
})

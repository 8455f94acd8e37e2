/** The simulated Kafka: what committed readers see, who is fenced, who owns what; and its clients over a bad network. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MembershipEvent, Operation } from '../../../pipeline/runtime/distributed/ports.js'
import { Random } from '../../random.js'
import type { World } from '../clients/fetcher.js'
import { SimulatedMembership } from '../clients/membership.js'
import { SimulatedJournalReader } from '../clients/readers.js'
import { SimulatedWriter } from '../clients/transactional-writer.js'
import { Network, type NetworkFaultKind } from '../network.js'
import { Process } from '../process.js'
import { Scheduler, SECOND } from '../scheduler.js'
import { Cluster } from './cluster.js'

function worldOf(seed: number): World & { readonly scheduler: Scheduler } {
  const scheduler = new Scheduler(seed)
  const cluster = new Cluster(scheduler, {
    seed,
    brokers: 3,
    partitions: 4,
    group: { sessionMicros: 6 * SECOND, rebalanceMicros: 10 * SECOND },
    transactionTimeoutMicros: 10 * SECOND,
    startMs: 1_773_820_800_000,
  })
  return { scheduler, cluster, network: new Network(scheduler, seed), seed }
}

const quiet = (): void => undefined

function advance(scheduler: Scheduler, seconds: number): void {
  const until = scheduler.nowMicros + seconds * SECOND
  scheduler.after(seconds * SECOND, 'until here', quiet)
  while (scheduler.next(until));
}

function settled<T>(scheduler: Scheduler, operation: Operation<T>): Operation<T> {
  for (let left = 60; operation.state === 'pending' && left > 0; left--) advance(scheduler, 1)
  return operation
}

function produce(writer: SimulatedWriter, ...names: readonly string[]): void {
  for (const name of names) writer.produce({ topic: 't', partition: 0, key: null, value: Buffer.from(name) })
}

const committed = (world: World): string[] =>
  world.cluster
    .logOf('t', 0)
    .read(0, 10_000)
    .records.map(({ value }) => Buffer.from(value!).toString())

test('records of a transaction are seen together, those of an aborted one never, and markers take offsets', () => {
  const world = worldOf(1)
  const writer = new SimulatedWriter(world, new Process('p', world.scheduler), 'id', quiet)
  assert.equal(settled(world.scheduler, writer.open()).state, 'done')
  produce(writer, 'a', 'b')
  advance(world.scheduler, 1)
  assert.deepEqual(committed(world), [])
  assert.equal(world.cluster.logOf('t', 0).endOffset, 2)
  assert.equal(settled(world.scheduler, writer.commit()).state, 'done')
  produce(writer, 'c')
  assert.equal(settled(world.scheduler, writer.abort()).state, 'done')
  produce(writer, 'd')
  assert.equal(settled(world.scheduler, writer.commit()).state, 'done')
  advance(world.scheduler, 1)
  assert.deepEqual(committed(world), ['a', 'b', 'd'])
  assert.deepEqual(
    world.cluster
      .logOf('t', 0)
      .read(0, 10)
      .records.map(({ offset }) => offset),
    [0, 1, 3],
  )
})

test('taking an id over fences its owner and aborts what it left open', () => {
  const world = worldOf(2)
  const [one, two] = ['one', 'two'].map(
    (name) => new SimulatedWriter(world, new Process(name, world.scheduler), 'id', quiet),
  )
  settled(world.scheduler, one.open())
  produce(one, 'of the first')
  advance(world.scheduler, 1)
  assert.equal(settled(world.scheduler, two.open()).state, 'done')
  produce(two, 'of the second')
  assert.equal(settled(world.scheduler, two.commit()).state, 'done')
  produce(one, 'late')
  const late = settled(world.scheduler, one.commit())
  assert.equal(late.fault?.kind, 'fenced')
  advance(world.scheduler, 1)
  assert.deepEqual(committed(world), ['of the second'])
})

test('a transaction that stays open is aborted, and its producer is fenced', () => {
  const world = worldOf(3)
  const writer = new SimulatedWriter(world, new Process('p', world.scheduler), 'id', quiet)
  settled(world.scheduler, writer.open())
  produce(writer, 'a')
  advance(world.scheduler, 11)
  assert.equal(world.cluster.transactions.counts.timedOut, 1)
  assert.equal(settled(world.scheduler, writer.commit()).fault?.kind, 'fenced')
  assert.deepEqual(committed(world), [])
})

/** Writes numbers one a transaction over a bad network, as a careful owner does; gives those whose commit was told. */
function writeCarefully(
  world: World & { scheduler: Scheduler },
  count: number,
): { told: string[]; unknown: string[] } {
  const [told, unknown]: [string[], string[]] = [[], []]
  let process = new Process('p0', world.scheduler)
  let writer = new SimulatedWriter(world, process, 'id', quiet)
  const reopen = (): void => {
    writer.close()
    process = new Process('p', world.scheduler)
    for (let open = false; !open; ) {
      writer = new SimulatedWriter(world, process, 'id', quiet)
      open = settled(world.scheduler, writer.open()).state === 'done'
    }
  }
  reopen()
  for (let index = 0; index < count; index++) {
    const name = `n${index}`
    produce(writer, name)
    let commit = settled(world.scheduler, writer.commit())
    for (let again = 0; again < 3 && commit.fault?.kind === 'retriable'; again++)
      commit = settled(world.scheduler, writer.commit())
    if (commit.state === 'done') told.push(name)
    else if (commit.fault?.kind === 'abortable' && settled(world.scheduler, writer.abort()).state === 'done')
      continue
    else {
      unknown.push(name)
      reopen()
    }
  }
  return { told, unknown }
}

for (const kind of ['drop', 'duplicate', 'delay', 'reorder'] satisfies NetworkFaultKind[]) {
  test(`over a network with ${kind}: what was told is there once, in order, and nothing else but the unknown`, () => {
    let unknowns = 0
    for (let seed = 1; seed <= 40; seed++) {
      const world = worldOf(seed)
      const untilMicros = Number.POSITIVE_INFINITY
      world.network.begin({ kind, target: '*', untilMicros, probability: 0.3, mostMicros: 3 * SECOND })
      const { told, unknown } = writeCarefully(world, 20)
      advance(world.scheduler, 30)
      const seen = committed(world)
      assert.equal(new Set(seen).size, seen.length, `seed ${seed}: doubled`)
      assert.deepEqual(
        seen.filter((name) => !unknown.includes(name)),
        told,
        `seed ${seed}`,
      )
      unknowns += unknown.length
    }
    if (kind === 'drop') assert.ok(unknowns > 0, 'an unknown outcome never came up')
  })
}

test('a reader gets each committed record once and in order, whatever the network does', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = worldOf(seed)
    world.network.begin({
      kind: 'drop',
      target: 'reader',
      untilMicros: 60 * SECOND,
      probability: 0.3,
      mostMicros: 0,
    })
    world.network.begin({
      kind: 'reorder',
      target: 'reader',
      untilMicros: 60 * SECOND,
      probability: 0.3,
      mostMicros: SECOND,
    })
    const reader = new SimulatedJournalReader(world, new Process('reader', world.scheduler), 't', quiet)
    reader.start(0, -1)
    const writer = new SimulatedWriter(world, new Process('p', world.scheduler), 'id', quiet)
    settled(world.scheduler, writer.open())
    const [wanted, read]: [string[], string[]] = [[], []]
    for (let index = 0; index < 60; index++) {
      produce(writer, `n${index}`)
      const isKept = index % 3 !== 0
      settled(world.scheduler, isKept ? writer.commit() : writer.abort())
      if (isKept) wanted.push(`n${index}`)
      for (const { value } of reader.poll(0, 10)) read.push(Buffer.from(value!).toString())
    }
    for (let left = 120; left > 0; left--) {
      advance(world.scheduler, 1)
      for (const { value } of reader.poll(0, 10)) read.push(Buffer.from(value!).toString())
    }
    assert.deepEqual(read, wanted, `seed ${seed}`)
  }
})

/** A member that releases what is revoked a while after it was told. */
class Member {
  readonly owned = new Set<number>()
  readonly process: Process
  readonly membership: SimulatedMembership

  constructor(
    world: World & { scheduler: Scheduler },
    readonly name: string,
  ) {
    this.process = new Process(name, world.scheduler)
    this.membership = new SimulatedMembership(world, this.process, name, 6 * SECOND, () => this.look())
    this.membership.join()
  }

  look(): void {
    for (const event of this.membership.poll()) this.#take(event)
  }

  #take({ kind, partitions }: MembershipEvent): void {
    if (kind === 'assigned') for (const one of partitions) this.owned.add(one)
    else if (kind === 'lost') for (const one of partitions) this.owned.delete(one)
    else
      this.process.after(SECOND, 'release', () => {
        for (const one of partitions) this.owned.delete(one)
        this.membership.release(partitions)
      })
  }
}

test('the group moves only what must move, and no partition has two owners that were not put out', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const world = worldOf(seed)
    const random = new Random('group test', seed)
    const members = [new Member(world, 'a')]
    advance(world.scheduler, 5)
    assert.deepEqual([...members[0].owned].sort(), [0, 1, 2, 3])
    members.push(new Member(world, 'b'))
    for (let half = 0; half < 40; half++) {
      advance(world.scheduler, random.between(0.1, 0.5))
      const all = members.flatMap(({ owned }) => [...owned])
      assert.equal(new Set(all).size, all.length, `seed ${seed}: a partition has two owners`)
    }
    assert.deepEqual(
      members.map(({ owned }) => owned.size),
      [2, 2],
    )
    members[0].process.kill()
    members[0].owned.clear()
    advance(world.scheduler, 10)
    assert.deepEqual([...members[1].owned].sort(), [0, 1, 2, 3], `seed ${seed}`)
  }
})

test('a member that was stopped is put out, and learns when it goes on that it lost everything', () => {
  const world = worldOf(5)
  const [a, b] = ['a', 'b'].map((name) => new Member(world, name))
  advance(world.scheduler, 20)
  a.process.stop()
  advance(world.scheduler, 12)
  assert.equal(b.owned.size, 4)
  const before = [...a.owned]
  assert.equal(before.length, 2)
  a.process.continue()
  advance(world.scheduler, 30)
  assert.deepEqual([a.owned.size, b.owned.size], [2, 2])
})

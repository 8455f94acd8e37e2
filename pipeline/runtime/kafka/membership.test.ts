import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import { startKafka } from '../../../tests/support/kafka/cluster.js'
import {
  done,
  eventually,
  makeTopics,
  RecordedBell,
  settingsFor,
} from '../../../tests/support/kafka/ports-fixture.js'
import { sharedKafka } from '../../../tests/support/kafka/shared.js'
import type { MembershipEvent } from '../distributed/ports.js'
import { topicOf } from '../distributed/topics.js'
import { openAdmin } from './admin.js'
import { loadKafka } from './client.js'
import { ANCHOR_STREAM, KafkaMembership } from './membership.js'
import type { KafkaSettings } from './settings.js'

const options = await needsKafka()

/** An instance that keeps a record of what it was told. */
class Member {
  readonly events: MembershipEvent[] = []
  readonly owned = new Set<number>()
  readonly membership: KafkaMembership

  constructor(settings: KafkaSettings, instance: string) {
    this.membership = new KafkaMembership({ ...settings, instance }, new RecordedBell())
    this.membership.join()
  }

  look(release = true): void {
    for (const event of this.membership.poll()) {
      this.events.push(event)
      for (const partition of event.partitions) {
        if (event.kind === 'assigned') this.owned.add(partition)
        else this.owned.delete(partition)
      }
      if (event.kind === 'revoked' && release) this.membership.release(event.partitions)
    }
  }
}

function owning(members: readonly Member[], counts: readonly number[]): Promise<true> {
  return eventually(`partitions ${counts.join(' and ')}`, () => {
    for (const member of members) member.look()
    return members.every(({ owned }, at) => owned.size === counts[at]) ? true : undefined
  })
}

test(
  'a member that comes takes only what it must, and one that leaves gives all back at once',
  options,
  async () => {
    const settings = settingsFor((await sharedKafka()).bootstrap)
    await makeTopics(settings, 6, [ANCHOR_STREAM, 'account'])
    const first = new Member(settings, 'first')
    await owning([first], [6])
    assert.deepEqual(first.events, [{ kind: 'assigned', partitions: [0, 1, 2, 3, 4, 5] }])
    const second = new Member(settings, 'second')
    await owning([first, second], [3, 3])
    assert.deepEqual(
      first.events.slice(1).map(({ kind, partitions }) => [kind, partitions.length]),
      [['revoked', 3]],
    )
    assert.deepEqual(
      second.events.filter(({ partitions }) => partitions.length > 0).map(({ kind }) => kind),
      ['assigned'],
    )
    const admin = await openAdmin(settings)
    const members = await admin.groupMembers(settings.group)
    await admin.close()
    assert.deepEqual(members.map(({ instance }) => instance).sort(), ['first', 'second'])
    assert.deepEqual([...(members[0].partitions.values().next().value ?? [])].length, 3)

    await done(second.membership.leave())
    await owning([first], [6])
    await done(first.membership.leave())
    await done(first.membership.leave())
  },
)

test('a revoked partition goes to its next owner only when it was released', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 2, [ANCHOR_STREAM])
  const first = new Member(settings, 'first')
  await owning([first], [2])
  const second = new Member(settings, 'second')
  await eventually('a revocation', () => {
    first.look(false)
    return first.owned.size === 1 ? true : undefined
  })
  const revoked = first.events.at(-1)?.partitions ?? []
  // Longer than a session would last without a heartbeat.
  const until = performance.now() + settings.sessionTimeoutMillis + 1000
  while (performance.now() < until) {
    second.look()
    first.look(false)
    assert.equal(second.owned.size, 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  first.membership.release(revoked)
  await owning([first, second], [1, 1])
  assert.deepEqual([...second.owned], revoked)
  await Promise.all([done(first.membership.leave()), done(second.membership.leave())])
})

test('offsets are reported for every topic of owned partitions, subscribed or not', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  await makeTopics(settings, 2, [ANCHOR_STREAM, 'account'])
  const member = new Member(settings, 'only')
  await owning([member], [2])
  const other = topicOf(settings.topicPrefix, 'account')
  member.membership.reportOffsets(
    new Map([
      [
        other,
        new Map([
          [0, 7],
          [1, 0],
          [9, 9],
        ]),
      ],
    ]),
  )
  const { AdminClient } = await loadKafka()
  const admin = AdminClient.create({ 'bootstrap.servers': settings.bootstrapServers.join(',') })
  let committed: readonly unknown[] = []
  for (let attempt = 0; committed.length < 2 && attempt < 100; attempt += 1) {
    const [group] = await new Promise<
      { partitions: { topic: string; partition: number; offset: number }[] }[]
    >((resolve, reject) =>
      admin.listConsumerGroupOffsets([{ groupId: settings.group }], {}, (error, groups) =>
        error ? reject(error) : resolve(groups as never),
      ),
    )
    committed = group.partitions
      .filter(({ topic }) => topic === other)
      .map(({ partition, offset }) => [partition, offset])
      .sort()
  }
  admin.disconnect()
  assert.deepEqual(committed, [
    [0, 7],
    [1, 0],
  ])
  await done(member.membership.leave())
})

test('an anchor that is not there, and a session that the brokers refuse, are told', options, async () => {
  const settings = settingsFor((await sharedKafka()).bootstrap)
  const lost = new KafkaMembership(settings, new RecordedBell())
  lost.join()
  const missing = await eventually('a fault', () => lost.fault)
  assert.equal(missing.kind, 'refused')
  assert.match(missing.error.toLine(), /weir topics/)
  await done(lost.leave())
  await makeTopics(settings, 1, [ANCHOR_STREAM])
  const hasty = new KafkaMembership({ ...settings, sessionTimeoutMillis: 300 }, new RecordedBell())
  hasty.join()
  const refused = await eventually('a fault', () => hasty.fault)
  assert.equal(refused.kind, 'refused')
  assert.match(refused.error.toLine(), /sessionTimeoutMillis/)
  await done(hasty.leave())
})

test(
  'a member that the brokers do not answer loses what it owned, and gets it back with them',
  options,
  async () => {
    const kafka = await startKafka()
    try {
      const settings = settingsFor(kafka.bootstrap)
      await makeTopics(settings, 2, [ANCHOR_STREAM])
      const member = new Member(settings, 'only')
      await owning([member], [2])
      await kafka.pause(0)
      await eventually('a loss', () => {
        member.look()
        return member.events.some(({ kind }) => kind === 'lost') ? true : undefined
      })
      assert.equal(member.owned.size, 0)
      await kafka.resume(0)
      await owning([member], [2])
      await done(member.membership.leave())
    } finally {
      await kafka.stop()
    }
  },
)

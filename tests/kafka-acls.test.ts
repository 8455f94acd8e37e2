/**
 * docs/kafka-acls.md proven: with exactly those rules, and everything else denied, each principal does its whole job by the real commands; with
 * one of them taken away it ends with an error that names what is missing.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { principals, type Rule } from '../deploy/kafka/acls.mjs'
import { partitionOf } from '../pipeline/runtime/distributed/topics.js'
import { openAdmin } from '../pipeline/runtime/kafka/admin.js'
import { KafkaJournalTail } from '../pipeline/runtime/kafka/journal-tail.js'
import { SIMULATED_ROSTER, simulatedRoster } from '../sandbox/people.js'
import { type Outcome, weir } from './cli/weir-process.js'
import { needsKafka } from './support/kafka/availability.js'
import { type KafkaCluster, startKafka } from './support/kafka/cluster.js'
import { eventually, RecordedBell } from './support/kafka/ports-fixture.js'
import { Principals, Running, rulesOf, type Variant, withoutOne } from './support/kafka/principals.js'
import { movement } from './support/small-group.js'
import { DayWriter, writeKeys } from './support/small-group-day.js'

/** The machine of the tests may be busy; nothing is measured here. */
const BOUND_MS = 120_000
const INSTANCE = ['heartbeatMillis: 1000', 'snapshotEveryEntries: 200']
/** Nothing is told: who may read is asked, not what is sent. */
const NOTIFICATIONS = [
  'notifications:',
  '  targets:',
  "    - {name: desk, codes: [no-such-alert], webhook: {url: 'https://hooks.example/', signingKeyFile: ../olga.key}}",
]
/** Of the feed. */
const PERSONS_GROUP = 'live-0'
const SESSION = ['sessionTimeoutMillis: 3000', 'standby: true']

describe('access rules', await needsKafka(), () => {
  let cluster: KafkaCluster
  let users: Principals
  const folder = mkdtempSync(join(tmpdir(), 'weir-acls-'))
  const running: Running[] = []
  const olga = ['--as', 'olga', '--key', join(folder, 'olga.key'), '--roster', SIMULATED_ROSTER]
  const kill = ['kill', `group:${PERSONS_GROUP}`, '--group', PERSONS_GROUP, '--reason', 'a test', ...olga]

  const start = (...args: string[]): Running => {
    const made = new Running(args)
    running.push(made)
    return made
  }
  const instance = (name: string, principal: string): Running => {
    const config = users.configuration(principal, INSTANCE, SESSION)
    const own = ['--instance', name, '--data-dir', join(folder, name), '--status-port', '0']
    return start('--log-level', 'info', 'run', '--config', config, ...own)
  }

  before(async () => {
    cluster = await startKafka({ secure: true })
    users = new Principals(cluster, folder)
    for (const { principal, rules } of principals()) await users.grant(principal, rules)
    writeKeys(folder, ['olga'])
    writeFileSync(join(folder, 'roster.yaml'), simulatedRoster())
  })
  after(async () => {
    await Promise.all(running.map((each) => each.end('SIGKILL')))
    await cluster?.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  test('each principal does its whole job', async () => {
    const applied = await weir(['topics', 'apply', '--config', users.configuration('weir-admin'), '--json'])
    assert.equal(applied.code, 0, applied.stderr)

    const one = instance('one', 'weir-instance')
    await one.reaches('live', ({ lifeCycle, owned }) => lifeCycle === 'live' && owned.length === 2, BOUND_MS)
    assert.equal((await membersSeenBy('weir-monitor')).length, 1)
    // Nobody refuses to list groups; one that may not be described is left out.
    const [blind] = withoutOne('weir-monitor')
    assert.equal(blind?.missing.resource, 'group')
    await users.grant(blind.name, blind.rules)
    assert.deepEqual(await membersSeenBy(blind.name), [])
    const ledger = join(folder, 'bank.ledger')
    const bankFlags = ['--ledger', ledger, '--time-scale', '400']
    const bank = start('bank', '--config', users.configuration('weir-venue'), ...bankFlags)
    const pace = ['--groups', '2', '--rate', '20', '--seconds', '5']
    // It sends rosters and policies beside market data.
    await users.grant('weir-feed', [...rulesOf('weir-producer'), ...rulesOf('weir-people')])
    const feed = await weir(['sandbox', 'feed', '--config', users.configuration('weir-feed'), ...pace])
    assert.equal(feed.code, 0, feed.stderr)
    await one.reaches(
      'instructions',
      ({ partitions }) => partitions.some(({ instructions }) => (instructions ?? 0) > 0),
      BOUND_MS,
    )
    const settled = await eventuallyAsync(async () => {
      const dump = await weir(['bank', '--ledger', ledger, '--dump'])
      return dump.code === 0 && dump.stdout.includes('SETTLED') ? true : undefined
    })
    assert.ok(settled, bank.output)

    const established = await asPerson('weir-people', [
      ...['roster', 'establish', join(folder, 'roster.yaml'), '--group', PERSONS_GROUP],
    ])
    assert.equal(established.code, 0, established.stdout + established.stderr)
    const killed = await asPerson('weir-people', kill)
    assert.equal(killed.code, 0, killed.stdout + killed.stderr)
    const told = await weir(notify(users.configuration('weir-notifier', NOTIFICATIONS)))
    assert.equal(told.code, 0, told.stderr)
    assert.ok((JSON.parse(told.stdout) as { read: number }).read > 0)

    // Taken over from a standby: a member of the group that has followed the journal.
    const two = instance('two', 'weir-instance')
    await two.reaches('a member', ({ owned }) => owned.length > 0, BOUND_MS)
    await one.end('SIGKILL')
    await two.reaches('alone', ({ lifeCycle, owned }) => lifeCycle === 'live' && owned.length === 2, BOUND_MS)
    assert.doesNotMatch(two.output, /authorization failed/i)
    assert.equal(await two.end(), 0, two.output)
    assert.doesNotMatch(bank.output, /authorization failed/i)
    await bank.end()

    const reader = ['consume', '--config', users.configuration('weir-reader'), '--stream', 'instruction']
    const read = await weir([...reader, '--until-end', '--json'])
    assert.equal(read.code, 0, read.stderr)
    assert.ok(read.stdout.split('\n').length > 1)
    assert.ok((await journalEntries('weir-projector')) > 0)
  })

  test('wrong credentials end an instance at its start, without showing them', async () => {
    const { security, bootstrap } = cluster
    const file = join(folder, 'wrong.yaml')
    writeFileSync(join(folder, 'password'), 'gu3ss-me\n')
    const login = '{ mechanism: SCRAM-SHA-512, user: weir, passwordFile: password }'
    const kafka = `kafka:\n  bootstrapServers: ${bootstrap}\n  tls: { caFile: ${security?.caPath} }\n  sasl: ${login}\n`
    writeFileSync(file, `dataDir: wrong\n${kafka}`)
    const { code, stdout, stderr } = await weir(['run', '--config', file, '--json'])
    assert.equal(code, 1, stderr)
    assert.match(stderr, /Kafka at .*\(check the credentials of kafka\.sasl\)/)
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'WEIR_KAFKA')
    assert.ok(!`${stdout}${stderr}`.includes('gu3ss-me'))
  })

  for (const variant of withoutOne('weir-admin'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const config = users.configuration(variant.name)
      const change = variant.operation === 'create' ? ['--topic-prefix', 'weir.other.'] : ['--alter']
      const { code, stderr } = await weir(['topics', 'apply', '--config', config, ...change])
      assert.equal(code, 1, stderr)
      assert.match(stderr, named(variant.missing))
      context.diagnostic(stderr)
    })

  for (const variant of withoutOne('weir-producer'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const input = join(folder, variant.name, 'day')
      new DayWriter().input('cash-movement', movement('salaries', 'PAYROLL', -1)).write(input)
      const config = users.configuration(variant.name)
      const { code, stderr } = await weir(['produce', '--config', config, '--input', input])
      assert.equal(code, 1, stderr)
      assert.match(stderr, named(variant.missing))
      context.diagnostic(stderr)
    })

  for (const variant of withoutOne('weir-people'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const { code, stderr } = await asPerson(variant.name, kill)
      // What cannot be followed was sent all the same.
      assert.equal(code, variant.missing.resource === 'group' ? 4 : 1, stderr)
      assert.match(stderr, named(variant.missing))
      context.diagnostic(stderr)
    })

  test('market data is not for people to send, and what people send is not for producers of market data', async () => {
    const input = join(folder, 'not-for-people')
    new DayWriter().input('cash-movement', movement('salaries', 'PAYROLL', -1)).write(input)
    const config = users.configuration('weir-people')
    const data = await weir(['produce', '--config', config, '--input', input])
    assert.equal(data.code, 1, data.stderr)
    assert.match(data.stderr, /weir\.cash-movement.*Topic authorization failed/)
    const order = await asPerson('weir-producer', [...kill, '--no-wait'])
    assert.equal(order.code, 1, order.stderr)
    assert.match(order.stderr, /weir\.command.*Topic authorization failed/)
  })

  for (const variant of withoutOne('weir-notifier'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const { code, stderr } = await weir(notify(users.configuration(variant.name, NOTIFICATIONS)))
      assert.equal(code, 1, stderr)
      assert.match(stderr, named(variant.missing))
      context.diagnostic(stderr)
    })

  for (const variant of withoutOne('weir-venue'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const config = users.configuration(variant.name)
      const bank = start('bank', '--config', config, '--ledger', join(folder, variant.name, 'ledger'))
      context.diagnostic(String(await bank.prints(named(variant.missing), BOUND_MS)))
      await bank.end('SIGKILL')
    })

  for (const variant of withoutOne('weir-instance'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const found = instance(variant.name, variant.name)
      context.diagnostic(String(await found.prints(named(variant.missing), BOUND_MS)))
      await found.end('SIGKILL')
    })

  for (const variant of withoutOne('weir-reader'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const config = users.configuration(variant.name)
      const { code, stderr } = await weir([
        ...['consume', '--config', config, '--stream', 'instruction', '--until-end', '--json'],
      ])
      assert.equal(code, 1, stderr)
      assert.match(stderr, named(variant.missing))
      context.diagnostic(stderr)
    })

  for (const variant of withoutOne('weir-projector'))
    test(told(variant), async (context) => {
      await users.grant(variant.name, variant.rules)
      const { code, stderr } = await weir([
        ...['project', '--config', users.configuration(variant.name), '--until-end'],
        ...['--clickhouse-url', 'http://127.0.0.1:1'],
      ])
      assert.equal(code, 1, stderr)
      assert.match(stderr, named(variant.missing))
      context.diagnostic(stderr)
    })

  for (const variant of withoutOne('weir-monitor').filter(({ missing }) => missing.resource === 'topic'))
    test(told(variant), async () => {
      await users.grant(variant.name, variant.rules)
      await assert.rejects(membersSeenBy(variant.name), (error: Error & { toLine(): string }) => {
        assert.match(error.toLine(), named(variant.missing))
        return true
      })
    })

  function asPerson(principal: string, words: readonly string[]): Promise<Outcome> {
    return weir([...words, '--config', users.configuration(principal), '--wait', '60s', '--yes'])
  }

  function notify(config: string): string[] {
    return [
      'notify',
      '--config',
      config,
      '--data-dir',
      join(dirname(config), 'told'),
      '--until-end',
      '--json',
    ]
  }

  /** As `weir project` reads. */
  async function journalEntries(principal: string): Promise<number> {
    const settings = users.settings(principal)
    const admin = await openAdmin(settings)
    const [journal] = await admin.describeTopics(['weir.cycle'])
    await admin.close()
    const tail = new KafkaJournalTail(settings, new RecordedBell())
    let entries = 0
    for (const { partition } of journal?.partitions ?? []) tail.start(partition, -1)
    const partition = partitionOf('live-0', journal?.partitions.length ?? 1)
    try {
      entries = await eventually('entries', () => {
        assert.equal(tail.faultOf(partition), undefined)
        const found = [0, 1].reduce((sum, each) => sum + tail.poll(each, 1_000).length, 0)
        return found > 0 ? found : undefined
      })
    } finally {
      await tail.close()
    }
    return entries
  }

  async function membersSeenBy(principal: string): Promise<readonly unknown[]> {
    const admin = await openAdmin(users.settings(principal))
    try {
      await admin.describeTopics(['weir.cycle', 'weir.cash-movement'])
      return await admin.groupMembers('weir')
    } finally {
      await admin.close()
    }
  }
})

function told({ name, missing, operation }: Variant): string {
  const [principal] = name.split('-without-')
  return `${principal} without ${operation} on ${missing.resource} ${missing.names[0]} is told so`
}

/** The error names a resource of the rule, the refusal, and where the rules are. */
function named({ names, resource }: Rule): RegExp {
  const words = { topic: 'topic', group: 'group', transactionalId: 'transactional' }
  const any = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return new RegExp(`[^\\n]*(${any})[^\\n]*${words[resource]}[^\\n]*docs/kafka-acls\\.md[^\\n]*`, 'i')
}

async function eventuallyAsync<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const untilMs = performance.now() + BOUND_MS
  while (performance.now() < untilMs) {
    const found = await ask()
    if (found !== undefined) return found
  }
  return undefined
}

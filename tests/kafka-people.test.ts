/** People command an instance on a real Kafka from the command line: a kill within one cycle, a restart that keeps it, a lift by two. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { SIMULATED_ROSTER, simulatedRoster } from '../sandbox/people.js'
import { type Outcome, weir } from './cli/weir-process.js'
import { needsKafka } from './support/kafka/availability.js'
import { uniqueName } from './support/kafka/cluster.js'
import { Running } from './support/kafka/principals.js'
import { sharedKafka } from './support/kafka/shared.js'
import { feedSmallGroup, POLICY_TEXT } from './support/small-group.js'
import { DayWriter, writeKeys } from './support/small-group-day.js'

/** The machine of the tests may be busy; nothing is measured here. */
const BOUND_MS = 120_000
const GROUP = 'europe'

interface Answer {
  readonly records: readonly {
    readonly commandId: string
    readonly outcomes: readonly { readonly group: string; readonly result: string; readonly reason: string }[]
  }[]
}

describe('people and an instance on Kafka', await needsKafka(), () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-people-'))
  let one: Running | undefined
  let killId = ''

  const start = async (): Promise<void> => {
    one = new Running(['run', '--config', join(folder, 'weir.yaml'), '--status-port', '0'])
    await one.reaches('live', ({ lifeCycle, owned }) => lifeCycle === 'live' && owned.length === 2, BOUND_MS)
  }
  const as = (person: string, words: readonly string[], key = person): Promise<Outcome> => {
    const me = [
      `person: ${person}`,
      `key: keys/${key}.key`,
      `roster: ${SIMULATED_ROSTER}`,
      'config: weir.yaml',
    ]
    writeFileSync(join(folder, 'me.yaml'), `${me.join('\n')}\n`)
    const args = [...words, '--reason', 'a test', '--wait', '60s', '--yes', '--json']
    return weir(args, { cwd: folder, env: { WEIR_PERSON: join(folder, 'me.yaml') } })
  }
  const answer = ({ stdout, stderr }: Outcome): Answer['records'][number] => {
    const [record] = (JSON.parse(stdout) as Answer).records
    assert.ok(record !== undefined, stderr)
    return record
  }

  before(async () => {
    const { bootstrap } = await sharedKafka()
    const prefix = `${uniqueName('people')}.`
    const kafka = [`  bootstrapServers: ${bootstrap}`, `  topicPrefix: ${prefix}`, `  group: ${prefix}group`]
    const shape = ['  partitions: 2', '  replication: 1', '  instance: one', '  sessionTimeoutMillis: 6000']
    const lines = ['dataDir: data', 'workers: 1', 'heartbeatMillis: 500', 'kafka:', ...kafka, ...shape, '']
    writeFileSync(join(folder, 'weir.yaml'), lines.join('\n'))
    writeFileSync(join(folder, 'roster.yaml'), simulatedRoster())
    writeKeys(join(folder, 'keys'))
    const applied = await weir(['topics', 'apply', '--config', join(folder, 'weir.yaml')])
    assert.equal(applied.code, 0, applied.stderr)
    await start()
  })
  after(async () => {
    await one?.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  test('before there is a roster nobody commands; the first one is taken as it comes', async () => {
    const none = await as('olga', ['kill', 'all', '--group', GROUP])
    assert.equal(none.code, 3, none.stderr)
    assert.deepEqual(
      answer(none).outcomes.map(({ reason }) => reason),
      ['no-roster'],
    )
    const args = ['roster', 'establish', 'roster.yaml', '--group', GROUP, '--config', 'weir.yaml', '--yes']
    const established = await weir([...args, '--wait', '60s'], { cwd: folder })
    assert.equal(established.code, 0, established.stderr)
    assert.match(established.stdout, /roster simulated v1 is the group's first/)
  })

  test('a kill takes effect in the first cycle that holds it, and one with a forged key says why it does not', async () => {
    const forged = await as('olga', ['kill', `group:${GROUP}`], 'omar')
    assert.equal(forged.code, 3, forged.stderr)
    assert.deepEqual(
      answer(forged).outcomes.map(({ reason }) => reason),
      ['bad-signature'],
    )
    const killed = await as('olga', ['kill', `group:${GROUP}`])
    assert.equal(killed.code, 0, killed.stdout + killed.stderr)
    const { commandId, outcomes } = answer(killed)
    assert.deepEqual(
      outcomes.map(({ group, result }) => [group, result]),
      [[GROUP, 'effect']],
    )
    killId = commandId
  })

  test('after a restart it is still in force, pending shows it, and two people lift it', async () => {
    assert.equal(await one?.end(), 0, one?.output)
    await start()
    const pending = await weir(['pending', '--config', 'weir.yaml'], { cwd: folder })
    assert.equal(pending.code, 0, pending.stderr)
    assert.match(
      pending.stdout,
      new RegExp(`group:${GROUP} is killed since .* by olga: a test\n  weir lift ${killId}`),
    )
    const first = await as('rosa', ['lift', killId, '--group', GROUP])
    assert.equal(first.code, 0, first.stdout + first.stderr)
    assert.ok(!first.stdout.includes('is lifted'))
    const second = await as('ada', ['lift', killId, '--group', GROUP])
    assert.equal(second.code, 0, second.stdout + second.stderr)
    assert.ok(second.stdout.includes(`The kill of group:${GROUP} is lifted.`), second.stdout)
    const empty = await weir(['pending', '--config', 'weir.yaml'], { cwd: folder })
    assert.equal(empty.stdout, 'nothing waits for people\n', empty.stderr)
  })

  test('a change is promoted by what the journal topic tells, and its status is read there', async () => {
    const first = POLICY_TEXT.replace('reconsiderAfterSeconds: 900', 'reconsiderAfterSeconds: 1')
    const canary = 'canary: { cohortPercent: 0, shadowDecisions: 2, decisions: 1 }'
    const second = first
      .replace('version: 1', 'version: 2')
      .replace('expectedFlows:', `${canary}\nexpectedFlows:`)
    feedSmallGroup(new DayWriter(), { policy: first }).write(join(folder, 'day'))
    writeFileSync(join(folder, 'second.yaml'), second)
    const produce = ['produce', '--config', 'weir.yaml', '--input', 'day', '--shift-to-now']
    const produced = await weir(produce, { cwd: folder })
    assert.equal(produced.code, 0, produced.stderr)
    for (const [person, words] of [
      ['paul', ['propose', 'second.yaml', '--change', 'second']],
      ['anna', ['approve', 'second']],
      ['rosa', ['approve', 'second']],
    ] as const) {
      const outcome = await as(person, ['policy', ...words])
      assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr)
    }
    const promoted = await as('paul', ['policy', 'promote', 'second'])
    assert.equal(promoted.code, 0, promoted.stdout + promoted.stderr)
    const { end, orders } = JSON.parse(promoted.stdout) as { end: string; orders: { result: string }[] }
    assert.deepEqual([end, orders.map(({ result }) => result)], ['in-force', ['effect', 'effect']])
    const status = await weir(['policy', 'status', '--config', 'weir.yaml'], { cwd: folder })
    assert.match(status.stdout, /^europe +small v2 +no +full /m, status.stderr)
  })

  test('a command for every group is told for each that takes it', async () => {
    const held = await as('olga', ['kill', 'all'])
    assert.equal(held.code, 0, held.stdout + held.stderr)
    assert.deepEqual(
      answer(held).outcomes.map(({ group, result }) => [group, result]),
      [[GROUP, 'effect']],
    )
  })
})

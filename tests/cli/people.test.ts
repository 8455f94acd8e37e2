/** People command a run from the command line: a kill, its lift by two, forged keys, changes of policy and roster, offline signing. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SIMULATED_PEOPLE, SIMULATED_ROSTER, simulatedRoster } from '../../sandbox/people.js'
import { decodeRecord } from '../../schemas/avro/registry.js'
import { readAvro } from '../support/avro-files.js'
import { GROUP, MORNING, movement, POLICY_TEXT, SECOND } from '../support/small-group.js'
import { writeGovernedDay, writeKeys } from '../support/small-group-day.js'
import { small, upper } from '../support/small-group-parents.js'
import { withRun } from './following-run.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

interface Answer {
  readonly complete?: boolean
  readonly records: readonly {
    readonly commandId?: string
    readonly outcomes: readonly {
      readonly result: string
      readonly reason: string
      readonly detail: string
    }[]
  }[]
}

const at = (seconds: number): string => new Date((MORNING + seconds * SECOND) / 1_000).toISOString()

/** Runs a command as a person, whose key is in `FOLDER/keys`. */
function as(folder: string, person: string, words: readonly string[], key = person): Promise<Outcome> {
  const who = ['--as', person, '--key', join(folder, 'keys', `${key}.key`), '--roster', SIMULATED_ROSTER]
  return weir([...words, ...who, '--reason', 'a test', '--yes'], { cwd: folder })
}

const run = ['--data-dir', 'data', '--group', GROUP]

test('a kill takes effect in a run that is under way, a forged one is refused and says why, and two people lift it', async () => {
  await withFolder(async (folder) => {
    writeGovernedDay(join(folder, 'day'))
    writeKeys(join(folder, 'keys'))
    await withRun(folder, async () => {
      const forged = await as(folder, 'olga', ['kill', 'account:PAYROLL', ...run], 'omar')
      assert.equal(forged.code, 3, forged.stderr)
      assert.match(
        forged.stdout,
        /kill account:PAYROLL in group europe, cycle \d+ at .*: refused: bad-signature: no key of olga/,
      )

      const killed = await as(folder, 'olga', ['kill', 'account:PAYROLL', ...run, '--json'])
      assert.equal(killed.code, 0, killed.stderr)
      const answer = JSON.parse(killed.stdout) as Answer
      assert.equal(answer.complete, true)
      assert.deepEqual(
        answer.records[0]?.outcomes.map(({ result }) => result),
        ['effect'],
      )
      const killId = answer.records[0]?.commandId as string
      assert.match(killed.stderr, /nothing is sent for the subject.*until two people lift it/)

      const pending = await weir(['pending', '--data-dir', 'data'], { cwd: folder })
      assert.match(
        pending.stdout,
        /europe: account:PAYROLL is killed since .* by olga: a test\n {2}weir lift /,
      )
      assert.ok(pending.stdout.includes(killId))

      const one = await as(folder, 'rosa', ['lift', killId, ...run])
      assert.equal(one.code, 0, one.stderr)
      const again = await as(folder, 'rosa', ['lift', killId, ...run])
      assert.doesNotMatch(again.stdout, /is lifted/)
      const half = await weir(['pending', '--data-dir', 'data'], { cwd: folder })
      assert.match(half.stdout, /; yes from rosa\n/)
      const other = await as(folder, 'ada', ['lift', killId, ...run])
      assert.match(other.stdout, /took effect\n {2}The kill of account:PAYROLL is lifted\./)
      assert.equal(
        (await weir(['pending', '--data-dir', 'data'], { cwd: folder })).stdout,
        'nothing waits for people\n',
      )
      const none = await as(folder, 'ada', ['lift', killId, ...run])
      assert.equal(none.code, 3)
      assert.match(none.stdout, /refused: invalid-command: there is no kill:/)
    })
    const replayed = await weir(['replay', '--data-dir', 'data', '--json'], { cwd: folder })
    assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr)
  })
})

test('a change of policy goes from proposal to effect, with pending showing what is next', async () => {
  await withFolder(async (folder) => {
    writeGovernedDay(join(folder, 'day'))
    writeKeys(join(folder, 'keys'))
    const text = POLICY_TEXT.replace('version: 1', 'version: 2').replace(
      'expectedFlows:',
      'canary: { cohortPercent: 0, shadowDecisions: 1, decisions: 1 }\nexpectedFlows:',
    )
    writeFileSync(join(folder, 'next.yaml'), text)
    const step = (person: string, words: readonly string[]): Promise<Outcome> =>
      as(folder, person, ['policy', ...words, '--data-dir', 'data'])
    await withRun(folder, async () => {
      const proposed = await step('paul', ['propose', 'next.yaml', '--change', 'q3'])
      assert.equal(proposed.code, 0, proposed.stderr)
      const manifest = JSON.parse(readFileSync(join(folder, 'q3.change.json'), 'utf8')) as { change: string }
      assert.equal(manifest.change, 'q3')
      const early = await step('paul', ['activate', 'q3', '--stage', 'shadow'])
      assert.equal(early.code, 3)
      assert.match(
        early.stdout,
        /not-permitted: change:q3 is not approved: an approver and a risk-officer must/,
      )
      for (const person of ['anna', 'rosa']) {
        const approved = await step(person, ['approve', 'q3'])
        assert.equal(approved.code, 0, approved.stderr)
      }
      const waiting = await weir(['pending', '--data-dir', 'data'], { cwd: folder })
      const voices =
        /change:q3 by paul is at the stage proposed: a test; yes from anna, rosa\n {2}europe: small version 2\n/
      assert.match(waiting.stdout, voices)
      const active = await step('paul', ['activate', 'q3', '--stage', 'shadow'])
      assert.equal(active.code, 0, active.stderr)
      assert.match(active.stdout, /small v2 is at the stage shadow/)
      assert.equal((await step('olga', ['rollback', 'q3'])).code, 0)
    })
  })
})

test('the policies above those that are proposed go before them, to each group', async () => {
  await withFolder(async (folder) => {
    writeKeys(join(folder, 'keys'), ['paul'])
    const house = upper('enterprise', 'house', 1)
    const emea = upper('region', 'emea', 2, house)
    mkdirSync(join(folder, 'above'))
    for (const { policyId, document } of [house, emea, upper('region', 'apac', 1)])
      writeFileSync(join(folder, 'above', `${policyId}.yaml`), document)
    const europe = small(2, emea).document
    writeFileSync(join(folder, 'europe.yaml'), europe)
    const nordics = europe
      .replace(`group: ${GROUP}`, 'group: nordics')
      .replace('policy: small', 'policy: north')
    writeFileSync(join(folder, 'nordics.yaml'), nordics)
    const words = ['policy', 'propose', 'europe.yaml', 'nordics.yaml', '--change', 'q3']
    const proposed = await as(folder, 'paul', [...words, '--policies', 'above', '--out', 'letter'])
    assert.equal(proposed.code, 0, proposed.stderr)
    assert.match(
      proposed.stderr,
      /nordics: with emea version 2 above it\nnordics: with house version 1 above it\n/,
    )
    const [file, ...others] = readdirSync(join(folder, 'letter', 'policy'))
    assert.deepEqual(others, [])
    const records = readAvro(join(folder, 'letter', 'policy', file as string)).records.map((bytes) =>
      decodeRecord('policy', bytes),
    )
    assert.deepEqual(
      records.map(({ groupId, policyId, version }) => [groupId, policyId, version]),
      [
        [GROUP, 'small'],
        ['nordics', 'north'],
      ].flatMap(([group, policy]) => [
        [group, 'house', 1],
        [group, 'emea', 2],
        [group, policy, 2],
      ]),
    )
    assert.equal(records[1]?.document, emea.document)
  })
})

test('a new roster is proposed by one admin and approved by another; delegations and holds are given and taken back', async () => {
  await withFolder(async (folder) => {
    writeGovernedDay(join(folder, 'day'))
    writeKeys(join(folder, 'keys'))
    const { olga: _, ...others } = SIMULATED_PEOPLE
    writeFileSync(join(folder, 'roster.yaml'), simulatedRoster(2, others))
    await withRun(folder, async () => {
      const roster = await as(folder, 'ada', ['roster', 'propose', 'roster.yaml', ...run])
      assert.equal(roster.code, 0, roster.stderr)
      const told = /approves it: weir (approve roster:simulated --digest [0-9a-f]{64})/
      const [, words = ''] = told.exec(roster.stdout) ?? []
      const inForce = await as(folder, 'axel', [...words.split(' '), ...run])
      assert.match(inForce.stdout, /roster simulated v2 is in force/)
      const gone = await as(folder, 'olga', ['kill', 'all', ...run])
      assert.equal(gone.code, 3)
      assert.match(gone.stdout, /unknown-author: simulated v2 names no "olga"/)
      const until = at(7_200)
      const delegate = ['delegate', 'omar', '--roles', 'approver', '--until', until, ...run]
      assert.equal((await as(folder, 'anna', delegate)).code, 0)
      const delegated = await weir(['pending', '--data-dir', 'data', '--json'], { cwd: folder })
      const { groups } = JSON.parse(delegated.stdout) as {
        groups: { delegations: object[]; changes: object[] }[]
      }
      assert.deepEqual(groups[0]?.delegations, [
        { from: 'anna', to: 'omar', roles: ['approver'], until: until.replace('.000Z', 'Z') },
      ])
      assert.deepEqual(groups[0]?.changes, [])
      for (const words of [
        ['revoke', 'omar'],
        ['hold', 'account:DOLLARS'],
        ['release', 'account:DOLLARS'],
      ]) {
        const outcome = await as(folder, words[0] === 'revoke' ? 'anna' : 'omar', [...words, ...run])
        assert.equal(outcome.code, 0, outcome.stderr)
      }
    })
  })
})

test('signed offline and lived through: from the kill on nothing is instructed, and after the lift it is again', async () => {
  await withFolder(async (folder) => {
    writeKeys(join(folder, 'keys'))
    const salaries = (seconds: number) => movement(`salaries ${seconds}`, 'PAYROLL', -1_200_000_00)
    const shortfall = { openings: { OPERATING: 7_400_000_00 } }
    const live = async (name: string): Promise<number> => {
      const outcome = await weir(
        ['run', '--input', name, '--data-dir', `${name}-data`, '--no-clickhouse', '--json'],
        { cwd: folder },
      )
      assert.equal(outcome.code, 0, outcome.stderr)
      return (JSON.parse(outcome.stdout) as { instructions: { total: number } }).instructions.total
    }
    for (const name of ['free', 'killed', 'lifted'])
      writeGovernedDay(
        join(folder, name),
        (day) => day.input('cash-movement', salaries(60), MORNING + 60 * SECOND),
        shortfall,
      )
    assert.ok((await live('free')) > 0)
    const offline = ['--group', GROUP, '--expires-in', '2h']
    for (const name of ['killed', 'lifted']) {
      const outcome = await as(folder, 'olga', [
        'kill',
        'all',
        ...offline,
        '--at',
        at(20),
        '--out',
        name,
        '--json',
      ])
      assert.equal(outcome.code, 0, outcome.stderr)
      if (name === 'killed') continue
      const id = (JSON.parse(outcome.stdout) as Answer).records[0]?.commandId as string
      for (const person of ['rosa', 'remy']) {
        const lifted = await as(folder, person, ['lift', id, ...offline, '--at', at(40), '--out', name])
        assert.equal(lifted.code, 0, lifted.stderr)
        assert.match(lifted.stdout, /^written: lifted, to be sent later\n/)
      }
    }
    assert.equal(await live('killed'), 0)
    assert.ok((await live('lifted')) > 0)
  })
})

test('a letter to a run that is not at work is not seen in time, says so, and is taken by the next start', async () => {
  await withFolder(async (folder) => {
    writeGovernedDay(join(folder, 'day'))
    writeKeys(join(folder, 'keys'))
    await withRun(folder, () => Promise.resolve())
    const late = await as(folder, 'olga', ['kill', 'all', ...run, '--wait', '1s'])
    assert.equal(late.code, 4, late.stdout)
    assert.match(
      late.stderr,
      /not everything was seen in the journal within 1 s: is weir run --follow at work there/,
    )
    await withRun(folder, async () => {
      let shown = ''
      for (let tries = 0; tries < 100 && !shown.includes('all is killed'); tries++)
        shown = (await weir(['pending', '--data-dir', 'data'], { cwd: folder })).stdout
      assert.match(shown, /europe: all is killed since .* by olga/)
    })
  })
})

test('a run that is killed while it takes a letter takes it once, whether the journal held it or not', async () => {
  await withFolder(async (folder) => {
    writeGovernedDay(join(folder, 'day'))
    writeKeys(join(folder, 'keys'))
    const pauses = [0, 150, 400]
    const kill = ['kill', 'account:PAYROLL', ...run, '--no-wait']
    for (const pauseMs of pauses)
      await withRun(
        folder,
        async () => {
          const sent = await as(folder, 'olga', kill)
          assert.equal(sent.code, 0, sent.stderr)
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
        },
        { end: 'SIGKILL' },
      )
    await withRun(folder, async () => {
      const untilMs = performance.now() + 60_000
      const left = () => readdirSync(join(folder, 'data', 'commands')).filter((name) => !name.startsWith('.'))
      while (left().length > 0 && performance.now() < untilMs)
        await new Promise((resolve) => setTimeout(resolve, 50))
      assert.deepEqual(left(), [])
    })
    const { stdout } = await weir(['pending', '--data-dir', 'data', '--json'], { cwd: folder })
    const { groups } = JSON.parse(stdout) as { groups: { kills: object[] }[] }
    assert.equal(groups[0]?.kills.length, pauses.length)
    const replayed = await weir(['replay', '--data-dir', 'data', '--json'], { cwd: folder })
    assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr)
  })
})

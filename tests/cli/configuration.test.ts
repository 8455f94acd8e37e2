/** docs/governance.md, "Changing the configuration", by the commands alone: the digest is told, listed, and with other settings nothing is decided. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatUuid, toHex } from '../../pipeline/identity.js'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import { GROUP, MORNING, movement, POLICY_TEXT, SECOND } from '../support/small-group.js'
import { writeGovernedDay } from '../support/small-group-day.js'
import { weir, withFolder } from './weir-process.js'

interface Told {
  readonly runtime: string
  readonly digest: string
  readonly settings: Readonly<Record<string, unknown>>
}

interface Doctor {
  readonly checks: readonly { readonly part: string; readonly ok: boolean; readonly facts?: Told }[]
}

const PARTS = ['Configuration of a run over a folder', 'Configuration of an instance on Kafka']

async function configurationsOf(cwd: string, file?: string): Promise<Told[]> {
  const config = file === undefined ? [] : ['--config', file]
  const { code, stdout, stderr } = await weir(['doctor', '--json', ...config], { cwd })
  assert.equal(code, 0, stderr)
  const { checks } = JSON.parse(stdout) as Doctor
  return PARTS.map((part) => checks.find((check) => check.part === part)?.facts ?? assert.fail(part))
}

test('doctor tells the digest of a configuration and what it is made of; writing a default changes nothing', async () => {
  await withFolder(async (cwd) => {
    const kafka =
      'kafka: { bootstrapServers: "broker:9092", topicPrefix: bank., commit: { maxWaitMillis: 0 } }'
    writeFileSync(join(cwd, 'defaults.yaml'), 'cycleMillis: 5000\nworkers: 4\nlog: { level: warn }\n')
    writeFileSync(join(cwd, 'other.yaml'), `heartbeatMillis: 60000\n${kafka}\n`)
    const usual = await configurationsOf(cwd)
    assert.deepEqual(await configurationsOf(cwd, 'defaults.yaml'), usual)
    const [folder, instance] = await configurationsOf(cwd, 'other.yaml')
    assert.equal(folder?.settings.heartbeatMillis, 60_000)
    assert.equal(instance?.settings.topicPrefix, 'bank.')
    assert.deepEqual(instance?.settings.commit, { maxWaitMillis: 0, maxRecords: 10_000 })
    assert.notEqual(folder?.digest, usual[0]?.digest)
    assert.notEqual(instance?.digest, usual[1]?.digest)
    const text = await weir(['doctor', '--config', 'other.yaml'], { cwd })
    for (const told of [folder, instance]) assert.ok(text.stdout.includes(`SHA-256 ${told?.digest}`))
    assert.match(text.stdout, /^ {10}\{"cycleMillis":5000,"drainMillis":900000,"heartbeatMillis":60000,/m)
    writeFileSync(join(cwd, 'wrong.yaml'), 'heartbeatMillis: never\n')
    const wrong = await weir(['doctor', '--config', 'wrong.yaml'], { cwd })
    assert.equal(wrong.code, 3)
    assert.match(wrong.stdout, /MISSING Configuration of a run over a folder: wrong\.yaml:1:18: /)
  })
})

test('with the listed configuration a run acts, with another one it refuses, and the refusal is verified offline', async () => {
  await withFolder(async (cwd) => {
    writeFileSync(join(cwd, 'listed.yaml'), 'heartbeatMillis: 60000\n')
    writeFileSync(join(cwd, 'other.yaml'), 'heartbeatMillis: 30000\n')
    const [listed, other] = [
      (await configurationsOf(cwd, 'listed.yaml'))[0]?.digest ?? '',
      (await configurationsOf(cwd, 'other.yaml'))[0]?.digest ?? '',
    ]
    const policy = `${POLICY_TEXT}configurations: ["${listed}"]\n`
    const pay = movement('salaries', 'PAYROLL', -1_900_000_00)
    writeGovernedDay(join(cwd, 'day'), (day) => day.input('cash-movement', pay, MORNING + 60 * SECOND), {
      policy,
    })
    const run = async (settings: string): Promise<string> => {
      const args = ['run', '--input', 'day', '--config', `${settings}.yaml`, '--data-dir', settings]
      const { code, stderr } = await weir([...args, '--no-clickhouse', '--json', '--log-level', 'info'], {
        cwd,
      })
      assert.equal(code, 0, stderr)
      return stderr
    }
    assert.ok((await run('listed')).includes(listed), 'the log tells the digest')
    assert.ok((await run('other')).includes(other))
    const acted = await decisionsOf(join(cwd, 'listed', 'journal'))
    assert.ok(acted.some(({ outcome }) => outcome === 'ACTED'))
    const refused = await decisionsOf(join(cwd, 'other', 'journal'))
    assert.ok(refused.length > 0)
    for (const { outcome, reason } of refused)
      assert.deepEqual([outcome, reason], ['REFUSED', 'configuration-not-approved'])

    const key = (
      await weir(['audit', 'key', 'weir.example/settings', '--out', 'audit.key'], { cwd })
    ).stdout.trim()
    const commands = [
      ['append', '--data-dir', 'other', '--key', 'audit.key'],
      ['export', refused.at(-1)?.id ?? '', '--data-dir', 'other', '--keys', key, '--out', 'decision.bundle'],
      ['verify', 'decision.bundle', '--keys', key],
    ]
    for (const args of commands) {
      const { code, stdout, stderr } = await weir(['audit', ...args], { cwd })
      assert.equal(code, 0, stdout + stderr)
    }
  })
})

async function decisionsOf(folder: string): Promise<{ id: string; outcome: string; reason: string }[]> {
  const decisions = []
  for await (const entries of readJournal(folder, 0, Number.MAX_SAFE_INTEGER))
    for (const entry of entries) {
      const body = entry.decode()
      if (!('weir.CycleResult' in body) || body['weir.CycleResult'].groupId !== GROUP) continue
      for (const { decisionId, outcome, reason } of body['weir.CycleResult'].decisions)
        decisions.push({ id: formatUuid(toHex(decisionId)), outcome, reason })
    }
  return decisions
}

/** `weir notify` on the journal of a run, with a receiver that verifies what it gets. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import { fileJournal } from '../../sinks/journal/journal-port.js'
import { receiveWebhooks } from '../support/webhook-receiver.js'
import { weir, withFolder } from './weir-process.js'

async function alertsIn(dataDir: string): Promise<number> {
  const journal = fileJournal((from, until) => readJournal(join(dataDir, 'journal'), from.sequence, until))
  let alerts = 0
  for await (const batch of journal.read({ sequence: 0, offset: -1, checksum: 0 }, Number.MAX_SAFE_INTEGER))
    for (const entry of batch) {
      const body = entry.decode()
      if ('weir.CycleResult' in body) alerts += body['weir.CycleResult'].alerts.length
    }
  return alerts
}

test('the alerts of a run are told once, by a receiver verified, and a target that is away is told of', async () => {
  const receiver = await receiveWebhooks()
  const { ids, url } = receiver
  try {
    await withFolder(async (cwd) => {
      const at = { cwd }
      await weir(['sandbox', 'day', '--seed', '3', '--scale', '0.01', '--out', 'day'], at)
      const ran = await weir(['run', '--input', 'day', '--data-dir', 'data', '--no-clickhouse'], at)
      assert.equal(ran.code, 0, ran.stderr)
      const expected = await alertsIn(join(cwd, 'data'))
      assert.ok(expected > 0, 'the day has no alert')
      const made = await weir(['identity', 'key', '--out', 'webhook.key'], at)
      receiver.key = `whpk_${made.stdout.trim()}`
      const webhook = `webhook: {url: '${url}', signingKeyFile: webhook.key, allowPrivateAddresses: true}`
      const desk = `    - {name: desk, severity: INFO, perMinute: 600, ${webhook}}\n`
      writeFileSync(join(cwd, 'weir.yaml'), `notifications:\n  targets:\n${desk}`)
      const notify = ['notify', '--config', 'weir.yaml', '--data-dir', 'data', '--json']
      for (const delivered of [expected, 0]) {
        const { code, stdout, stderr } = await weir(notify, at)
        assert.equal(code, 0, stderr)
        const { targets } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
        assert.deepEqual(targets, [
          { target: 'desk', waiting: 0, omitted: 0, delivered, givenUp: 0, trouble: null },
        ])
      }
      assert.deepEqual([ids.length, new Set(ids).size], [expected, expected])
      assert.ok(existsSync(join(cwd, 'data', 'notifications', 'desk.json')))
      assert.ok(!existsSync(join(cwd, 'data', 'lock')), 'the data directory is left locked')
      assert.match(readFileSync(join(cwd, 'data', 'notifications', 'desk.json'), 'utf8'), /"waiting":\[\]/)
    })
  } finally {
    await receiver.close()
  }
})

test('targets that cannot be meant are told with their line', async () => {
  await withFolder(async (cwd) => {
    const told = async (target: string, message: RegExp): Promise<void> => {
      writeFileSync(join(cwd, 'weir.yaml'), `notifications:\n  targets:\n    - ${target}\n`)
      const { code, stderr } = await weir(['notify', '--config', 'weir.yaml'], { cwd })
      assert.equal(code, 2, stderr)
      assert.match(stderr, message)
    }
    await told('{name: desk}', /weir\.yaml:3:\d+: a target has one of webhook and email/)
    await told("{name: desk, webhook: {url: 'https://h.example'}}", /a webhook is signed by one key/)
    await told("{name: desk, webhook: {url: 'http://h.example', secretEnv: HOME}}", /no https address/)
    await told(
      '{name: desk, email: {host: m.example, tls: none, from: a@b, to: [c@d]}}',
      /leaves this machine/,
    )
    await told('{name: desk, email: {host: m.example, user: u, from: a@b, to: [c@d]}}', /user and password/)
    writeFileSync(join(cwd, 'weir.yaml'), 'workers: 1\n')
    const none = await weir(['notify', '--config', 'weir.yaml'], { cwd })
    assert.match(none.stderr, /notifications\.targets is needed/)
  })
})

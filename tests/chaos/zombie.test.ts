/**
 * The zombie: an owner that is stopped for longer than its session, and wakes up after the standby has taken over, sends nothing.
 *
 * A run of chaos with this one fault; its audits see every record that anybody has committed. How long the takeover took is printed, and
 * only a generous bound is asserted.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needsKafka } from '../support/kafka/availability.js'
import { Chaos } from './chaos.js'
import { Setting } from './setting.js'

const SESSION_TIMEOUT_MILLIS = 1_500
const TAKEOVER_BOUND_MS = 30_000

test(
  'an owner that was stopped and goes on after a takeover sends nothing, and nothing is lost',
  await needsKafka(),
  async (context) => {
    const tell = (text: string) => context.diagnostic(text)
    const setting = await Setting.open({
      brokers: 1,
      partitions: 2,
      sessionTimeoutMillis: SESSION_TIMEOUT_MILLIS,
      seed: '7',
      timeScale: 1_000,
      projects: false,
      tell,
    })
    const options = { minutes: 0.25, seed: '7', groups: 4, rate: 40, faults: ['pause-owner'] as const, tell }
    const chaos = new Chaos(setting, options)
    try {
      const report = await chaos.run()
      assert.deepEqual(report.failures, [])
      assert.deepEqual(report.unexpectedEnds, [], 'a zombie comes back to life as a follower')
      assert.ok(report.takeovers.length > 0)
      for (const { partition, milliseconds } of report.takeovers) {
        tell(`partition ${partition}: ${milliseconds} ms from SIGSTOP to the first cycle of the standby`)
        assert.ok(milliseconds < TAKEOVER_BOUND_MS)
      }
      const logs = setting.members.map(({ process: each }) =>
        readFileSync(join(setting.folder, `${each.name}.log`), 'utf8'),
      )
      assert.ok(
        logs.some((log) => /partitions lost|WEIR_FENCED/.test(log)),
        'the zombie has noticed that it lost its partitions',
      )
    } finally {
      await chaos.close()
      await setting.close()
      setting.remove()
    }
  },
)

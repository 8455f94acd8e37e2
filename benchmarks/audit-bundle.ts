/**
 * Verifying the bundle of a decision in ten points, exact certificate and replay included: in a process of its own, as the command does it,
 * beside the same in one process: what keeping the bundle's module apart costs.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatBundle, parseBundle } from '../sinks/audit/bundle/bundle.js'
import { exportDecision } from '../sinks/audit/bundle/export-decision.js'
import { verifyBundle } from '../sinks/audit/bundle/verify-bundle.js'
import { appendLeaves } from '../sinks/audit/leaves/audit-projection.js'
import { replayDecision } from '../sinks/audit/replay/replay-decision.js'
import type { RunReplay } from '../sinks/audit/replay/replay-job.js'
import { replayInProcess } from '../sinks/audit/replay/replay-process.js'
import { fileJournal } from '../sinks/journal/journal-port.js'
import { inBatches, smallGroupJournal } from '../tests/support/small-group-journal.js'
import { BENCHMARK_TRUST, openBenchmarkLog } from './audit-append.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'

const STEPS = 200

function verifying(name: string, role: Contender['role'], verify: () => Promise<void>): Contender {
  return {
    name,
    role,
    async round(samples) {
      const before = nowMicros()
      await verify()
      samples.push(nowMicros() - before)
    },
  }
}

export const auditBundle: Scenario = {
  name: 'audit-bundle',
  family: 'audit',
  measures: 'one bundle of a decision of a small group, read and verified in ten points',
  warmUpRounds: 2,
  rounds: 15,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-audit-'))
    const log = await openBenchmarkLog(join(directory, 'log'))
    const entries = await smallGroupJournal({ seed: 4, steps: STEPS })
    const journal = fileJournal((from, until) => inBatches(entries, from.sequence, until))
    await appendLeaves(journal, log)
    const text = formatBundle((await exportDecision(log, journal, await lastActed(log))) ?? assert.fail())
    const verify = (run: RunReplay) => async (): Promise<void> => {
      const points = await verifyBundle(parseBundle(text, 'benchmark'), BENCHMARK_TRUST, run)
      assert.ok(points.every(({ holds }) => holds))
    }
    return {
      list: [
        verifying(
          'weir: in a process of its own',
          'weir',
          verify((job) => replayInProcess(job)),
        ),
        verifying('in one process', 'peer', verify(replayDecision)),
      ],
      notes: [`The bundle has ${text.length} bytes.`],
      async close() {
        await log.close()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}

async function lastActed(log: { size: number; record(index: number): Promise<Uint8Array> }): Promise<string> {
  for (let index = log.size - 1; index >= 0; index--) {
    const leaf = JSON.parse(Buffer.from(await log.record(index)).toString()) as {
      readonly kind: string
      readonly id: string
      readonly instructions: number
    }
    if (leaf.kind === 'decision' && leaf.instructions > 0) return leaf.id
  }
  return assert.fail('nothing was decided')
}

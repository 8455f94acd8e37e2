/**
 * Appending to the transparency log, durable and with a signed checkpoint, beside what a plain audit file costs: lines appended
 * with one fdatasync a batch and a SHA-256 of each line. The plain file proves nothing; it is the floor of what can be asked.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditLog } from '../sinks/audit/log/audit-log.js'
import { LocalKey } from '../sinks/audit/log/keys.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'

const BATCH = 1_000
const RECORD_BYTES = 600
const BATCHES_PER_ROUND = 5

/** Records of the size of a small decision, all different. */
export function auditRecords(first: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const text = `{"decision":${first + i},"group":"europe","outcome":"nothing-to-do"}`
    return Buffer.from(text.padEnd(RECORD_BYTES, ' '))
  })
}

const key = LocalKey.fromSeed('benchmark.example/log', new Uint8Array(32).fill(1))
export const BENCHMARK_TRUST = { origin: key.name, logKeys: [key.verifier()] }

/** A log with a key of its own in an empty folder. */
export function openBenchmarkLog(directory: string): Promise<AuditLog> {
  return AuditLog.open({
    directory,
    origin: key.name,
    signers: [key.signer()],
    verifiers: [key.verifier()],
  })
}

/** One sample: microseconds a record, of one batch. */
function appending(
  name: string,
  role: Contender['role'],
  append: (records: readonly Uint8Array[]) => Promise<void>,
): Contender {
  let next = 0
  return {
    name,
    role,
    async round(samples) {
      for (let i = 0; i < BATCHES_PER_ROUND; i++) {
        const records = auditRecords(next, BATCH)
        next += BATCH
        const before = nowMicros()
        await append(records)
        samples.push((nowMicros() - before) / BATCH)
      }
    },
  }
}

export const auditAppend: Scenario = {
  name: 'audit-append',
  family: 'audit',
  measures: `one record of ${RECORD_BYTES} bytes made durable in a batch of ${BATCH}, the log's with a signed checkpoint`,
  warmUpRounds: 3,
  rounds: 20,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-audit-'))
    const log = await openBenchmarkLog(join(directory, 'log'))
    const plain = await open(join(directory, 'plain'), 'a')
    return {
      list: [
        appending(
          'weir tlog, signed checkpoint',
          'weir',
          async (records) => void (await log.append(records)),
        ),
        appending('plain file, SHA-256 a line', 'peer', async (records) => {
          const lines = records.map(
            (record) => `${createHash('sha256').update(record).digest('hex')} ${record}\n`,
          )
          await plain.writeFile(lines.join(''))
          await plain.datasync()
        }),
      ],
      notes: ['50 us a record are 20,000 a second.'],
      async close() {
        await log.close()
        await plain.close()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}

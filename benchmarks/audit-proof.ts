/**
 * Inclusion proofs in a log of a million records: made from tiles, verified, beside hashing the whole list of leaves, which is what a
 * log without a tree would have to do for the same certainty.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSignedCheckpoint } from '../sinks/audit/log/checkpoint.js'
import { leafHash } from '../sinks/audit/log/hashing.js'
import { verifyInclusion } from '../sinks/audit/log/proofs.js'
import { auditRecords, openBenchmarkLog } from './audit-append.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'
import { seededRandom } from './seeded-random.js'

const RECORDS = 1_000_000
const BATCH = 50_000
const PROOFS_PER_ROUND = 200

function timed(
  name: string,
  role: Contender['role'],
  times: number,
  run: () => Promise<void> | void,
): Contender {
  return {
    name,
    role,
    async round(samples) {
      for (let i = 0; i < times; i++) {
        const before = nowMicros()
        await run()
        samples.push(nowMicros() - before)
      }
    },
  }
}

export const auditProof: Scenario = {
  name: 'audit-proof',
  family: 'audit',
  measures: `the inclusion proof of one record at random in a log of ${RECORDS} records`,
  warmUpRounds: 1,
  rounds: 5,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-audit-'))
    const log = await openBenchmarkLog(join(directory, 'log'))
    const before = nowMicros()
    for (let first = 0; first < RECORDS; first += BATCH) await log.append(auditRecords(first, BATCH))
    const seconds = (nowMicros() - before) / 1e6
    const { root } = parseSignedCheckpoint(log.checkpoint()).checkpoint
    const random = seededRandom(1)
    const anyIndex = (): number => Math.floor(random() * RECORDS)
    const index = anyIndex()
    const claim = {
      leafHash: leafHash(await log.record(index)),
      index,
      size: RECORDS,
      root,
      proof: await log.inclusionProof(index),
    }
    const leaves = Buffer.alloc(RECORDS * 32, 7)
    return {
      list: [
        timed(
          'weir: make a proof',
          'weir',
          PROOFS_PER_ROUND,
          async () => void (await log.inclusionProof(anyIndex())),
        ),
        timed('weir: verify a proof', 'peer', PROOFS_PER_ROUND, () => {
          if (!verifyInclusion(claim)) throw new Error('the proof does not verify')
        }),
        timed('hash the list of leaves', 'peer', 1, () => void createHash('sha256').update(leaves).digest()),
      ],
      notes: [
        `The log was filled in batches of ${BATCH} at ${Math.round(RECORDS / seconds)} records a second.`,
        'Ratios are to making a proof. The list is hashed in one piece of 32 MB, without making the hashes.',
      ],
      async close() {
        await log.close()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}

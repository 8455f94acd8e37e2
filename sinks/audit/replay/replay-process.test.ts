/** The process that runs a bundle's module: the same outcome as without it, and modules that mean harm are ended with an error. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { derivedId, sha256, toHex } from '../../../pipeline/identity.js'
import type { Cycle, SourceDeclaration } from '../../../schemas/generated/types.js'
import { GROUP } from '../../../tests/support/small-group.js'
import { inBatches, smallGroupJournal } from '../../../tests/support/small-group-journal.js'
import { readOptimizer } from '../../../wasm-core/host/compile.js'
import { HISTORY_BEGIN } from '../leaves/history.js'
import { replayDecision } from './replay-decision.js'
import type { ReplayJob } from './replay-job.js'
import { replayInProcess } from './replay-process.js'

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
/** `(func (loop br 0)) (start 0)` */
const ENDLESS = [
  0x01, 4, 1, 0x60, 0, 0, 0x03, 2, 1, 0, 0x08, 1, 0, 0x0a, 9, 1, 7, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b,
]
/** `(memory 10000)`, pages of 64 KiB */
const GREEDY = [0x05, 4, 1, 0, 0x90, 0x4e]
/** `(import "x" "y" (func))` */
const CURIOUS = [0x01, 4, 1, 0x60, 0, 0, 0x02, 7, 1, 1, 0x78, 1, 0x79, 0, 0]

async function morning(): Promise<ReplayJob> {
  const sources: SourceDeclaration[] = []
  const cycles: Cycle[] = []
  for await (const batch of inBatches(
    await smallGroupJournal({ seed: 4, steps: 8 }),
    0,
    Number.MAX_SAFE_INTEGER,
  ))
    for (const entry of batch) {
      const body = entry.decode()
      if ('weir.SourceDeclaration' in body) sources.push(body['weir.SourceDeclaration'])
      else if ('weir.Cycle' in body) cycles.push(body['weir.Cycle'])
    }
  const memory = { sequence: 0, governing: 0, history: HISTORY_BEGIN }
  const decision = toHex(derivedId('decision', GROUP, cycles.at(-1)?.cycle ?? 0))
  return { group: GROUP, decision, snapshot: undefined, sources, cycles, wasm: await readOptimizer(), memory }
}

test('the outcome is that of a replay in the same process', async () => {
  const job = await morning()
  const [there, here] = [await replayInProcess(job), await replayDecision(job)]
  assert.deepEqual(there.leaves, here.leaves)
  assert.deepEqual([there.before, there.after], [here.before, here.after])
  assert.deepEqual(
    there.instructions.map((bytes) => toHex(bytes)),
    here.instructions.map((bytes) => toHex(bytes)),
  )
  assert.deepEqual(there.examined?.solve?.primal, here.examined?.solve?.primal)
  assert.notEqual(there.after.state, there.before.state)
  assert.ok(
    here.leaves.some(
      ({ fields }) =>
        (fields.solver as { wasm?: string } | undefined)?.wasm === toHex(sha256(job.wasm ?? HISTORY_BEGIN)),
    ),
  )
})

test('a module that does not end, takes too much memory or asks for more than it gets is ended', async () => {
  const job = await morning()
  const run = (sections: readonly number[], timeoutMs = 60_000) =>
    replayInProcess({ ...job, wasm: Uint8Array.from([...HEADER, ...sections]) }, { timeoutMs })
  await assert.rejects(run(ENDLESS, 3_000), { code: 'WEIR_AUDIT', message: /took more than 3000 ms/ })
  await assert.rejects(run(GREEDY), { code: 'WEIR_AUDIT', message: /ends with an error/ })
  await assert.rejects(run(CURIOUS), { code: 'WEIR_AUDIT', message: /ends with an error/ })
  await assert.rejects(run([0xff]), { code: 'WEIR_AUDIT', message: /cannot be compiled/ })
})

test('a state that is none is an error of the bundle and not of the verifier', async () => {
  const job = await morning()
  for (const text of ['', '{}', '{"version":6,"state":{}}', '{"version":6,"state":null}'])
    await assert.rejects(replayInProcess({ ...job, snapshot: Buffer.from(text) }), { code: 'WEIR_AUDIT' })
})

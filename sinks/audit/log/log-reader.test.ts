import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KEY, ORIGIN, openTestLog, recordsFrom } from '../testing/logs.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { leafHash } from './hashing.js'
import { LocalKey } from './keys.js'
import { LogReader } from './log-reader.js'
import { verifyConsistency, verifyInclusion } from './proofs.js'

const trust = { origin: ORIGIN, logKeys: [KEY.verifier()] }

test('with the public key alone a log is read and proved, and goes on growing meanwhile', async () => {
  const files = new MemoryFiles()
  const log = await openTestLog(files)
  await log.append(recordsFrom(0, 300))
  const reader = await LogReader.open(files, trust)
  assert.deepEqual([reader.size, reader.origin], [300, ORIGIN])
  await log.append(recordsFrom(300, 400))
  for (const index of [0, 17, 255, 256, 299]) {
    const record = await reader.record(index)
    assert.deepEqual(Buffer.from(record), recordsFrom(index, 1)[0])
    const proof = await reader.inclusionProof(index)
    const { size, root } = reader
    assert.ok(verifyInclusion({ leafHash: leafHash(record), index, size, root, proof }))
  }
  await assert.rejects(reader.record(300), { code: 'WEIR_INPUT' })
  const later = await LogReader.open(files, trust)
  assert.equal(later.size, 700)
  const claim = { oldSize: reader.size, oldRoot: reader.root, size: later.size, root: later.root }
  assert.ok(verifyConsistency({ ...claim, proof: await later.consistencyProof(reader.size) }))
  assert.deepEqual(later.checkpoint(), log.checkpoint())
  await log.close()
})

test('no log, another log, and a log of another key are refused', async () => {
  await assert.rejects(LogReader.open(new MemoryFiles(), trust), {
    code: 'WEIR_AUDIT',
    message: /no audit log/,
  })
  const files = new MemoryFiles()
  await (await openTestLog(files)).close()
  const other = LocalKey.fromSeed(ORIGIN, Buffer.alloc(32, 9)).verifier()
  await assert.rejects(LogReader.open(files, { ...trust, logKeys: [other] }), { code: 'WEIR_AUDIT' })
  await assert.rejects(LogReader.open(files, { ...trust, origin: 'other' }), { code: 'WEIR_AUDIT' })
})

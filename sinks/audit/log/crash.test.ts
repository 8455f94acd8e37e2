/**
 * The log is stopped at every single file operation, and at some the power is lost: what a checkpoint has told of is there afterwards,
 * and the log goes on to the root of one that nothing happened to.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { KEY, ORIGIN, openTestLog, randomFrom, recordsFrom } from '../testing/logs.js'
import { MemoryFiles, Stopped } from '../testing/memory-files.js'
import { slowRoot } from '../testing/slow-tree.js'
import { type Checkpoint, openCheckpoint } from './checkpoint.js'
import { sameHash } from './hashing.js'
import { verifyConsistency } from './proofs.js'

/** Sizes of the batches: inside a tile, up to its end, into the next, over its end. */
const BATCHES = [3, 253, 20, 260]
const ALL = recordsFrom(0, 536)
const ROOT = slowRoot(ALL)
const trust = { origin: ORIGIN, logKeys: [KEY.verifier()] }
const opened = (bytes: Uint8Array): Checkpoint => openCheckpoint(bytes, trust).checkpoint

/** Appends what is missing, in the same batches. @returns the checkpoints that were told of */
async function run(files: MemoryFiles, told: Checkpoint[] = []): Promise<Checkpoint[]> {
  const log = await openTestLog(files)
  told.push(opened(log.checkpoint()))
  let end = 0
  for (const count of BATCHES) {
    end += count
    if (log.size >= end) continue
    told.push(opened((await log.append(ALL.slice(log.size, end))).checkpoint))
  }
  await log.close()
  return told
}

/** Runs until the files stop. @returns what was told, the published checkpoint that a reader has seen at last included */
async function runUntilStopped(files: MemoryFiles): Promise<Checkpoint[]> {
  const told: Checkpoint[] = []
  // An append whose publishing is stopped is committed and returns; that of the last batch is noticed by nobody.
  await run(files, told).catch((error) => assert.ok(error instanceof Stopped, String(error)))
  assert.ok(files.isStopped)
  const published = files.contents().get('checkpoint')
  if (published !== undefined) told.push(opened(published))
  return told
}

/** The log of these files extends every checkpoint that was told of, and is the undisturbed one in the end. */
async function assertGoesOn(files: MemoryFiles, told: readonly Checkpoint[]): Promise<void> {
  const last = (await run(files)).at(-1)!
  assert.equal(last.size, ALL.length)
  assert.ok(sameHash(last.root, ROOT))
  const log = await openTestLog(files)
  for (const { size, root } of told) {
    if (size === 0) continue
    const proof = await log.consistencyProof(size)
    assert.ok(
      verifyConsistency({ oldSize: size, oldRoot: root, size: last.size, root: last.root, proof }),
      `${size}`,
    )
  }
  await log.close()
}

const withoutDrafts = (files: MemoryFiles): [string, Uint8Array][] =>
  [...files.contents()].filter(([path]) => !path.startsWith('incoming/')).sort()

test('stopped at every operation, the log goes on where its last checkpoint was', async () => {
  const whole = new MemoryFiles()
  await run(whole)
  let stops = 0
  for (; stops < whole.operations; stops++) {
    const files = new MemoryFiles()
    files.stopAt = stops
    const told = await runUntilStopped(files)
    const next = files.afterStop()
    const reopened = await openTestLog(next)
    const size = Math.max(0, ...told.map((checkpoint) => checkpoint.size))
    assert.ok(reopened.size >= size, `${reopened.size} of ${size} records after a stop at ${stops}`)
    await reopened.close()
    await assertGoesOn(next, told)
    // Nothing of what was cut short is left: the files are those of the undisturbed log.
    assert.deepEqual(withoutDrafts(next), withoutDrafts(whole), `after a stop at ${stops}`)
  }
  assert.ok(stops > 100, `only ${stops} operations`)
})

test('when the power is lost at any operation, no checkpoint that was told of or seen is taken back', async () => {
  const whole = new MemoryFiles()
  await run(whole)
  for (let stops = 0; stops < whole.operations; stops++) {
    const files = new MemoryFiles()
    files.stopAt = stops
    const told = await runUntilStopped(files)
    await assertGoesOn(files.afterPowerLoss(randomFrom(stops)), told)
  }
})

test('a start that is itself stopped, at any operation, repairs nothing by half', async () => {
  const whole = new MemoryFiles()
  await run(whole)
  const random = randomFrom(5)
  for (let stops = 0; stops < whole.operations; stops += 7) {
    const files = new MemoryFiles()
    files.stopAt = stops
    const told = await runUntilStopped(files)
    for (let second = 0; ; second++) {
      const torn = second % 2 === 0 ? files.afterStop() : files.afterPowerLoss(random)
      torn.stopAt = second
      const log = await openTestLog(torn).catch((error) => {
        assert.ok(error instanceof Stopped)
        return undefined
      })
      await log?.close()
      await assertGoesOn(torn.afterStop(), told)
      if (log !== undefined) break
    }
  }
})

test('a full disk, at any write, is a clear error; nothing earlier is lost and the log goes on when there is space', async () => {
  const needSpace = (operation: string): boolean => operation === 'write' || operation === 'makeFolder'
  const whole = new MemoryFiles()
  const writes: number[] = []
  whole.failWith = (operation) => {
    if (needSpace(operation)) writes.push(whole.operations)
    return undefined
  }
  await run(whole)
  let refused = 0
  for (const full of writes) {
    const files = new MemoryFiles()
    files.failWith = (operation) => (files.operations >= full && needSpace(operation) ? 'ENOSPC' : undefined)
    const told: Checkpoint[] = []
    const error = await run(files, told).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error !== undefined) {
      refused++
      assert.ok(error instanceof WeirError && error.code === 'WEIR_AUDIT', String(error))
      assert.match(error.toLine(), /disk is full.*free space/)
    }
    await assertGoesOn(files.afterStop(), told)
  }
  // Only the last publishing may be refused without anybody being told: the records are committed by then.
  assert.equal(refused, writes.length - 1)
})

test('after a failed sync the log takes nothing more until it is opened again', async () => {
  const files = new MemoryFiles()
  const log = await openTestLog(files)
  await log.append(ALL.slice(0, 5))
  files.failWith = (operation) => (operation === 'sync' ? 'EIO' : undefined)
  await assert.rejects(log.append(ALL.slice(5, 9)), /EIO/)
  files.failWith = () => undefined
  await assert.rejects(log.append(ALL.slice(5, 9)), /EIO/)
  assert.equal(log.size, 5)
  assert.equal(opened(log.checkpoint()).size, 5)
  await log.close()
  await assertGoesOn(files, [])
})

/** Snapshots on a disk that fills up, or changes what it was given: the journal serves, and an operator is told. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Operation, PartitionSnapshot } from '../distributed/ports.js'
import { PartitionSnapshots } from './partition-snapshots.js'

const FULL_DEVICE = '/dev/full'

const snapshotAt = (offset: number): PartitionSnapshot => ({
  partition: 0,
  journalId: 'weir.cycle/abc',
  offset,
  nextSequence: offset,
  checksum: 1,
  declarations: [],
  positions: [],
  groups: [],
})

async function settled<T>(operation: Operation<T>): Promise<Operation<T>> {
  while (operation.state === 'pending') await new Promise((resolve) => setImmediate(resolve))
  return operation
}

async function withSnapshots(
  use: (snapshots: PartitionSnapshots, folder: string, told: string[]) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-snapshots-'))
  const told: string[] = []
  const note = (message: string): void => {
    told.push(message)
  }
  const directory = join(folder, 'snapshots')
  try {
    await use(
      new PartitionSnapshots(directory, { ring: () => {} }, { info: note, warn: note }),
      directory,
      told,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const fileOf = (folder: string, offset: number): string =>
  join(folder, 'partition-0', `${String(offset).padStart(12, '0')}.snapshot`)

test('the newest whole one is used; a damaged one is told and removed', () =>
  withSnapshots(async (snapshots, folder, told) => {
    for (const offset of [10, 20, 30])
      assert.equal((await settled(snapshots.write(snapshotAt(offset)))).state, 'done')
    assert.ok(!existsSync(fileOf(folder, 10)), 'two are kept')
    const newest = fileOf(folder, 30)
    const bytes = readFileSync(newest)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(newest, bytes)
    assert.equal((await settled(snapshots.newest(0))).value?.offset, 20)
    assert.match(told.join('\n'), /damaged .*docs\/runbook\/restore-from-snapshot\.md/)
    assert.ok(!existsSync(newest))
  }))

test(
  'on a full disk the older one stays, and the error says what to do',
  { skip: existsSync(FULL_DEVICE) ? false : `NOT TESTED: there is no ${FULL_DEVICE}` },
  () =>
    withSnapshots(async (snapshots, folder) => {
      await settled(snapshots.write(snapshotAt(10)))
      mkdirSync(join(folder, 'partition-0'), { recursive: true })
      symlinkSync(FULL_DEVICE, `${fileOf(folder, 20)}.tmp`)
      const { state, fault } = await settled(snapshots.write(snapshotAt(20)))
      assert.equal(state, 'failed')
      assert.equal(fault?.kind, 'retriable')
      assert.equal(fault?.error.code, 'WEIR_SNAPSHOT')
      assert.match(fault?.error.toLine() ?? '', /snapshots: .*ENOSPC.*docs\/runbook\/disk-full\.md/)
      assert.equal((await settled(snapshots.newest(0))).value?.offset, 10)
    }),
)

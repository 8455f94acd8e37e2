/** Snapshots come back as they were, damage is found wherever it is, and old ones go. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { WeirError } from '../../errors.js'
import { type SnapshotContent, SnapshotStore } from './snapshot-store.js'

let directory = ''
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-snapshots-'))
})
after(() => rmSync(directory, { recursive: true, force: true }))

function contentOf(groupId: string, cycle: number): SnapshotContent {
  const agent = createHash('sha512').update(`${groupId}/${cycle}`).digest()
  return {
    groupId,
    cycle,
    sequence: cycle * 3,
    resultSequence: cycle * 3 + 1,
    standing: {
      closedAtMicros: 1_000 + cycle,
      activeAtMicros: 900,
      outstanding: 2,
      sources: [
        [0, 5, 700],
        [3, 1, 650],
      ],
      executions: 4,
      deadLetters: 1,
    },
    agent,
    agentDigest: createHash('sha256').update(agent).digest(),
    reports: Buffer.from('[]'),
  }
}

const plain = (content: SnapshotContent) =>
  JSON.parse(JSON.stringify({ ...content, agent: [...content.agent] })) as unknown

test('the newest three are kept and come back as they were, for any name of a group', async () => {
  const store = new SnapshotStore(join(directory, 'kept'))
  for (const groupId of ['europe', '~unrouted', 'a/b', '..', 'ünï*', 'x'.repeat(300)]) {
    for (let cycle = 9; cycle < 14; cycle++) await store.write(contentOf(groupId, cycle))
    assert.deepEqual(await store.cycles(groupId), [13, 12, 11])
    for (const cycle of [11, 13])
      assert.deepEqual(plain(await store.read(groupId, cycle)), plain(contentOf(groupId, cycle)))
  }
  assert.equal(readdirSync(join(directory, 'kept')).length, 6)
  assert.deepEqual(await store.cycles('nobody'), [])
})

test('a changed byte or a cut anywhere is found', async () => {
  const store = new SnapshotStore(join(directory, 'damaged'))
  await store.write(contentOf('g', 1))
  const path = join(directory, 'damaged', 'g', '0000000001.snapshot')
  const bytes = readFileSync(path)
  const isRefused = (error: unknown) => error instanceof WeirError && error.code === 'WEIR_SNAPSHOT'
  for (let index = 0; index < bytes.length; index++) {
    const damaged = Buffer.from(bytes)
    damaged[index] ^= 0x01
    writeFileSync(path, damaged)
    await assert.rejects(store.read('g', 1), isRefused, `byte ${index}`)
    writeFileSync(path, bytes.subarray(0, index))
    await assert.rejects(store.read('g', 1), isRefused, `cut at ${index}`)
  }
})

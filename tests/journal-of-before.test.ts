/** Journals written before cycles told their configuration: read, applied again to the same results, and proven by the same leaves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAgent } from '../pipeline/agent.js'
import { NO_DIGEST } from '../pipeline/identity.js'
import { CycleUnpacker } from '../pipeline/runtime/cycles/cycle-codec.js'
import { cycleBytesOf } from '../pipeline/runtime/journal/cycle-bytes.js'
import { Journal } from '../pipeline/runtime/journal/journal.js'
import { CYCLE_KIND } from '../pipeline/runtime/journal/layout.js'
import { readJournal } from '../pipeline/runtime/journal/reader.js'
import { encodeRecord } from '../schemas/avro/registry.js'
import { cycleDigest } from '../sinks/audit/leaves/history.js'
import { leafBytes } from '../sinks/audit/leaves/leaf.js'
import { sha256Hex } from '../sinks/audit/leaves/leaf-fields.js'
import { LeafMaker } from '../sinks/audit/leaves/leaf-maker.js'
import { withFolder } from './cli/weir-process.js'
import { testEnvironment } from './support/environment.js'
import { cycleBytesOfBefore, writeJournalOfBefore } from './support/journal-of-before.js'
import { GROUP } from './support/small-group.js'
import { smallGroupJournal } from './support/small-group-journal.js'

const entries = await smallGroupJournal({ seed: 11, steps: 40 })
const bodies = entries.map((entry) => entry.decode())

test('its cycles are brought to the schema of today with a digest of zeros, and give the results that it holds', async () => {
  await withFolder(async (directory) => {
    writeJournalOfBefore(directory, bodies)
    const agent = createAgent(GROUP, await testEnvironment())
    const unpacker = new CycleUnpacker()
    const made: Buffer[] = []
    let compared = 0
    let read = 0
    for await (const batch of readJournal(directory, 0, bodies.length))
      for (const record of batch) {
        read++
        assert.equal(record.current, false)
        const body = record.decode()
        if ('weir.SourceDeclaration' in body) agent.declareSource(body['weir.SourceDeclaration'])
        else if (record.kind === CYCLE_KIND) {
          const cycle = unpacker.unpack(cycleBytesOf(record))
          assert.deepEqual(Uint8Array.from(cycle.configuration), NO_DIGEST)
          made.push(encodeRecord('cycle-result', agent.apply(cycle).result))
        } else if ('weir.CycleResult' in body) {
          assert.deepEqual(made.shift(), encodeRecord('cycle-result', body['weir.CycleResult']))
          compared++
        }
      }
    assert.equal(read, bodies.length)
    assert.equal(compared, 41)
  })
})

test('it is opened and continued in a segment of today', async () => {
  await withFolder(async (directory) => {
    writeJournalOfBefore(directory, bodies)
    const journal = await Journal.open({ directory })
    assert.equal(journal.nextSequence, bodies.length)
    const configuration = Buffer.alloc(32, 5)
    journal.append({
      'weir.Cycle': { groupId: GROUP, cycle: 41, closedAt: 2 ** 50, inputs: [], configuration },
    })
    await journal.close()
    const configurations: Uint8Array[] = []
    for await (const batch of readJournal(directory, 0, bodies.length + 1))
      for (const record of batch) {
        const body = record.decode()
        if ('weir.Cycle' in body) configurations.push(Uint8Array.from(body['weir.Cycle'].configuration))
      }
    assert.equal(configurations.length, 42)
    assert.deepEqual(configurations.pop(), Uint8Array.from(configuration))
    assert.ok(configurations.every((digest) => Buffer.from(NO_DIGEST).equals(digest)))
  })
})

test('its cycles have the digests in the audit log that they had, and one that tells its configuration another for each', () => {
  let checked = 0
  const digests = new Set<string>()
  for (const body of bodies) {
    if (!('weir.Cycle' in body)) continue
    const cycle = body['weir.Cycle']
    const digestOf = (configuration: Uint8Array): string => {
      const named = { ...cycle, configuration: Buffer.from(configuration) }
      return Buffer.from(cycleDigest(named, encodeRecord('cycle', named))).toString('hex')
    }
    assert.equal(digestOf(NO_DIGEST), sha256Hex(cycleBytesOfBefore(cycle)))
    for (const configuration of [NO_DIGEST, Buffer.alloc(32, 1), Buffer.alloc(32, 2)])
      digests.add(digestOf(configuration))
    checked++
  }
  assert.equal(checked, 41)
  assert.equal(digests.size, 3 * checked)
})

test('the leaves of such a journal are those of the entries in memory', async () => {
  await withFolder(async (directory) => {
    writeJournalOfBefore(directory, bodies)
    const made: Buffer[] = []
    const maker = new LeafMaker(0)
    for await (const batch of readJournal(directory, 0, bodies.length))
      for (const record of batch) made.push(...maker.leavesOf(record).map(leafBytes))
    const inMemory = new LeafMaker(0)
    assert.deepEqual(
      made,
      entries.flatMap((entry) => inMemory.leavesOf(entry).map(leafBytes)),
    )
    assert.ok(made.length > 40)
  })
})

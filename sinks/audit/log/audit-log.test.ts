import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { KEY, ORIGIN, openTestLog, recordsFrom, SETUP } from '../testing/logs.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { slowConsistency, slowInclusion, slowRoot } from '../testing/slow-tree.js'
import { fromHex, skip, vectors } from '../testing/vectors.js'
import { AuditLog } from './audit-log.js'
import { openCheckpoint, parseSignedCheckpoint } from './checkpoint.js'
import { leafHash, sha256 } from './hashing.js'
import { verifyProofFile } from './inclusion-file.js'
import { LocalKey } from './keys.js'
import { verifyConsistency, verifyInclusion } from './proofs.js'
import { parseTilePath, tilePath } from './tiles.js'

const folder = mkdtempSync(join(tmpdir(), 'weir-audit-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const hexes = (list: readonly Uint8Array[]): string[] => list.map(hex)
const isWeir = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof WeirError && error.code === code && text.test(error.toLine())
const trust = { origin: ORIGIN, logKeys: [KEY.verifier()] }
const rootAt = (checkpoint: Uint8Array): string => hex(parseSignedCheckpoint(checkpoint).checkpoint.root)

test('batches of any size give the root, the proofs and the records of the plain definition', async () => {
  const log = await openTestLog(new MemoryFiles())
  const records = recordsFrom(0, 1100)
  for (const count of [1, 254, 1, 1, 256, 300, 3, 0, 284]) {
    const { firstIndex, checkpoint } = await log.append(records.slice(log.size, log.size + count))
    assert.equal(firstIndex + count, log.size)
    assert.equal(rootAt(checkpoint), hex(slowRoot(records.slice(0, log.size))))
  }
  assert.equal(log.size, 1100)
  for (const [index, size] of [
    [0, 1100],
    [1099, 1100],
    [255, 256],
    [256, 650],
    [767, 1024],
    [512, 1025],
  ] as const) {
    const proof = await log.inclusionProof(index, size)
    const logged = records.slice(0, size)
    assert.deepEqual(hexes(proof), hexes(slowInclusion(index, logged)))
    const root = slowRoot(logged)
    assert.ok(verifyInclusion({ leafHash: leafHash(await log.record(index)), index, size, root, proof }))
    if (index > 0)
      assert.deepEqual(hexes(await log.consistencyProof(index, size)), hexes(slowConsistency(index, logged)))
  }
  const file = await log.proofFile(777)
  assert.equal(verifyProofFile(records[777]!, file, trust).size, 1100)
  assert.throws(() => verifyProofFile(records[778]!, file, trust), isWeir('WEIR_AUDIT', /not at index 777/))
  await assert.rejects(log.inclusionProof(1100), isWeir('WEIR_INPUT', /not in the log/))
  await assert.rejects(log.consistencyProof(5, 1101), isWeir('WEIR_INPUT', /not in the log/))
  await log.close()
})

test('a log in a real folder goes on after it was closed, and one process has it', async () => {
  const directory = join(folder, 'real')
  const records = recordsFrom(0, 700)
  const first = await AuditLog.open({ ...SETUP, directory })
  await Promise.all([first.append(records.slice(0, 300)), first.append(records.slice(300, 301))])
  await assert.rejects(
    AuditLog.open({ ...SETUP, directory }),
    isWeir('WEIR_LOCKED', /using this data directory/),
  )
  await first.close()
  await assert.rejects(first.append(records), isWeir('WEIR_BUG', /closed/))
  const again = await AuditLog.open({ ...SETUP, directory })
  assert.equal(again.size, 301)
  await again.append(records.slice(301))
  assert.equal(rootAt(again.checkpoint()), hex(slowRoot(records)))
  assert.equal(openCheckpoint(again.checkpoint(), trust).checkpoint.size, 700)
  // Partial tiles of those that became full are gone, drafts too.
  assert.deepEqual(readdirSync(join(directory, 'tile/0')).sort(), ['000', '001', '002.p'])
  assert.deepEqual(readdirSync(join(directory, 'tile/entries')).sort(), ['000', '001', '002.p'])
  assert.deepEqual(readdirSync(join(directory, 'incoming')), [])
  await again.close()
})

test('records and batches out of bounds are refused before anything is written', async () => {
  const files = new MemoryFiles()
  const log = await openTestLog(files)
  const before = files.operations
  const good = Buffer.from('good')
  await assert.rejects(log.append([good, new Uint8Array(0)]), isWeir('WEIR_INPUT', /record 1 .*0 bytes/))
  await assert.rejects(log.append([new Uint8Array(65_536)]), isWeir('WEIR_INPUT', /65536 bytes/))
  await assert.rejects(log.append(Array(65_537).fill(good)), isWeir('WEIR_INPUT', /65537 records/))
  await assert.rejects(
    log.append(Array(1_100).fill(new Uint8Array(65_535))),
    isWeir('WEIR_INPUT', /too large/),
  )
  assert.equal(files.operations, before)
  const largest = new Uint8Array(65_535).fill(1)
  await log.append([largest])
  assert.deepEqual(hex(await log.record(0)), hex(largest))
})

test('appends that wait are bounded', async () => {
  const log = await openTestLog(new MemoryFiles())
  const appends = Array.from({ length: 70 }, (_, i) => log.append(recordsFrom(i, 1)))
  const ended = await Promise.allSettled(appends)
  assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 64)
  assert.equal(log.size, 64)
  const [refused] = ended.filter((result) => result.status === 'rejected')
  assert.ok(isWeir('WEIR_AUDIT', /64 appends wait/)(refused!.reason))
})

test('a damaged edge, a wrong key and another origin are refused at the start', async () => {
  const files = new MemoryFiles()
  const log = await openTestLog(files)
  await log.append(recordsFrom(0, 300))
  await log.close()
  for (const path of ['tile/0/001.p/44', 'tile/1/000.p/1', 'tile/entries/001.p/44', 'committed-checkpoint']) {
    const damaged = files.afterStop()
    const bytes = (await damaged.read(path))!
    bytes[bytes.length - 9]! ^= 1
    await damaged.write(path, bytes)
    await assert.rejects(openTestLog(damaged), isWeir('WEIR_AUDIT', /./), path)
    const without = files.afterStop()
    await without.remove(path)
    await assert.rejects(openTestLog(without), isWeir('WEIR_AUDIT', /missing/), path)
  }
  const stranger = LocalKey.fromSeed(ORIGIN, new Uint8Array(32).fill(9))
  const other = { origin: ORIGIN, signers: [stranger.signer()], verifiers: [stranger.verifier()] }
  await assert.rejects(
    AuditLog.openFiles(files.afterStop(), other),
    isWeir('WEIR_AUDIT', /no signature of a key that is trusted/),
  )
  await assert.rejects(
    AuditLog.openFiles(files.afterStop(), { ...SETUP, origin: 'x' }),
    isWeir('WEIR_AUDIT', /not of x/),
  )
  await assert.rejects(
    AuditLog.openFiles(files.afterStop(), { ...SETUP, verifiers: [] }),
    isWeir('WEIR_CONFIG', /no verifier/),
  )
  await assert.rejects(
    AuditLog.openFiles(files.afterStop(), { ...SETUP, signers: [] }),
    isWeir('WEIR_CONFIG', /no signer/),
  )
})

test('an older copy under a later published checkpoint is refused', async () => {
  const files = new MemoryFiles()
  const log = await openTestLog(files)
  await log.append(recordsFrom(0, 10))
  const copy = files.afterStop()
  await log.append(recordsFrom(10, 5))
  await copy.write('checkpoint', log.checkpoint())
  await assert.rejects(openTestLog(copy), isWeir('WEIR_AUDIT', /older copy/))
})

test('keys are replaced by signing with both for a while; each reader trusts the one it knows', async () => {
  const files = new MemoryFiles()
  const next = LocalKey.fromSeed(ORIGIN, new Uint8Array(32).fill(8))
  const open = async (keys: LocalKey[], trusted: LocalKey[]) =>
    AuditLog.openFiles(files, {
      origin: ORIGIN,
      signers: keys.map((key) => key.signer()),
      verifiers: trusted.map((key) => key.verifier()),
    })
  const opens = (bytes: Uint8Array, key: LocalKey): boolean => {
    try {
      return openCheckpoint(bytes, { origin: ORIGIN, logKeys: [key.verifier()] }).checkpoint.size === 4
    } catch {
      return false
    }
  }
  const seen: boolean[][] = []
  const steps = [
    [[KEY], [KEY]],
    [
      [KEY, next],
      [KEY, next],
    ],
    [[next], [KEY, next]],
    [[next], [next]],
  ]
  for (const [keys, trusted] of steps) {
    const log = await open(keys!, trusted!)
    if (log.size === 0) await log.append(recordsFrom(0, 4))
    seen.push([opens(log.checkpoint(), KEY), opens(log.checkpoint(), next)])
    await log.close()
  }
  // A start signs anew only when a signer is missing; what the old key signed stays valid until the next append.
  assert.deepEqual(seen, [
    [true, false],
    [true, true],
    [true, true],
    [true, true],
  ])
  const log = await open([next], [next])
  await log.append(recordsFrom(4, 1))
  assert.throws(() => openCheckpoint(log.checkpoint(), trust), isWeir('WEIR_AUDIT', /no signature/))
})

test('paths of tiles are written and read back, and have one spelling', () => {
  for (const path of ['tile/0/000', 'tile/63/x001/x234/067.p/255', 'tile/entries/x001/000.p/1'])
    assert.equal(tilePath(parseTilePath(path)), path)
  for (const path of [
    'tile/64/000',
    'tile/00/000',
    'tile/0/0',
    'tile/0/x000/001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    'tile/0/../0/000',
    '',
  ])
    assert.throws(() => parseTilePath(path), isWeir('WEIR_AUDIT', /no path/), path)
})

interface Generated {
  readonly roots: readonly { root: string; size: number }[]
  readonly inclusion: readonly {
    index: number
    size: number
    leafHash: string
    root: string
    proof: string[]
  }[]
  readonly consistency: readonly {
    size1: number
    size2: number
    root1: string
    root2: string
    proof: string[]
  }[]
  readonly tiles: readonly { path: string; treeSize: number; sha256: string; bytes: number }[]
  readonly tilePaths: readonly { index: number; level: number; width: number; path: string }[]
}

test('the published tree of 600 records: roots, tiles, paths and proofs', { skip }, async () => {
  const published = vectors<Generated>('generated-600-records.json')
  for (const { path, ...tile } of published.tilePaths) {
    assert.equal(tilePath(tile), path)
    assert.deepEqual(parseTilePath(path), tile)
  }
  const files = new MemoryFiles()
  const log = await openTestLog(files)
  const roots = new Map([[0, rootAt(log.checkpoint())]])
  const sizes = [
    ...published.roots.map(({ size }) => size),
    ...published.tiles.map(({ treeSize }) => treeSize),
  ]
  for (const size of [...new Set(sizes)].sort((a, b) => a - b)) {
    if (size > 0)
      roots.set(size, rootAt((await log.append(recordsFrom(log.size, size - log.size))).checkpoint))
    const contents = files.contents()
    for (const tile of published.tiles.filter(({ treeSize }) => treeSize === size)) {
      const bytes = contents.get(tile.path)
      assert.equal(bytes?.length, tile.bytes, tile.path)
      assert.equal(hex(sha256(bytes!)), tile.sha256, tile.path)
    }
  }
  for (const { size, root } of published.roots) assert.equal(roots.get(size), root, `size ${size}`)
  for (const { index, size, proof, root, leafHash: leaf } of published.inclusion) {
    assert.deepEqual(hexes(await log.inclusionProof(index, size)), proof)
    const claim = { leafHash: fromHex(leaf), index, size, root: fromHex(root), proof: proof.map(fromHex) }
    assert.ok(verifyInclusion(claim))
  }
  for (const { size1, size2, proof, root1, root2 } of published.consistency) {
    assert.deepEqual(hexes(await log.consistencyProof(size1, size2)), proof)
    const claim = {
      oldSize: size1,
      oldRoot: fromHex(root1),
      size: size2,
      root: fromHex(root2),
      proof: proof.map(fromHex),
    }
    assert.ok(verifyConsistency(claim))
  }
  assert.equal(published.inclusion.length + published.consistency.length + published.tiles.length, 56)
})

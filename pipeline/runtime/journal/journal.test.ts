/** The journal: what is appended is read back, and no damage ever yields a wrong entry. */
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { WeirError } from '../../errors.js'
import type { JournalBody } from '../../ports.js'
import { Journal } from './journal.js'
import { listSegments } from './open.js'
import { readJournal } from './reader.js'

const anyCycle: fc.Arbitrary<JournalBody> = fc
  .record({
    groupId: fc.string({ maxLength: 12 }),
    cycle: fc.nat(),
    closedAt: fc.integer({ min: 0, max: 2 ** 50 }),
    inputs: fc.array(
      fc.record({
        source: fc.nat(20),
        position: fc.nat(),
        arrivedAt: fc.integer({ min: 0, max: 2 ** 50 }),
        payload: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      }),
      { maxLength: 5 },
    ),
    configuration: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  })
  .map((cycle) => ({ 'weir.Cycle': cycle }))

const anyDeclaration: fc.Arbitrary<JournalBody> = fc
  .record({
    source: fc.nat(100),
    stream: fc.constantFrom('quote', 'cash-movement'),
    name: fc.string({ maxLength: 30 }),
    writerSchema: fc.constant('"bytes"'),
    fingerprint: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  })
  .map((declaration) => ({ 'weir.SourceDeclaration': declaration }))

const anyBody = fc.oneof(anyCycle, anyDeclaration)

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-journal-'))
  try {
    await run(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function readAll(
  directory: string,
  from = 0,
  until = Number.POSITIVE_INFINITY,
): Promise<JournalBody[]> {
  const bodies: JournalBody[] = []
  let expected = from
  for await (const batch of readJournal(directory, from, until))
    for (const record of batch) {
      assert.equal(record.sequence, expected++)
      bodies.push(record.decode())
    }
  return bodies
}

/** Writes bodies in commits of the given sizes, so that block boundaries are known. */
async function writeCommits(
  directory: string,
  commits: JournalBody[][],
  segmentBytes?: number,
): Promise<void> {
  const journal = await Journal.open(segmentBytes === undefined ? { directory } : { directory, segmentBytes })
  for (const commit of commits) {
    let last = -1
    for (const body of commit) last = journal.append(body)
    await journal.waitDurable(last)
  }
  await journal.close()
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

test('entries are read back in order, from any place, over segments and after openings', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyBody, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
      fc.nat(30),
      fc.nat(30),
      async (commits, from, length) => {
        await withDirectory(async (directory) => {
          await writeCommits(directory, commits, 20_000)
          await writeCommits(directory, commits, 20_000)
          const all = [...commits.flat(), ...commits.flat()]
          assert.deepEqual(plain(await readAll(directory)), plain(all))
          assert.deepEqual(
            plain(await readAll(directory, from, from + length)),
            plain(all.slice(from, from + length)),
          )
        })
      },
    ),
    { seed: 2, numRuns: 40 },
  )
})

test('segments are Avro container files that avsc reads', async () => {
  await withDirectory(async (directory) => {
    const bodies = fc.sample(anyBody, { seed: 3, numRuns: 40 })
    await writeCommits(directory, [bodies.slice(0, 10), bodies.slice(10)])
    const [segment] = await listSegments(directory)
    const entries: { sequence: number }[] = []
    await new Promise((resolve, reject) => {
      avro
        .createFileDecoder(segment.path)
        .on('data', (entry) => entries.push(entry as { sequence: number }))
        .on('error', reject)
        .on('end', resolve)
    })
    assert.deepEqual(
      entries.map((entry) => entry.sequence),
      bodies.map((_, index) => index),
    )
  })
})

test('what is appended in one go is one commit, and onDurable tells the last sequence', async () => {
  await withDirectory(async (directory) => {
    const durable: number[] = []
    const journal = await Journal.open({ directory, onDurable: (sequence) => durable.push(sequence) })
    const bodies = fc.sample(anyBody, { seed: 4, numRuns: 100 })
    for (const body of bodies) journal.append(body)
    await journal.waitDurable(99)
    await journal.close()
    assert.deepEqual(durable, [99])
    // One for the segment's header, one for the commit.
    assert.equal(journal.statistics.fsyncs, 2)
    assert.equal(journal.statistics.bytes, (await stat((await listSegments(directory))[0].path)).size)
  })
})

/** Bodies of a small journal: two commits, then a third that is the tail. */
const sampleCommits = [
  fc.sample(anyBody, { seed: 5, numRuns: 4 }),
  fc.sample(anyBody, { seed: 6, numRuns: 3 }),
  fc.sample(anyBody, { seed: 7, numRuns: 5 }),
]

async function writeSample(directory: string): Promise<{ path: string; bytes: Buffer; tail: number }> {
  await writeCommits(directory, sampleCommits.slice(0, 2))
  const [{ path }] = await listSegments(directory)
  const tail = (await stat(path)).size
  await writeCommits(directory, sampleCommits.slice(2))
  return { path, bytes: await readFile(path), tail }
}

/** Opens a damaged journal: gives what it holds afterwards, or the refusal. */
async function openDamaged(directory: string): Promise<{ journal?: Journal; refused?: WeirError }> {
  try {
    return { journal: await Journal.open({ directory }) }
  } catch (error) {
    assert.ok(error instanceof WeirError, String(error))
    assert.equal(error.code, 'WEIR_JOURNAL')
    assert.ok(error.place !== undefined && error.remedy !== undefined)
    return { refused: error }
  }
}

async function clean(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await rm(join(directory, name))
}

test('truncation at every byte of the tail: cut at the last whole entry, told, and appendable again', async () => {
  await withDirectory(async (directory) => {
    const { path, bytes, tail } = await writeSample(directory)
    const before = sampleCommits.slice(0, 2).flat()
    const all = sampleCommits.flat()
    const kept = new Set<number>()
    for (let length = tail; length < bytes.length; length++) {
      await clean(directory)
      await writeFile(path, bytes.subarray(0, length))
      const { journal } = await openDamaged(directory)
      assert.ok(journal !== undefined, `refused at length ${length}`)
      const { torn } = journal
      assert.equal(torn === undefined, length === tail)
      const count = journal.nextSequence
      kept.add(count)
      if (torn !== undefined) {
        assert.equal(torn.offset, tail)
        assert.equal(torn.entriesKept, count - before.length)
        assert.deepEqual(await readFile(torn.savedAs), bytes.subarray(tail, length))
      }
      journal.append(all[0])
      await journal.close()
      assert.deepEqual(plain(await readAll(directory)), plain([...all.slice(0, count), all[0]]))
    }
    assert.deepEqual([...kept], [7, 8, 9, 10, 11, 12])
  })
})

test('truncation inside the header of the only segment leaves an empty journal', async () => {
  await withDirectory(async (directory) => {
    const { path, bytes } = await writeSample(directory)
    for (const length of [0, 1, 4, 100, 5000]) {
      await clean(directory)
      await writeFile(path, bytes.subarray(0, length))
      const { journal } = await openDamaged(directory)
      assert.ok(journal !== undefined)
      assert.equal(journal.nextSequence, 0)
      assert.notEqual(journal.torn, undefined)
      await journal.close()
    }
  })
})

test('a flipped bit anywhere: refused, or cut in the last commit; never a wrong entry', async () => {
  await withDirectory(async (directory) => {
    const { path, bytes, tail } = await writeSample(directory)
    const all = sampleCommits.flat()
    let [cut, refused] = [0, 0]
    // Every bit behind the header, and a spread of bits in it.
    const headerEnd = bytes.length - (bytes.length - bytes.indexOf(bytes.subarray(-16)) - 16)
    for (let bit = 0; bit < bytes.length * 8; bit += bit < headerEnd * 8 ? 997 : 3) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3] ^= 1 << (bit & 7)
      await clean(directory)
      await writeFile(path, damaged)
      const opened = await openDamaged(directory)
      if (opened.refused !== undefined) {
        refused++
        assert.ok(bit >> 3 < tail, `refused for a bit of the tail: ${bit}`)
        assert.deepEqual(await readFile(path), damaged)
        continue
      }
      cut++
      await opened.journal?.close()
      assert.ok(bit >> 3 >= tail, `cut for a bit before the tail: ${bit}`)
      assert.notEqual(opened.journal?.torn, undefined)
      const held = await readAll(directory)
      assert.ok(held.length >= 7)
      assert.deepEqual(plain(held), plain(all.slice(0, held.length)))
    }
    assert.ok(cut > 100 && refused > 100, `${cut} cut, ${refused} refused`)
  })
})

test('damage in an earlier segment, or a missing one, stops the start with the place', async () => {
  await withDirectory(async (directory) => {
    await writeCommits(directory, [...sampleCommits, ...sampleCommits, ...sampleCommits], 15_500)
    const segments = await listSegments(directory)
    assert.ok(segments.length >= 3)
    const middle = await readFile(segments[1].path)
    await writeFile(segments[1].path, middle.subarray(0, middle.length - 3))
    const cut = await openDamaged(directory)
    assert.match(cut.refused?.toLine() ?? '', new RegExp(segments[1].path))
    await rm(segments[1].path)
    const gone = await openDamaged(directory)
    assert.match(gone.refused?.toLine() ?? '', /no segment that begins with entry/)
  })
})

test('a segment cannot be put in the place of another', async () => {
  await withDirectory(async (directory) => {
    await writeCommits(directory, [...sampleCommits, ...sampleCommits], 15_500)
    const segments = await listSegments(directory)
    await copyFile(segments[0].path, segments[1].path)
    assert.notEqual((await openDamaged(directory)).refused, undefined)
  })
})

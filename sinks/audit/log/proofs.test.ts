import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { slowConsistency, slowInclusion, slowRoot } from '../testing/slow-tree.js'
import { fromBase64, fromHex, skip, vectors } from '../testing/vectors.js'
import { EMPTY_ROOT, leafHash, nodeHash } from './hashing.js'
import { verifyConsistency, verifyInclusion } from './proofs.js'
import { consistencyRanges, hashRanges, inclusionRanges, type NodeSource } from './tree.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const hexes = (list: readonly Uint8Array[]): string[] => list.map(hex)

/** Nodes out of the slow twin. */
const sourceOf =
  (records: readonly Uint8Array[]): NodeSource =>
  async ({ height, index }) =>
    slowRoot(records.slice(index * 2 ** height, (index + 1) * 2 ** height))

const numbered = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`r${i}`))

test('ranges give the root and the proofs of the recursive definition, and they verify', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), async (size, a, b) => {
      const records = numbered(size)
      const source = sourceOf(records)
      const root = slowRoot(records)
      assert.equal(hex((await hashRanges([{ first: 0, end: size }], source))[0]!), hex(root))
      const index = a % size
      const proof = await hashRanges(inclusionRanges(index, size), source)
      assert.deepEqual(hexes(proof), hexes(slowInclusion(index, records)))
      assert.ok(verifyInclusion({ leafHash: leafHash(records[index]!), index, size, root, proof }))
      const oldSize = 1 + (b % size)
      const oldRoot = slowRoot(records.slice(0, oldSize))
      const old = await hashRanges(consistencyRanges(oldSize, size), source)
      assert.deepEqual(hexes(old), hexes(slowConsistency(oldSize, records)))
      assert.ok(verifyConsistency({ oldSize, oldRoot, size, root, proof: old }))
    }),
    { numRuns: 60 },
  )
})

test('no proof verifies for another leaf, index, size, root or with a hash changed, added or left out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), async (size, a, b) => {
      const records = numbered(size)
      const index = a % size
      const root = slowRoot(records)
      const proof = slowInclusion(index, records)
      const claim = { leafHash: leafHash(records[index]!), index, size, root, proof }
      assert.ok(verifyInclusion(claim))
      const changed = proof.map((hash, i) => (i === b % proof.length ? leafHash(hash) : hash))
      for (const wrong of [
        { leafHash: leafHash(Buffer.from('other')) },
        { index: (index + 1) % size },
        { index: size },
        { index: -1 },
        { index: index + 0.5 },
        { root: leafHash(root) },
        { proof: changed },
        { proof: proof.slice(1) },
        { proof: [...proof, root] },
        { proof: [...proof].map((hash) => hash.subarray(1)) },
      ])
        assert.equal(verifyInclusion({ ...claim, ...wrong }), false, JSON.stringify(Object.keys(wrong)))
      const oldSize = 1 + (b % (size - 1))
      const oldRoot = slowRoot(records.slice(0, oldSize))
      const old = { oldSize, oldRoot, size, root, proof: slowConsistency(oldSize, records) }
      assert.ok(verifyConsistency(old))
      for (const wrong of [
        { oldRoot: leafHash(oldRoot) },
        { root: leafHash(root) },
        { oldSize: 0 },
        { oldSize: size },
        { proof: old.proof.slice(1) },
        { proof: [...old.proof, root] },
        { proof: old.proof.map((hash) => leafHash(hash)) },
      ])
        assert.equal(verifyConsistency({ ...old, ...wrong }), false, JSON.stringify(Object.keys(wrong)))
    }),
    { numRuns: 60 },
  )
})

test('verifying ends and never throws, whatever comes', () => {
  const bytes = fc.oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 40 }))
  const size = fc.oneof(fc.nat({ max: 9 }), fc.maxSafeNat(), fc.double())
  fc.assert(
    fc.property(bytes, bytes, size, size, fc.array(bytes, { maxLength: 60 }), (a, b, x, y, proof) => {
      verifyInclusion({ leafHash: a, index: x, size: y, root: b, proof })
      verifyConsistency({ oldSize: x, oldRoot: a, size: y, root: b, proof })
    }),
  )
})

describe('published vectors', { skip }, () => {
  interface Hasher {
    readonly vectors: readonly Record<string, string>[]
  }
  it('hashes', () => {
    const { vectors: list } = vectors<Hasher>('rfc6962-hasher.json')
    assert.equal(list.length, 6)
    for (const vector of list) {
      const field = (name: string) =>
        vector[name] !== undefined ? fromHex(vector[name]) : Buffer.from(vector[`${name}Text`] ?? '')
      const { what = '' } = vector
      const got = what.startsWith('root')
        ? EMPTY_ROOT
        : what.startsWith('leaf')
          ? leafHash(field('leaf'))
          : nodeHash(field('left'), field('right'))
      assert.equal(hex(got), vector.want, what)
    }
  })

  interface Reference {
    readonly leaves: readonly string[]
    readonly rootsBySize: Record<string, string>
    readonly inclusion: readonly { index: number; size: number; proof: string[] }[]
    readonly consistency: readonly { size1: number; size2: number; proof: string[] }[]
  }
  it('the reference tree of eight leaves', async () => {
    const reference = vectors<Reference>('rfc6962-reference-tree.json')
    const leaves = reference.leaves.map(fromHex)
    for (const [size, root] of Object.entries(reference.rootsBySize)) {
      const records = leaves.slice(0, Number(size))
      const [got] = await hashRanges([{ first: 0, end: records.length }], sourceOf(records))
      assert.equal(hex(got!), root)
      assert.equal(hex(slowRoot(records)), root)
    }
    for (const { index, size, proof } of reference.inclusion) {
      const source = sourceOf(leaves.slice(0, size))
      assert.deepEqual(hexes(await hashRanges(inclusionRanges(index, size), source)), proof)
    }
    for (const { size1, size2, proof } of reference.consistency) {
      const source = sourceOf(leaves.slice(0, size2))
      assert.deepEqual(hexes(await hashRanges(consistencyRanges(size1, size2), source)), proof)
    }
    assert.equal(reference.inclusion.length + reference.consistency.length, 9)
  })

  interface InclusionProbe {
    readonly name: string
    readonly leafIdx: number
    readonly treeSize: number
    readonly root: string
    readonly leafHash: string
    readonly proof: string[] | null
    readonly wantErr: boolean
  }
  it('all probes of inclusion', () => {
    const { probes } = vectors<{ probes: InclusionProbe[] }>('inclusion-probes.json')
    assert.equal(probes.filter(({ wantErr }) => wantErr).length, 92)
    for (const probe of probes) {
      const claim = {
        leafHash: fromBase64(probe.leafHash),
        index: probe.leafIdx,
        size: probe.treeSize,
        root: fromBase64(probe.root),
        proof: (probe.proof ?? []).map(fromBase64),
      }
      assert.equal(verifyInclusion(claim), !probe.wantErr, probe.name)
    }
    assert.equal(probes.length, 98)
  })

  interface ConsistencyProbe {
    readonly name: string
    readonly size1: number
    readonly size2: number
    readonly root1: string
    readonly root2: string
    readonly proof: string[] | null
    readonly wantErr: boolean
  }
  it('all probes of consistency', () => {
    const { probes } = vectors<{ probes: ConsistencyProbe[] }>('consistency-probes.json')
    assert.equal(probes.filter(({ wantErr }) => wantErr).length, 92)
    for (const probe of probes) {
      const claim = {
        oldSize: probe.size1,
        oldRoot: fromBase64(probe.root1 ?? ''),
        size: probe.size2,
        root: fromBase64(probe.root2 ?? ''),
        proof: (probe.proof ?? []).map(fromBase64),
      }
      assert.equal(verifyConsistency(claim), !probe.wantErr, probe.name)
    }
    assert.equal(probes.length, 98)
  })
})

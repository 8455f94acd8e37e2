/** Notes, keys, checkpoints, cosignatures and proof files: the published vectors, round trips, and bytes of every kind. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from '../../../pipeline/errors.js'
import { KEY, ORIGIN } from '../testing/logs.js'
import { skip, vectors } from '../testing/vectors.js'
import { decodeBundle, encodeBundle } from './bundles.js'
import {
  cosign,
  cosignedAtSeconds,
  formatCheckpoint,
  isOrigin,
  openCheckpoint,
  parseCheckpoint,
  parseSignedCheckpoint,
  signCheckpoint,
} from './checkpoint.js'
import { cosignedMessage, splitCosignature } from './cosigned-message.js'
import { EMPTY_ROOT } from './hashing.js'
import { formatProofFile, parseProofFile, verifyProofFile } from './inclusion-file.js'
import { readKeyFile } from './key-files.js'
import { KIND_COSIGNATURE, LocalKey, parsePrivateKey, parseVerifierKey } from './keys.js'
import { formatNote, parseNote, verifyNote } from './note.js'
import { parseTilePath } from './tiles.js'

const folder = mkdtempSync(join(tmpdir(), 'weir-keys-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const isWeir = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof WeirError && error.code === code && text.test(error.toLine())
const bytesOf = (text: string): Uint8Array => Buffer.from(text)
const same = (a: Uint8Array, b: Uint8Array): void => assert.equal(Buffer.compare(a, b), 0)
const outcome = <T>(run: () => T): T | string => {
  try {
    return run()
  } catch (error) {
    assert.ok(error instanceof WeirError, String(error))
    return error.code
  }
}

interface PublishedNotes {
  readonly notes: readonly { name: string; note: string; vkeys: string[]; ok: boolean; verified?: string[] }[]
  readonly verifierKeys: readonly { vkey: string; ok: boolean }[]
}

test('published notes and verifier keys', { skip }, () => {
  const { notes, verifierKeys } = vectors<PublishedNotes>('signed-note.json')
  for (const { name, note, vkeys, ok, verified = [] } of notes) {
    const open = () => verifyNote(parseNote(bytesOf(note)), vkeys.map(parseVerifierKey))
    const got = outcome(() => open().map((signature) => signature.name))
    assert.deepEqual(got, ok ? verified : 'WEIR_AUDIT', name)
    if (ok) same(formatNote(parseNote(bytesOf(note))), bytesOf(note))
  }
  for (const { vkey, ok } of verifierKeys)
    assert.equal(
      outcome(() => typeof parseVerifierKey(vkey)),
      ok ? 'object' : 'WEIR_INPUT',
      vkey,
    )
  assert.equal(notes.length + verifierKeys.length, 20)
})

interface PublishedCheckpoints {
  readonly checkpoints: readonly {
    body: string
    ok: boolean
    origin: string
    size: string
    rootBase64: string
  }[]
  readonly signedExample: {
    readonly note: string
    readonly cosignedMessage: string
    readonly signatures: readonly { name: string; keyId: string; bytes: number; timestamp?: number }[]
  }
}

test('published checkpoints and the cosigned example', { skip }, () => {
  const { checkpoints, signedExample } = vectors<PublishedCheckpoints>('checkpoint.json')
  let parsed = 0
  for (const { body, ok, origin, size, rootBase64 } of checkpoints) {
    const got = outcome(() => parseCheckpoint(body))
    // Roots that are not 32 bytes long are allowed by the source of two of them; a tree of SHA-256 has none.
    const isHash = ok && Buffer.from(rootBase64, 'base64').length === 32
    if (typeof got === 'string') assert.equal(isHash, false, body)
    else {
      parsed++
      assert.equal(formatCheckpoint(got), body)
      assert.deepEqual([got.origin, String(got.size)], [origin, size])
    }
  }
  assert.equal(parsed, 2)
  const { note } = parseSignedCheckpoint(bytesOf(signedExample.note))
  same(formatNote(note), bytesOf(signedExample.note))
  for (const [i, { name, keyId, bytes, timestamp }] of signedExample.signatures.entries()) {
    const signature = note.signatures[i]!
    assert.equal(signature.name, name)
    assert.equal(signature.keyHash, Number.parseInt(keyId, 16))
    assert.equal(signature.signature.length, bytes - 4)
    if (timestamp !== undefined) assert.equal(cosignedAtSeconds(note, signature), timestamp)
    if (timestamp !== undefined)
      same(cosignedMessage(bytesOf(note.text), timestamp), bytesOf(signedExample.cosignedMessage))
  }
})

interface PublishedProofs {
  readonly proofs: readonly {
    name: string
    ok: boolean
    text: string
    index: number
    hashes: string[]
    extra?: string
  }[]
}

test('published proof files', { skip }, () => {
  const { proofs } = vectors<PublishedProofs>('tlog-proof.json')
  for (const { name, ok, text, index, hashes, extra } of proofs) {
    const got = outcome(() => parseProofFile(bytesOf(text)))
    if (typeof got === 'string') {
      assert.equal(ok, false, name)
      continue
    }
    assert.equal(ok, true, name)
    assert.equal(got.index, index)
    assert.deepEqual(
      got.proof.map((hash) => Buffer.from(hash).toString('base64')),
      hashes,
    )
    assert.equal(got.extra && Buffer.from(got.extra).toString('base64'), extra)
    same(formatProofFile(got), bytesOf(text))
  }
  assert.equal(proofs.length, 10)
})

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 })
const lines = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(isOrigin)

test('what is signed verifies, and nothing that was changed does', async () => {
  const property = fc.asyncProperty(
    seeds,
    lines,
    fc.maxSafeNat(),
    hashes,
    fc.nat(),
    async (seed, origin, size, root, at) => {
      const key = LocalKey.fromSeed('log.example/a', seed)
      const checkpoint = { origin, size, root, extensions: [] }
      const note = await signCheckpoint(checkpoint, [key.signer()], [key.verifier()])
      const bytes = formatNote(note)
      const trust = { origin, logKeys: [key.verifier()] }
      assert.deepEqual(openCheckpoint(bytes, trust).note, note)
      const changed = Uint8Array.from(bytes)
      changed[at % bytes.length]! ^= 1 << (at % 7)
      assert.equal(
        outcome(() => openCheckpoint(changed, trust)),
        'WEIR_AUDIT',
      )
    },
  )
  await fc.assert(property, { numRuns: 200 })
})

test('keys keep their text; a witness has another hash than a log of the same name and key', async () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const key = LocalKey.fromSeed('witness.example/w1', seed)
      assert.equal(parsePrivateKey(key.privateKeyText()).verifierKey(), key.verifierKey())
      assert.equal(parsePrivateKey(key.privateKeyText(KIND_COSIGNATURE)).verifierKey(), key.verifierKey())
      const verifier = parseVerifierKey(key.verifierKey(KIND_COSIGNATURE))
      assert.equal(verifier.keyHash, key.signer(KIND_COSIGNATURE).keyHash)
      assert.notEqual(verifier.keyHash, key.signer().keyHash)
    }),
    { numRuns: 50 },
  )
})

test('cosignatures count by the names of witnesses, and say when', async () => {
  const witnesses = [1, 2].map((seed) =>
    LocalKey.fromSeed(`witness.example/w${seed}`, new Uint8Array(32).fill(seed)),
  )
  const checkpoint = { origin: ORIGIN, size: 0, root: EMPTY_ROOT, extensions: [] }
  const note = await signCheckpoint(checkpoint, [KEY.signer()], [KEY.verifier()])
  const cosignatures = await Promise.all(
    witnesses.map((key, i) => cosign(note.text, key.signer(KIND_COSIGNATURE), 1_700_000_000 + i)),
  )
  const cosigned = { ...note, signatures: [...note.signatures, ...cosignatures] }
  const trust = {
    origin: ORIGIN,
    logKeys: [KEY.verifier()],
    witnessKeys: witnesses.map((key) => key.verifier(KIND_COSIGNATURE)),
    witnessQuorum: 2,
  }
  assert.equal(openCheckpoint(formatNote(cosigned), trust).checkpoint.size, 0)
  assert.equal(cosignedAtSeconds(cosigned, witnesses[1]!.signer(KIND_COSIGNATURE)), 1_700_000_001)
  const twice = { ...note, signatures: [...note.signatures, cosignatures[0]!, cosignatures[0]!] }
  assert.throws(
    () => openCheckpoint(formatNote(twice), trust),
    isWeir('WEIR_AUDIT', /of 1 witnesses, 2 are needed/),
  )
  // The time is signed too.
  const late = Uint8Array.from(cosignatures[0]!.signature)
  late[7]! ^= 1
  const moved = { ...note, signatures: [...note.signatures, { ...cosignatures[0]!, signature: late }] }
  assert.throws(
    () => openCheckpoint(formatNote(moved), trust),
    isWeir('WEIR_AUDIT', /signature of witness.* is wrong/),
  )
})

test('a signer that signs something else is noticed before anything leaves', async () => {
  const other = LocalKey.fromSeed(ORIGIN, new Uint8Array(32).fill(1)).signer()
  const wrong = { ...KEY.signer(), sign: other.sign }
  const checkpoint = { origin: ORIGIN, size: 0, root: EMPTY_ROOT, extensions: [] }
  await assert.rejects(
    signCheckpoint(checkpoint, [wrong], [KEY.verifier()]),
    isWeir('WEIR_AUDIT', /is wrong/),
  )
})

test('key files: PEM and note format, refused when others may read them', async () => {
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode })
    chmodSync(path, mode)
    return path
  }
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const key = await readKeyFile(file('key.pem', pem), 'log.example/a')
  const copy = await readKeyFile(file('key.note', `${key.privateKeyText()}\n`))
  assert.equal(copy.verifierKey(), key.verifierKey())
  assert.equal((await readKeyFile(join(folder, 'key.note'), 'log.example/a')).name, 'log.example/a')
  const open = file('open.pem', pem, 0o640)
  await assert.rejects(readKeyFile(open, 'a'), isWeir('WEIR_INPUT', /group or others.*chmod 600/))
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const wrong = file('ec.pem', curve.export({ format: 'pem', type: 'pkcs8' }) as string)
  await assert.rejects(readKeyFile(wrong, 'a'), isWeir('WEIR_INPUT', /no private key of Ed25519/))
  await assert.rejects(readKeyFile(join(folder, 'key.pem')), isWeir('WEIR_INPUT', /needs a name/))
  await assert.rejects(readKeyFile(join(folder, 'key.note'), 'b'), isWeir('WEIR_INPUT', /another name/))
  await assert.rejects(readKeyFile(join(folder, 'none'), 'a'), isWeir('WEIR_INPUT', /ENOENT/))
  await assert.rejects(readKeyFile(folder, 'a'), isWeir('WEIR_INPUT', /./))
  const garbage = file('garbage', 'PRIVATE+KEY+a+00000000+AAAA')
  await assert.rejects(readKeyFile(garbage), isWeir('WEIR_INPUT', /not of the form/))
})

test('bundles keep their records', () => {
  const records = fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { minLength: 1, maxLength: 256 })
  fc.assert(
    fc.property(records, (list) => {
      const bytes = encodeBundle(list)
      const again = decodeBundle(bytes, list.length, 'test')
      assert.equal(again.length, list.length)
      for (const [i, record] of again.entries()) same(record, list[i]!)
      assert.throws(() => decodeBundle(bytes.subarray(1), list.length, 'test'), WeirError)
      assert.throws(() => decodeBundle(Buffer.concat([bytes, bytes]), list.length, 'test'), WeirError)
    }),
    { numRuns: 50 },
  )
})

test('no bytes make a parser throw anything but an error of ours', async () => {
  const note = formatNote(
    await signCheckpoint(
      { origin: ORIGIN, size: 9, root: EMPTY_ROOT, extensions: ['x'] },
      [KEY.signer()],
      [KEY.verifier()],
    ),
  )
  const proof = formatProofFile({ index: 3, proof: [EMPTY_ROOT], extra: bytesOf('extra'), checkpoint: note })
  const trust = { origin: ORIGIN, logKeys: [KEY.verifier()] }
  const parsers: ((bytes: Uint8Array) => unknown)[] = [
    (bytes) => verifyNote(parseNote(bytes), [KEY.verifier(), KEY.verifier(KIND_COSIGNATURE)]),
    (bytes) => openCheckpoint(bytes, trust),
    (bytes) => parseProofFile(bytes),
    (bytes) => verifyProofFile(bytesOf('record'), bytes, trust),
    (bytes) => parseCheckpoint(Buffer.from(bytes).toString()),
    (bytes) => parseVerifierKey(Buffer.from(bytes).toString()),
    (bytes) => parsePrivateKey(Buffer.from(bytes).toString()),
    (bytes) => parseTilePath(Buffer.from(bytes).toString()),
    (bytes) => decodeBundle(bytes, 5, 'fuzz'),
    (bytes) => splitCosignature(bytes),
  ]
  const texts = [
    note,
    proof,
    bytesOf(KEY.verifierKey()),
    bytesOf(KEY.privateKeyText()),
    bytesOf('tile/0/x001/000.p/9'),
  ]
  const mutated = fc
    .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 12 }))
    .map(([text, at, cut, insert]) => {
      const position = at % (text.length + 1)
      return Buffer.concat([text.subarray(0, position), insert, text.subarray(position + cut)])
    })
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    mutated,
    fc.string({ unit: 'binary' }).map(bytesOf),
  )
  fc.assert(
    fc.property(anything, (bytes) => {
      for (const parse of parsers) outcome(() => parse(bytes))
    }),
    { numRuns: 1_500 },
  )
})

import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isUsableKey, verifyEd25519 } from './ed25519.js'

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12))
  return { raw, sign: (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, privateKey)) }
}

test('the vectors of RFC 8032', () => {
  const vectors = [
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
  ] as const
  for (const vector of vectors) {
    const [key, bytes, signature] = vector.map((hex) => Buffer.from(hex, 'hex'))
    assert.equal(verifyEd25519(key!, bytes!, signature!), true)
    assert.equal(verifyEd25519(key!, Buffer.concat([bytes!, Buffer.of(0)]), signature!), false)
  }
})

test('a signature with any bit turned over is none, nor is one of another key', () => {
  const key = newKey()
  const bytes = Buffer.from('a plan')
  const signature = key.sign(bytes)
  assert.equal(verifyEd25519(key.raw, bytes, signature), true)
  assert.equal(verifyEd25519(newKey().raw, bytes, signature), false)
  for (let bit = 0; bit < 512; bit++) {
    const turned = Uint8Array.from(signature)
    turned[bit >> 3]! ^= 1 << (bit & 7)
    assert.equal(verifyEd25519(key.raw, bytes, turned), false, `bit ${bit}`)
  }
})

test('whatever is given, the answer is yes or no', () => {
  const any = fc.uint8Array({ maxLength: 80 })
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const signature = fc.uint8Array({ minLength: 64, maxLength: 64 })
  fc.assert(fc.property(any, any, any, (...given) => verifyEd25519(...given) === false))
  fc.assert(fc.property(key, any, signature, (...given) => verifyEd25519(...given) === false))
})

test('keys of small order are refused, for which one signature fits every text', () => {
  const neutral = new Uint8Array(32)
  neutral[0] = 1
  // R is the neutral point and S is 0: the equation holds for any text.
  const fitsAll = new Uint8Array(64)
  fitsAll[0] = 1
  const prefix = Buffer.from('302a300506032b6570032100', 'hex')
  const asNode = createPublicKey({ key: Buffer.concat([prefix, neutral]), format: 'der', type: 'spki' })
  for (const text of ['pay', 'do not pay']) {
    assert.equal(verify(null, Buffer.from(text), asNode, fitsAll), true, 'the danger is gone from OpenSSL')
    assert.equal(verifyEd25519(neutral, Buffer.from(text), fitsAll), false)
  }
  neutral[31] = 0x80
  assert.equal(isUsableKey(neutral), false)
  assert.equal(isUsableKey(newKey().raw), true)
})

test('more keys than are kept are verified all the same', () => {
  const bytes = Buffer.from('x')
  const first = newKey()
  const signature = first.sign(bytes)
  assert.equal(verifyEd25519(first.raw, bytes, signature), true)
  for (let i = 0; i < 1_100; i++) {
    const key = newKey()
    assert.equal(verifyEd25519(key.raw, bytes, key.sign(bytes)), true)
  }
  assert.equal(verifyEd25519(first.raw, bytes, signature), true)
})

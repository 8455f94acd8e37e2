import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'
import { WeirError } from '../../errors.js'
import {
  CREDENTIAL_LIFETIME_MICROS_MOST,
  type Credential,
  formatCredential,
  isInForce,
  openCredential,
  unverifiedCredential,
} from './credential.js'

const authority = generateKeyPairSync('ed25519')
const authorityKey = rawOf(authority.publicKey)
const signed = (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, authority.privateKey))

function rawOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(12))
}

const credential: Credential = {
  authority: 'identity.weir.example',
  issuer: 'https://login.example/realms/bank',
  subject: 'b7a3f1d2-0001',
  keyBase64: Buffer.from(rawOf(generateKeyPairSync('ed25519').publicKey)).toString('base64'),
  notBeforeMicros: 1_780_000_000_000_000,
  expiresMicros: 1_780_000_000_000_000 + 8 * 3_600_000_000,
}

function refuses(text: string, why: RegExp, key = authorityKey): void {
  assert.throws(
    () => openCredential(text, key),
    (error) => error instanceof WeirError && error.code === 'WEIR_IDENTITY' && why.test(error.message),
    text.slice(0, 200),
  )
}

/** Signed by the authority as it stands, whatever it says. */
function signedAsIs(
  inner: Json,
  change: (outer: { credential: Json; signature: string }) => Json = (outer) => outer,
) {
  const bytes = Buffer.from(`weir-credential/1\n${canonicalJson(inner)}`)
  return canonicalJson(
    change({ credential: inner, signature: Buffer.from(signed(bytes)).toString('base64') }),
  )
}

test('what was issued is opened by the key of the authority, and by no other', () => {
  const text = formatCredential(credential, signed)
  assert.deepEqual(openCredential(text, authorityKey), credential)
  assert.deepEqual(unverifiedCredential(text), credential)
  assert.equal(text, signedAsIs({ ...credential }), 'the construction is the documented one')
  refuses(text, /not signed/, rawOf(generateKeyPairSync('ed25519').publicKey))
  refuses(text, /not signed/, new Uint8Array(31))
})

test('a credential that was changed in any byte is refused', () => {
  const text = formatCredential(credential, signed)
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at++) {
    for (const change of [1, 0x20, 0x80]) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= change
      refuses(changed.toString('latin1'), /./)
    }
    refuses(bytes.toString('latin1', 0, at), /no JSON|not an object/)
  }
})

test('a text has one spelling: spaces, other orders and doubled members are refused', () => {
  const text = formatCredential(credential, signed)
  refuses(`${text}\n`, /canonical/)
  refuses(` ${text}`, /canonical/)
  refuses(text.replace('{"credential":', '{ "credential":'), /canonical/)
  refuses(text.replace('"authority":', '"authority":"x","authority":'), /canonical/)
  const { credential: inner, signature } = JSON.parse(text) as { credential: object; signature: string }
  refuses(JSON.stringify({ signature, credential: inner }), /canonical/)
  refuses(text.replace('/realms', '\\/realms'), /canonical/)
})

test('exactly the members that it has, also when the authority signed others', () => {
  refuses(signedAsIs({ ...credential, role: 'admin' }), /members/)
  const { subject: _, ...lacking } = credential
  refuses(signedAsIs(lacking), /members/)
  refuses(
    signedAsIs({ ...credential }, (outer) => ({ ...outer, more: 1 })),
    /not an object/,
  )
  refuses(
    signedAsIs({ ...credential }, ({ credential: inner }) => ({ credential: inner })),
    /not an object/,
  )
  for (const text of ['null', '[]', '1', '""', '{}', '{"credential":null,"signature":""}', ''])
    refuses(text, /not an object|no JSON/)
})

test('values that could mislead are refused, also when the authority signed them', () => {
  const wrong: readonly [Partial<Record<keyof Credential, Json>>, RegExp][] = [
    [{ subject: '' }, /subject/],
    [{ subject: 'anna\u202e' }, /subject/],
    [{ subject: 'аnna' }, /subject/],
    [{ subject: 'anna ' }, /subject/],
    [{ subject: 'a'.repeat(256) }, /subject/],
    [{ subject: 7 }, /subject/],
    [{ issuer: 'login.example' }, /issuer/],
    [{ issuer: `https://${'a'.repeat(501)}` }, /issuer/],
    [{ authority: 'a+b' }, /authority/],
    [{ authority: ['weir'] }, /authority/],
    [{ keyBase64: credential.keyBase64.slice(0, -1) }, /keyBase64/],
    [{ keyBase64: Buffer.from(new Uint8Array(33)).toString('base64') }, /keyBase64/],
    [{ keyBase64: Buffer.from(new Uint8Array(32)).toString('base64') }, /keyBase64/],
    [{ notBeforeMicros: -1 }, /time/],
    [{ notBeforeMicros: 0.5 }, /time/],
    [{ expiresMicros: '9' }, /time/],
    [{ expiresMicros: credential.notBeforeMicros }, /lasts/],
    [{ expiresMicros: credential.notBeforeMicros + CREDENTIAL_LIFETIME_MICROS_MOST + 1 }, /lasts/],
  ]
  for (const [change, why] of wrong) {
    refuses(signedAsIs({ ...credential, ...change }), why)
    assert.throws(() => formatCredential({ ...credential, ...change } as Credential, signed), why)
  }
  refuses(
    signedAsIs({ ...credential }, (outer) => ({ ...outer, signature: 'AAAA' })),
    /signature/,
  )
  refuses(`{"credential":"${'x'.repeat(5_000)}"}`, /more than 4096 bytes/)
})

test('whatever text comes, it is refused by our own error', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => refuses(text, /./)))
})

test('it counts from its first moment and no more at its last', () => {
  const { notBeforeMicros, expiresMicros } = credential
  assert.equal(isInForce(credential, notBeforeMicros - 1), false)
  assert.equal(isInForce(credential, notBeforeMicros), true)
  assert.equal(isInForce(credential, expiresMicros - 1), true)
  assert.equal(isInForce(credential, expiresMicros), false)
})

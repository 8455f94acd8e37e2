import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { WeirError } from '../../pipeline/errors.js'
import { signingKey } from '../../pipeline/runtime/key-files.js'
import {
  ed25519Signer,
  hmacSigner,
  type NotificationSigner,
  publicKeyText,
  verifyNotification,
} from './signature.js'

const key = signingKey(generateKeyPairSync('ed25519').privateKey)
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NOW_SECONDS = 1_780_000_000
const options = { nowMs: NOW_SECONDS * 1_000 }
const body = '{"type":"alert.raised","data":{"message":"Überziehung"}}'

function headersOf(signer: NotificationSigner, timestampSeconds = NOW_SECONDS) {
  return {
    'webhook-id': 'ntf_1',
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signer.sign('ntf_1', timestampSeconds, body),
  }
}

function refuses(
  headers: Record<string, string | string[] | undefined>,
  given: string | Uint8Array,
  by: string,
  why = /./,
) {
  assert.throws(
    () => verifyNotification(headers, given, by, options),
    (error) => error instanceof WeirError && error.code === 'WEIR_NOTIFICATION' && why.test(error.message),
  )
}

test('the example of the specification', () => {
  const payload = '{"test": 2432232314}'
  const signature = hmacSigner(SECRET).sign('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, payload)
  assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

const cases = [
  ['Ed25519', ed25519Signer(key), publicKeyText(key)],
  ['HMAC', hmacSigner(SECRET), SECRET],
] as const

for (const [name, signer, verifier] of cases) {
  test(`${name}: what was sent verifies, as text and as bytes`, () => {
    const told = { id: 'ntf_1', timestampSeconds: NOW_SECONDS }
    assert.deepEqual(verifyNotification(headersOf(signer), body, verifier, options), told)
    assert.deepEqual(verifyNotification(headersOf(signer), Buffer.from(body), verifier, options), told)
  })

  test(`${name}: what was changed in any byte does not`, () => {
    const headers = headersOf(signer)
    const bytes = Buffer.from(body)
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      refuses(headers, changed, verifier, /no signature/)
    }
    refuses(headers, `${body} `, verifier)
    refuses({ ...headers, 'webhook-id': 'ntf_2' }, body, verifier)
    refuses({ ...headers, 'webhook-timestamp': String(NOW_SECONDS + 1) }, body, verifier)
    const signature = headers['webhook-signature']
    for (let at = 0; at < signature.length - 2; at++) {
      const other = signature[at] === 'A' ? 'B' : 'A'
      const changed = signature.slice(0, at) + other + signature.slice(at + 1)
      refuses({ ...headers, 'webhook-signature': changed }, body, verifier)
    }
  })

  test(`${name}: what is old, or from the future, does not`, () => {
    verifyNotification(headersOf(signer, NOW_SECONDS - 300), body, verifier, options)
    refuses(headersOf(signer, NOW_SECONDS - 301), body, verifier, /too old/)
    refuses(headersOf(signer, NOW_SECONDS + 301), body, verifier, /too old/)
  })
}

test('one of several signatures is enough, and none of another kind or key', () => {
  const headers = headersOf(ed25519Signer(key))
  const other = signingKey(generateKeyPairSync('ed25519').privateKey)
  const [own, foreign] = [headers['webhook-signature'], headersOf(ed25519Signer(other))['webhook-signature']]
  verifyNotification(
    { ...headers, 'webhook-signature': `v1,AAAA ${foreign} ${own}` },
    body,
    publicKeyText(key),
    options,
  )
  refuses({ ...headers, 'webhook-signature': foreign }, body, publicKeyText(key))
  refuses({ ...headers, 'webhook-signature': own.replace('v1a,', 'v1,') }, body, publicKeyText(key))
  refuses(headers, body, SECRET)
  refuses(
    { ...headers, 'webhook-signature': Array(9).fill(own).join(' ') },
    body,
    publicKeyText(key),
    /too many/,
  )
})

test('fields that are missing, doubled or malformed are refused', () => {
  const headers = headersOf(hmacSigner(SECRET))
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    refuses({ ...headers, [name]: undefined }, body, SECRET)
    refuses({ ...headers, [name]: '' }, body, SECRET)
    refuses({ ...headers, [name]: ['a', 'b'] }, body, SECRET)
  }
  for (const text of ['1e9', '-5', ' 1780000000', '0x6a', '1780000000.0'])
    refuses({ ...headers, 'webhook-timestamp': text }, body, SECRET, /timestamp/)
  // With a full stop in the id the parts could be read in two ways.
  refuses({ ...headers, 'webhook-id': 'ntf_1.5' }, body, SECRET)
})

test('a key that is none is told without a word of it', () => {
  for (const secret of [
    'whsec_',
    'whsec_c2hvcnQ=',
    'topsecretpassphrase',
    'whpk_AAAA',
    `whsec_${'A'.repeat(200)}`,
  ])
    assert.throws(
      () => verifyNotification(headersOf(hmacSigner(SECRET)), body, secret, options),
      (error) =>
        error instanceof WeirError &&
        error.code === 'WEIR_CONFIG' &&
        !error.toLine().includes(secret.slice(6) || '?'),
    )
})

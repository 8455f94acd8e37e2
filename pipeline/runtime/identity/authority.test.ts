/** A person signs in at a real provider, and gets a credential from the authority over HTTP. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { request } from 'node:http'
import { after, before, type TestContext, test } from 'node:test'
import {
  CLIENT_ID,
  signInAs,
  startProvider,
  type TestProvider,
} from '../../../tests/support/openid-provider.js'
import { WeirError } from '../../errors.js'
import { openCredential } from '../../governance/people/credential.js'
import { type SigningKey, signingKey } from '../key-files.js'
import { IdentityAuthority } from './authority.js'
import { requestCredential } from './authority-client.js'
import { AuthorityServer } from './authority-server.js'
import { formatCredentialRequest, nonceOf } from './credential-request.js'
import { OidcVerifier } from './oidc-verifier.js'
import { signIn } from './sign-in.js'

const newKey = (): SigningKey => signingKey(generateKeyPairSync('ed25519').privateKey)
const authorityKey = newKey()
const key = newKey()
const NOW_MS = Date.now()
let provider: TestProvider

before(async () => {
  provider = await startProvider()
})
after(() => provider.close())

async function startAuthority(t: TestContext, lifetimeMinutes = 480) {
  const clock = { nowMs: NOW_MS }
  const lines: string[] = []
  const tell = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }))
  const log = { info: tell, warn: tell }
  const nowMs = (): number => clock.nowMs
  const verifier = new OidcVerifier({
    issuer: provider.issuer,
    audience: CLIENT_ID,
    clockToleranceSeconds: 300,
    cooldownMs: 0,
    nowMs,
  })
  const name = 'identity.weir.example'
  const authority = new IdentityAuthority({ name, key: authorityKey, verifier, lifetimeMinutes, nowMs, log })
  const server = await AuthorityServer.listen(authority, { port: 0, log })
  t.after(() => server.stop())
  return { url: `http://127.0.0.1:${server.port}`, lines, clock }
}

function post(url: string, body: string, type = 'application/json') {
  return fetch(`${url}/credential`, { method: 'POST', headers: { 'content-type': type }, body })
}

async function errorOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  return `${response.status} ${error.code} ${error.message}`
}

test('a person signs in by code and PKCE, and her key is hers for eight hours', async (t) => {
  const { url, lines } = await startAuthority(t)
  const signal = AbortSignal.timeout(60_000)
  const settings = { issuer: provider.issuer, clientId: CLIENT_ID, publicKey: key.publicKey, redirectPort: 0 }
  const idToken = await signIn({ ...settings, signal, show: (address) => void signInAs('anna', address) })
  const text = await requestCredential(url, idToken, key, authorityKey.publicKey)
  const nowMicros = NOW_MS * 1_000
  assert.deepEqual(openCredential(text, authorityKey.publicKey), {
    authority: 'identity.weir.example',
    issuer: provider.issuer,
    subject: 'anna',
    keyBase64: Buffer.from(key.publicKey).toString('base64'),
    notBeforeMicros: nowMicros - 30_000_000,
    expiresMicros: nowMicros + 480 * 60_000_000,
  })
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /"subject":"anna".*a credential was issued/)
  assert.ok(!lines.join().includes(idToken.split('.')[2] ?? '?'))
})

test('a sign-in that nobody finishes, is refused, or comes from another page, gives nothing', async () => {
  const settings = { issuer: provider.issuer, clientId: CLIENT_ID, publicKey: key.publicKey, redirectPort: 0 }
  const ended = new AbortController()
  const opened: string[] = []
  const show = (address: string): void => {
    opened.push(address)
    const redirect = new URL(address).searchParams.get('redirect_uri')
    // A page that guesses the port, without the state: nothing ends by it.
    void fetch(`${redirect}?code=mine&state=guessed`).then(async (response) => {
      assert.equal(response.status, 404)
      ended.abort()
    })
  }
  await assert.rejects(signIn({ ...settings, signal: ended.signal, show }), /nobody signed in/)
  const query = new URL(opened[0] ?? '').searchParams
  assert.equal(query.get('nonce'), nonceOf(key.publicKey))
  assert.equal(query.get('code_challenge_method'), 'S256')
  const refuse = (address: string): void => {
    const { searchParams } = new URL(address)
    const answer = new URLSearchParams({
      error: 'access_denied',
      state: searchParams.get('state') ?? '',
      iss: provider.issuer,
    })
    void fetch(`${searchParams.get('redirect_uri')}?${answer}`)
  }
  const signal = AbortSignal.timeout(60_000)
  await assert.rejects(signIn({ ...settings, signal, show: refuse }), (error) => {
    return error instanceof WeirError && error.code === 'WEIR_IDENTITY' && /access_denied/.test(error.message)
  })
  await assert.rejects(signIn({ ...settings, issuer: 'http://127.0.0.1:1', signal, show }), (error) => {
    return error instanceof WeirError && error.code === 'WEIR_IDENTITY_PROVIDER'
  })
})

test('a token that was seen is of no use without the key, and with another key neither', async (t) => {
  const { url } = await startAuthority(t)
  const idToken = await provider.token({ nonce: nonceOf(key.publicKey) })
  const thief = newKey()
  assert.match(
    await errorOf(await post(url, formatCredentialRequest(idToken, thief))),
    /^403 WEIR_IDENTITY .*nonce/,
  )
  const request = JSON.parse(formatCredentialRequest(idToken, key)) as Record<string, string>
  const forged = JSON.parse(formatCredentialRequest(idToken, thief)) as Record<string, string>
  const answer = await post(url, JSON.stringify({ ...request, proof: forged.proof }))
  assert.match(await errorOf(answer), /^403 WEIR_IDENTITY .*proof is no signature/)
  const later = await provider.token({ nonce: nonceOf(key.publicKey), sub: 'berta' })
  assert.match(await errorOf(await post(url, JSON.stringify({ ...request, idToken: later }))), /^403 .*proof/)
  assert.equal((await post(url, JSON.stringify(request))).status, 200)
})

test('what is no request is told so, bounded, and without a word of it', async (t) => {
  const { url, lines } = await startAuthority(t)
  const good = JSON.parse(formatCredentialRequest('secret-token', key)) as object
  for (const body of ['', 'null', '[]', '{}', '{"idToken":1}', '{"idToken":"secret-token"}'])
    assert.match(await errorOf(await post(url, body)), /^400 WEIR_INPUT/, body)
  assert.match(
    await errorOf(await post(url, JSON.stringify({ ...good, more: 1 }))),
    /^400 WEIR_INPUT .*other members/,
  )
  assert.match(
    await errorOf(await post(url, JSON.stringify({ ...good, keyBase64: 'AA==' }))),
    /^400 .*keyBase64/,
  )
  assert.match(await errorOf(await post(url, JSON.stringify(good))), /^403 WEIR_IDENTITY .*no signed token/)
  assert.match(await errorOf(await post(url, JSON.stringify(good), 'text/plain')), /^415/)
  assert.match(await errorOf(await post(url, 'x'.repeat(100_000))), /^413/)
  assert.match(await errorOf(await fetch(`${url}/credential`)), /^405/)
  assert.match(await errorOf(await fetch(`${url}/other`)), /^404 WEIR_NOT_FOUND/)
  assert.equal(await (await fetch(`${url}/healthz`)).text(), '{"status":"ok"}')
  assert.ok(!lines.join().includes('secret-token'))
})

test('a body that does not come to its end holds up nobody', async (t) => {
  const { url } = await startAuthority(t)
  const slow = request(`${url}/credential`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': 1_000 },
  })
  slow.on('error', () => undefined)
  slow.write('{')
  t.after(() => slow.destroy())
  const idToken = await provider.token({ nonce: nonceOf(key.publicKey) })
  assert.equal((await post(url, formatCredentialRequest(idToken, key))).status, 200)
})

test('nobody gets more credentials in a minute than a person needs; others get theirs', async (t) => {
  const { url, clock } = await startAuthority(t)
  const ask = async (sub: string) =>
    post(url, formatCredentialRequest(await provider.token({ nonce: nonceOf(key.publicKey), sub }), key))
  for (let i = 0; i < 5; i++) assert.equal((await ask('anna')).status, 200)
  const refused = await ask('anna')
  assert.equal(refused.headers.get('retry-after'), '10')
  assert.match(await errorOf(refused), /^429 WEIR_IDENTITY more than 5/)
  assert.equal((await ask('berta')).status, 200)
  clock.nowMs += 60_001
  assert.equal((await ask('anna')).status, 200)
})

test('no credential lasts longer than twelve hours, and none is for a subject that could mislead', async (t) => {
  const { url } = await startAuthority(t, 720)
  const token = await provider.token({ nonce: nonceOf(key.publicKey) })
  const credential = openCredential(await requestCredential(url, token, key), authorityKey.publicKey)
  assert.equal(credential.expiresMicros - credential.notBeforeMicros, 12 * 3_600_000_000)
  const misleading = await provider.token({ nonce: nonceOf(key.publicKey), sub: 'anna\u202e' })
  assert.match(
    await errorOf(await post(url, formatCredentialRequest(misleading, key))),
    /^403 WEIR_IDENTITY .*subject/,
  )
})

test('while the provider is away the authority says so, and a client tells it apart from a refusal', async (t) => {
  const { url } = await startAuthority(t)
  const token = await provider.token({ nonce: nonceOf(key.publicKey) })
  provider.answerWith((_, response) => response.destroy())
  t.after(() => provider.answerWith(undefined))
  await assert.rejects(requestCredential(url, token, key), (error) => {
    return error instanceof WeirError && error.code === 'WEIR_IDENTITY_PROVIDER' && error.retry === 'backoff'
  })
  provider.answerWith(undefined)
  await requestCredential(url, token, key)
  const wrongKey = newKey().publicKey
  await assert.rejects(requestCredential(url, token, key, wrongKey), /not signed by the key of the authority/)
  await assert.rejects(requestCredential('http://authority.example', token, key), /no https address/)
  await assert.rejects(requestCredential('http://127.0.0.1:1', token, key), /cannot be reached/)
})

/** Tokens of a real provider, and tokens signed with its own keys that it would never issue. */
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { exportJWK, generateKeyPair, UnsecuredJWT } from 'jose'
import { CLIENT_ID, startProvider, type TestProvider } from '../../../tests/support/openid-provider.js'
import { WeirError } from '../../errors.js'
import { signingKey } from '../key-files.js'
import { nonceOf } from './credential-request.js'
import { type OidcSettings, OidcVerifier } from './oidc-verifier.js'

const { publicKey } = signingKey(generateKeyPairSync('ed25519').privateKey)
const nonce = nonceOf(publicKey)
let provider: TestProvider

before(async () => {
  provider = await startProvider()
})
after(() => provider.close())

function verifier(changed: Partial<OidcSettings> = {}): OidcVerifier {
  const settings = {
    issuer: provider.issuer,
    audience: CLIENT_ID,
    cooldownMs: 0,
    nowMs: Date.now,
    ...changed,
  }
  return new OidcVerifier(settings)
}

async function refuses(token: string, why: RegExp, by = verifier(), code = 'WEIR_IDENTITY'): Promise<void> {
  await assert.rejects(by.verify(token, publicKey), (error) => {
    assert.ok(error instanceof WeirError, String(error))
    assert.equal(error.code, code, error.toLine())
    assert.match(error.message, why)
    // The signature alone would make it usable.
    for (const part of token.split('.').filter((text) => text.length > 8))
      assert.ok(!error.toLine().includes(part), 'the error holds the token')
    return true
  })
}

test('tokens by each allowed algorithm say who signed in', async () => {
  const by = verifier()
  for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
    const token = await provider.token({ nonce, sub: algorithm }, { algorithm })
    assert.deepEqual(await by.verify(token, publicKey), { issuer: provider.issuer, subject: algorithm })
  }
  await refuses(
    await provider.token({ nonce }, { algorithm: 'RS256' }),
    /algorithm/,
    verifier({ algorithms: ['ES256'] }),
  )
})

test('a token that was asked for another key, or for none, is refused', async () => {
  const other = signingKey(generateKeyPairSync('ed25519').privateKey)
  await refuses(await provider.token({ nonce: nonceOf(other.publicKey) }), /nonce is another/)
  await refuses(await provider.token({ nonce: `${nonce}=` }), /nonce is another/)
  await refuses(await provider.token({}), /nonce does not fit/)
})

test('a token of another issuer, for another client or about nobody is refused', async () => {
  await refuses(await provider.token({ nonce, iss: `${provider.issuer}/` }), /iss does not fit/)
  await refuses(await provider.token({ nonce, aud: 'payroll' }), /aud does not fit/)
  await refuses(await provider.token({ nonce, aud: [CLIENT_ID, 'payroll'] }), /another client/)
  await refuses(await provider.token({ nonce, azp: 'payroll' }), /another client/)
  await refuses(await provider.token({ nonce, sub: '' }), /no subject/)
  const both = await provider.token({ nonce, aud: [CLIENT_ID, 'payroll'], azp: CLIENT_ID })
  assert.equal((await verifier().verify(both, publicKey)).subject, 'anna')
})

test('times hold within the tolerance of the clocks, and not beyond', async () => {
  const nowSeconds = 1_800_000_000
  const at = (offsetSeconds: number): OidcVerifier =>
    verifier({ nowMs: () => (nowSeconds + offsetSeconds) * 1_000, clockToleranceSeconds: 30 })
  const token = await provider.token({ nonce }, { nowSeconds })
  for (const offset of [-29, 0, 600, 629]) await at(offset).verify(token, publicKey)
  await refuses(token, /iat does not fit/, at(-31))
  await refuses(token, /expired/, at(631))
  const later = await provider.token({ nonce, nbf: nowSeconds + 100 }, { nowSeconds })
  await refuses(later, /nbf does not fit/, at(60))
  await at(80).verify(later, publicKey)
  const long = await provider.token({ nonce, exp: nowSeconds + 86_400 }, { nowSeconds })
  await refuses(long, /too old/, at(3_700))
  await refuses(await provider.token({ nonce }, { nowSeconds, lacking: 'exp' }), /exp does not fit/, at(0))
})

test('no signature, or one that the public key could make, is refused', async () => {
  const claims = { iss: provider.issuer, aud: CLIENT_ID, sub: 'anna', nonce }
  const unsigned = new UnsecuredJWT(claims).setIssuedAt().setExpirationTime('5m').encode()
  await refuses(unsigned, /algorithm is not allowed/)
  const rsa = createPublicKey({ key: provider.keys.RS256 as never, format: 'jwk' })
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const secret of [
    rsa.export({ format: 'pem', type: 'spki' }),
    rsa.export({ format: 'der', type: 'spki' }),
    JSON.stringify(provider.keys.RS256),
  ]) {
    const head = part({ alg: 'HS256', kid: provider.keys.RS256?.kid })
    const body = part({ ...claims, iat: now, exp: now + 300 })
    const mac = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')
    await refuses(`${head}.${body}.${mac}`, /algorithm is not allowed/)
  }
  const good = await provider.token({ nonce })
  const [head = '', body = '', signature = ''] = good.split('.')
  await refuses(`${head}.${body}.`, /signature does not verify|no signed token/)
  await refuses(
    `${head}.${part({ ...claims, sub: 'berta', iat: now, exp: now + 300 })}.${signature}`,
    /signature/,
  )
  for (const text of ['', 'a.b.c', `${head}.${body}`, `${head}.${body}.${signature}.x`, '{"payload":""}'])
    await refuses(text, /no signed token/)
})

test('a token of a key that the provider does not publish is refused, whatever id it gives', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = await exportJWK(privateKey)
  await refuses(await provider.token({ nonce }, { key, kid: 'mine' }), /publishes no key/)
  await refuses(await provider.token({ nonce }, { key, kid: provider.keys.ES256?.kid ?? '' }), /signature/)
})

test('new keys of the provider are found; old tokens end, and made-up ones make no flood', async () => {
  const by = verifier()
  const old = await provider.token({ nonce })
  await by.verify(old, publicKey)
  await provider.rotate()
  await by.verify(await provider.token({ nonce }), publicKey)
  await refuses(old, /publishes no key/, by)
  const cooling = verifier({ cooldownMs: 60_000 })
  await cooling.verify(await provider.token({ nonce }), publicKey)
  const asked = provider.asked.get('/jwks')
  for (let i = 0; i < 20; i++)
    await refuses(await provider.token({ nonce }, { kid: `made-up-${i}` }), /publishes no key/, cooling)
  assert.equal(provider.asked.get('/jwks'), asked, 'the provider was asked again in the cooldown')
})

test('a provider that is down, slow or answers something else is told as such, and comes back by itself', async () => {
  const token = await provider.token({ nonce })
  const down = (why: RegExp, by = verifier()) => refuses(token, why, by, 'WEIR_IDENTITY_PROVIDER')
  try {
    provider.answerWith((_, response) => response.writeHead(503).end())
    await down(/status 503/)
    provider.answerWith((_, response) => response.end('<html>'))
    await down(/no JSON object/)
    provider.answerWith((_, response) => response.end('{"issuer":"https://elsewhere.example"}'))
    await down(/another issuer/)
    provider.answerWith((_, response) =>
      response.end(JSON.stringify({ issuer: provider.issuer, jwks_uri: 'http://keys.example' })),
    )
    await down(/jwks_uri/)
    provider.answerWith((_, response) => response.writeHead(302, { location: 'https://example.org' }).end())
    await down(/status 302/)
    provider.answerWith((_, response) => response.end('x'.repeat(1_000_000)))
    await down(/longer than 262144 bytes/)
    provider.answerWith(() => undefined)
    await down(/in time/, verifier({ timeoutMs: 100 }))
    provider.answerWith((_, response) => response.destroy())
    await down(/cannot be reached/)
    for (const keys of ['nonsense', '{"keys":7}', 'x'.repeat(1_000_000), '']) {
      provider.answerWith((request, response) => {
        const discovery = { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` }
        response.end(request.url === '/keys' ? keys : JSON.stringify(discovery))
      })
      await down(/keys|longer/)
    }
    const by = verifier()
    provider.answerWith((_, response) => response.destroy())
    await down(/cannot be reached/, by)
    provider.answerWith(undefined)
    assert.equal((await by.verify(token, publicKey)).subject, 'anna')
  } finally {
    provider.answerWith(undefined)
  }
})

test('an issuer that could be impersonated on the way is no issuer', () => {
  for (const issuer of [
    'http://login.example',
    'ftp://login.example',
    'login',
    'https://user:secret@login.example',
  ])
    assert.throws(() => verifier({ issuer }), /no https address/)
})

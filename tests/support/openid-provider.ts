/**
 * A real OpenID provider (npm `oidc-provider`) on loopback, and a person with a browser who signs in at it.
 *
 * Its signing keys are at hand, so that tests can sign tokens that the provider would never issue. Depends on oidc-provider and jose.
 */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'

export const CLIENT_ID = 'weir'

export interface TestProvider {
  readonly issuer: string
  /** Private keys by their algorithm, as they are published now. */
  readonly keys: Readonly<Record<string, JWK>>
  /** Requests by path, counted. */
  readonly asked: Map<string, number>
  /** Replaces all keys by new ones with other ids. */
  rotate(): Promise<void>
  /** Answers with this instead of the provider; undefined brings the provider back. */
  answerWith(listener: RequestListener | undefined): void
  /** A token as the provider would sign it, with these claims over the usual ones. */
  token(claims: JWTPayload, options?: TokenOptions): Promise<string>
  close(): Promise<void>
}

export interface TokenOptions {
  readonly algorithm?: string
  readonly key?: JWK
  readonly kid?: string
  readonly nowSeconds?: number
  /** A claim that it does not have. */
  readonly lacking?: string
}

export async function startProvider(): Promise<TestProvider> {
  let listener: RequestListener = (_, response) => response.destroy()
  let instead: RequestListener | undefined
  const asked = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    ;(instead ?? listener)(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let generation = 0
  let keys: Record<string, JWK> = {}
  const rotate = async (): Promise<void> => {
    generation += 1
    keys = {
      RS256: await newKey('RS256', `rsa-${generation}`),
      ES256: await newKey('ES256', `ec-${generation}`),
      EdDSA: await newKey('EdDSA', `ed-${generation}`),
    }
    listener = providerOf(issuer, Object.values(keys)).callback()
  }
  await rotate()
  return {
    issuer,
    get keys() {
      return keys
    },
    asked,
    rotate,
    answerWith: (given) => {
      instead = given
    },
    token: (claims, options = {}) => tokenOf(issuer, keys, claims, options),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function newKey(algorithm: string, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid }
}

function providerOf(issuer: string, keys: readonly JWK[]): Provider {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: keys.map((key) => ({ ...key }) as never) },
    cookies: { keys: ['a key for cookies in tests'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  })
  // Errors are the tests' own doing and come back as answers.
  provider.on('server_error', () => undefined)
  return provider
}

async function tokenOf(
  issuer: string,
  keys: Readonly<Record<string, JWK>>,
  claims: JWTPayload,
  options: TokenOptions,
): Promise<string> {
  const { algorithm = 'ES256', nowSeconds = Math.floor(Date.now() / 1000) } = options
  const { key = keys[algorithm], kid = key?.kid ?? '' } = options
  const given: JWTPayload = {
    iss: issuer,
    aud: CLIENT_ID,
    sub: 'anna',
    iat: nowSeconds,
    exp: nowSeconds + 600,
    ...claims,
  }
  if (options.lacking !== undefined) delete given[options.lacking]
  return new SignJWT(given).setProtectedHeader({ alg: algorithm, kid }).sign(await importJWK(key!, algorithm))
}

const HOPS_MOST = 20

/** Opens the address, fills in the forms of the provider as `login`, and goes where it is sent, to the end. */
export async function signInAs(login: string, address: string): Promise<void> {
  const cookies = new Map<string, string>()
  let url = new URL(address)
  let form: URLSearchParams | undefined
  for (let hop = 0; hop < HOPS_MOST; hop++) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    form = undefined
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    const page = await response.text()
    if (location !== null) {
      url = new URL(location, url)
      continue
    }
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? []
    if (action === undefined) return
    const [, prompt = ''] = /name="prompt" value="([^"]+)"/.exec(page) ?? []
    url = new URL(action, url)
    form = new URLSearchParams({ prompt, login, password: 'any' })
  }
  throw new Error('the provider sends the browser in a circle')
}

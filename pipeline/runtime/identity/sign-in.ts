/**
 * Signs a person in at an OpenID provider: authorization code with PKCE, answered on loopback (RFC 8252).
 *
 * No browser is opened: the address is shown, and the person opens it where she likes. The nonce is the digest of her key, so that the token
 * is for this key. Depends on openid-client.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as oidc from 'openid-client'
import { WeirError } from '../../errors.js'
import { listenOn, stopListening } from '../http-listener.js'
import { boundedFetch, isSafeAddress, placeOf, unreachable } from './bounded-fetch.js'
import { nonceOf } from './credential-request.js'

export interface SignInSettings {
  readonly issuer: string
  readonly clientId: string
  /** Of clients that have one; a command line is a public client. */
  readonly clientSecret?: string | undefined
  readonly publicKey: Uint8Array
  /** 0: any free port, which providers must allow for native applications. */
  readonly redirectPort: number
  /** Shows the address that the person opens. */
  readonly show: (url: string) => void
  /** Ends waiting for the person. */
  readonly signal: AbortSignal
}

const LOOPBACK = '127.0.0.1'
const CALLBACK = '/callback'
const TIMEOUT_SECONDS = 10

/**
 * The ID token of a person who signed in.
 * @throws WeirError WEIR_IDENTITY when she did not, WEIR_IDENTITY_PROVIDER when the provider cannot be asked
 */
export async function signIn(settings: SignInSettings): Promise<string> {
  const provider = await discover(settings)
  const state = oidc.randomState()
  const callback = await Callback.listen(settings.redirectPort, state)
  try {
    const verifier = oidc.randomPKCECodeVerifier()
    const nonce = nonceOf(settings.publicKey)
    const address = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: callback.address,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    settings.show(address.href)
    const answer = await callback.answer(settings.signal)
    const checks = {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    }
    const tokens = await asked(settings.issuer, () => oidc.authorizationCodeGrant(provider, answer, checks))
    if (tokens.id_token === undefined) throw unreachable(settings.issuer, 'it gave no ID token')
    return tokens.id_token
  } finally {
    await callback.stop()
  }
}

async function discover({ issuer, clientId, clientSecret }: SignInSettings): Promise<oidc.Configuration> {
  if (!isSafeAddress(issuer))
    throw new WeirError('WEIR_USAGE', 'it is no https address', {
      place: '--issuer',
      remedy: 'give https://...; http is for a provider on this machine only',
    })
  const insecure = new URL(issuer).protocol === 'http:'
  return asked(issuer, () =>
    oidc.discovery(
      new URL(issuer),
      clientId,
      clientSecret,
      clientSecret === undefined ? oidc.None() : undefined,
      {
        timeout: TIMEOUT_SECONDS,
        execute: insecure ? [oidc.allowInsecureRequests] : [],
        [oidc.customFetch]: (url, options) => boundedFetch(url, options as RequestInit),
      },
    ),
  )
}

async function asked<T>(issuer: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof WeirError) throw error
    if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError)
      throw notSignedIn(`the provider refused: ${error.error}`)
    const cause = (error as Error).cause
    if (cause instanceof WeirError) throw cause
    // Messages of the library name what was wrong with an answer, never tokens.
    throw unreachable(placeOf(issuer), `the sign-in did not hold: ${(error as Error).message}`, error)
  }
}

/** Waits for the person's browser to come back from the provider. */
class Callback {
  readonly #server = createServer((request, response) => this.#take(request, response))
  readonly #state: string
  #came: (answer: URL) => void = () => undefined
  readonly #answer = new Promise<URL>((resolve) => {
    this.#came = resolve
  })

  private constructor(state: string) {
    this.#state = state
  }

  static async listen(port: number, state: string): Promise<Callback> {
    const callback = new Callback(state)
    await listenOn(callback.#server, { host: LOOPBACK, port, portName: '--redirect-port' })
    return callback
  }

  get address(): string {
    return `http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}${CALLBACK}`
  }

  answer(signal: AbortSignal): Promise<URL> {
    const ended = new Promise<never>((_, reject) => {
      const end = (): void => reject(notSignedIn('nobody signed in'))
      if (signal.aborted) end()
      signal.addEventListener('abort', end, { once: true })
    })
    return Promise.race([this.#answer, ended])
  }

  stop(): Promise<void> {
    return stopListening(this.#server)
  }

  /** Other pages in the browser can call too: what has not our state ends nothing. */
  #take(request: IncomingMessage, response: ServerResponse): void {
    const answer = new URL(request.url ?? '/', this.address)
    const ours = answer.pathname === CALLBACK && answer.searchParams.get('state') === this.#state
    response.writeHead(ours ? 200 : 404, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    })
    response.end(
      ours ? 'The sign-in goes on in the terminal. You can close this page.\n' : 'There is nothing here.\n',
    )
    if (ours) this.#came(answer)
  }
}

function notSignedIn(what: string): WeirError {
  return new WeirError('WEIR_IDENTITY', what, { place: 'sign-in', remedy: 'run weir identity login again' })
}

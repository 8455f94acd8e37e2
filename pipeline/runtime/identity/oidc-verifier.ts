/**
 * Verifies ID tokens of one OpenID provider: signature by its published keys, issuer, audience, times, and that they are for a key.
 *
 * Keys are fetched from where the discovery document says, kept, and fetched again when a token has one that is not known, at most once in a
 * cooldown: made-up tokens cannot make us flood the provider. Depends on jose.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose'
import { WeirError } from '../../errors.js'
import { boundedFetch, isSafeAddress, unreachable } from './bounded-fetch.js'
import { nonceOf } from './credential-request.js'

/** Signatures of a key pair only. With HS256 the key that verifies would sign too; `none` is no signature. */
export const TOKEN_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number]

export interface OidcSettings {
  /** As the tokens spell it, to the letter. */
  readonly issuer: string
  /** Client id that tokens must be for. */
  readonly audience: string
  readonly algorithms?: readonly TokenAlgorithm[]
  /** How far the clocks of the provider and of this machine may be apart. */
  readonly clockToleranceSeconds?: number
  readonly timeoutMs?: number
  /** Least time between two looks for keys that are not known, and after a look that failed. */
  readonly cooldownMs?: number
  readonly nowMs: () => number
}

export interface SignIn {
  readonly issuer: string
  readonly subject: string
}

export const CLOCK_TOLERANCE_SECONDS = 30
const TIMEOUT_MS = 5_000
const COOLDOWN_MS = 10_000
/** The place of the keys hardly ever changes; a provider that moves is followed within the hour. */
const DISCOVERY_AGE_MS = 3_600_000
/** A key that the provider withdrew is believed no longer than this. */
const KEYS_AGE_MS = 600_000
/** Whoever signed in longer ago signs in again. */
const TOKEN_AGE_SECONDS_MOST = 3_600

type Keys = ReturnType<typeof createRemoteJWKSet>

export class OidcVerifier {
  readonly #settings: OidcSettings
  readonly #cooldownMs: number
  #keys: { readonly found: Promise<Keys>; untilMs: number } | undefined

  /** @throws WeirError WEIR_CONFIG for an issuer that could be impersonated on the way to it */
  constructor(settings: OidcSettings) {
    if (!isSafeAddress(settings.issuer))
      throw new WeirError('WEIR_CONFIG', 'the issuer is no https address', {
        place: 'identity.issuer',
        remedy: 'give https://...; http is for a provider on this machine only',
      })
    this.#settings = settings
    this.#cooldownMs = settings.cooldownMs ?? COOLDOWN_MS
  }

  /**
   * Who signed in for the key.
   * @throws WeirError WEIR_IDENTITY when the token does not hold, WEIR_IDENTITY_PROVIDER when that cannot be found out. No message holds the token.
   */
  async verify(idToken: string, publicKey: Uint8Array): Promise<SignIn> {
    const { issuer, audience, algorithms = TOKEN_ALGORITHMS, nowMs } = this.#settings
    const { clockToleranceSeconds = CLOCK_TOLERANCE_SECONDS } = this.#settings
    const keys = await this.#providerKeys()
    let payload: JWTPayload
    try {
      const verified = await jwtVerify(idToken, keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockToleranceSeconds,
        maxTokenAge: TOKEN_AGE_SECONDS_MOST,
        currentDate: new Date(nowMs()),
        requiredClaims: ['sub', 'exp', 'nonce'],
      })
      payload = verified.payload
    } catch (error) {
      throw this.#failureOf(error)
    }
    return { issuer, subject: subjectOf(payload, audience, nonceOf(publicKey)) }
  }

  /** Found once, by whoever asks first; a failure is told to all who ask in the cooldown. */
  #providerKeys(): Promise<Keys> {
    const nowMs = performance.now()
    if (this.#keys !== undefined && nowMs < this.#keys.untilMs) return this.#keys.found
    const found = this.#discover()
    const entry = { found, untilMs: nowMs + DISCOVERY_AGE_MS }
    this.#keys = entry
    found.catch(() => {
      entry.untilMs = performance.now() + this.#cooldownMs
    })
    return found
  }

  async #discover(): Promise<Keys> {
    const { issuer, timeoutMs = TIMEOUT_MS } = this.#settings
    const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const response = await boundedFetch(place, { signal: AbortSignal.timeout(timeoutMs) })
    if (response.status !== 200) throw unreachable(place, `it answers with status ${response.status}`)
    const document = await response.json().catch(() => undefined)
    if (typeof document !== 'object' || document === null)
      throw unreachable(place, 'the answer is no JSON object')
    const { issuer: named, jwks_uri: keys } = document as Record<string, unknown>
    if (named !== issuer) throw unreachable(place, 'the document is of another issuer')
    if (typeof keys !== 'string' || !isSafeAddress(keys))
      throw unreachable(place, 'jwks_uri is no https address')
    return createRemoteJWKSet(new URL(keys), {
      timeoutDuration: timeoutMs,
      cooldownDuration: this.#cooldownMs,
      cacheMaxAge: KEYS_AGE_MS,
      [customFetch]: boundedFetch,
    })
  }

  #failureOf(error: unknown): WeirError {
    if (error instanceof WeirError) return error
    const { issuer } = this.#settings
    if (error instanceof errors.JWKSInvalid) return unreachable(issuer, 'what it publishes is no set of keys')
    if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC')
      return refused(reasonOf(error))
    // An answer that is no JSON, or a status other than 200.
    if (error instanceof Error) return unreachable(issuer, 'its keys cannot be had')
    throw error
  }
}

function subjectOf(payload: JWTPayload, audience: string, nonce: string): string {
  const { sub, aud, azp, nonce: given } = payload
  if (given !== nonce) throw refused('it was not asked for this key: its nonce is another')
  if (azp !== undefined ? azp !== audience : Array.isArray(aud) && aud.length > 1)
    throw refused('it was issued to another client')
  if (typeof sub !== 'string' || sub === '') throw refused('it names no subject')
  return sub
}

/** The messages of jose name claims and header fields, never values. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired or is too old'
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${error.claim} does not fit`
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not allowed'
  if (error instanceof errors.JWKSNoMatchingKey) return 'the provider publishes no key that it is signed by'
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it does not say by which key it is signed'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not verify'
  return 'it is no signed token'
}

function refused(what: string): WeirError {
  return new WeirError('WEIR_IDENTITY', `the ID token cannot be believed: ${what}`, {
    place: 'idToken',
    remedy: 'sign in again with weir identity login; see docs/identity.md',
  })
}

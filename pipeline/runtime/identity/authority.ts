/**
 * The identity authority: checks a sign-in once, and says for some hours to whom a key belongs.
 *
 * Depends on the verifier of tokens and the form of credentials; knows no HTTP.
 */
import { createHash } from 'node:crypto'
import { WeirError } from '../../errors.js'
import { CREDENTIAL_LIFETIME_MICROS_MOST, formatCredential } from '../../governance/people/credential.js'
import type { SigningKey } from '../key-files.js'
import { openCredentialRequest } from './credential-request.js'
import { CLOCK_TOLERANCE_SECONDS, type SignIn } from './oidc-verifier.js'

export interface AuthoritySettings {
  readonly name: string
  readonly key: SigningKey
  readonly verifier: { verify(idToken: string, publicKey: Uint8Array): Promise<SignIn> }
  readonly lifetimeMinutes: number
  readonly nowMs: () => number
  readonly log: { info(fields: object, message: string): void }
}

/** A person needs one a day; more in a minute is a loop or a theft. */
const ISSUED_A_MINUTE_MOST = 5
const MINUTE_MS = 60_000
/** Subjects that were served within the last minute; the bound is for a company of any size. */
const SUBJECTS_MOST = 10_000
const MICROS_PER_MS = 1_000

export class IdentityAuthority {
  readonly #settings: AuthoritySettings
  /** When each subject got its latest credentials, the subject served longest ago first. */
  readonly #served = new Map<string, readonly number[]>()

  constructor(settings: AuthoritySettings) {
    this.#settings = settings
  }

  /**
   * The credential for a request as `formatCredentialRequest` makes it.
   * @throws WeirError WEIR_INPUT when it is none, WEIR_IDENTITY when it is refused (to be tried again later for `retry: backoff`),
   * WEIR_IDENTITY_PROVIDER when the provider cannot be asked
   */
  async issue(request: string): Promise<string> {
    const { verifier, key, name, nowMs, log } = this.#settings
    const { idToken, publicKey } = openCredentialRequest(request)
    const { issuer, subject } = await verifier.verify(idToken, publicKey)
    this.#count(`${issuer}\n${subject}`)
    const { notBeforeMicros, expiresMicros } = this.#times(Math.floor(nowMs()) * MICROS_PER_MS)
    const keyBase64 = Buffer.from(publicKey).toString('base64')
    const text = formatCredential(
      { authority: name, issuer, subject, keyBase64, notBeforeMicros, expiresMicros },
      (bytes) => key.sign(bytes),
    )
    const credentialDigest = createHash('sha256').update(text).digest('hex')
    log.info({ issuer, subject, keyBase64, expiresMicros, credentialDigest }, 'a credential was issued')
    return text
  }

  /** It counts from a little earlier on, for agents whose clock is behind. */
  #times(nowMicros: number): { readonly notBeforeMicros: number; readonly expiresMicros: number } {
    const lifetimeMicros = this.#settings.lifetimeMinutes * MINUTE_MS * MICROS_PER_MS
    const notBeforeMicros = nowMicros - CLOCK_TOLERANCE_SECONDS * 1_000 * MICROS_PER_MS
    const latestMicros = notBeforeMicros + CREDENTIAL_LIFETIME_MICROS_MOST
    return { notBeforeMicros, expiresMicros: Math.min(nowMicros + lifetimeMicros, latestMicros) }
  }

  #count(subject: string): void {
    const nowMs = this.#settings.nowMs()
    const recent = (this.#served.get(subject) ?? []).filter((atMs) => nowMs - atMs < MINUTE_MS)
    if (recent.length >= ISSUED_A_MINUTE_MOST)
      throw new WeirError(
        'WEIR_IDENTITY',
        `more than ${ISSUED_A_MINUTE_MOST} credentials in a minute for one person`,
        {
          place: 'credential',
          remedy: 'wait a minute',
          retry: 'backoff',
        },
      )
    this.#served.delete(subject)
    if (this.#served.size >= SUBJECTS_MOST) this.#served.delete(this.#served.keys().next().value ?? '')
    this.#served.set(subject, [...recent, nowMs])
  }
}

/**
 * Asks an identity authority for a credential. Depends on the form of requests and credentials.
 */
import { type ErrorCode, WeirError } from '../../errors.js'
import { openCredential, unverifiedCredential } from '../../governance/people/credential.js'
import { printable } from '../../governance/printable.js'
import type { SigningKey } from '../key-files.js'
import { boundedFetch, isSafeAddress, unreachable } from './bounded-fetch.js'
import { formatCredentialRequest } from './credential-request.js'

const TIMEOUT_MS = 30_000
const REASON_CHARACTERS_MOST = 300

/**
 * @param authorityKey that the credential must be signed by; without it only its content is looked at
 * @throws WeirError WEIR_IDENTITY when it is refused or is for another key, WEIR_IDENTITY_PROVIDER when the authority cannot be asked
 */
export async function requestCredential(
  authorityUrl: string,
  idToken: string,
  key: SigningKey,
  authorityKey?: Uint8Array,
): Promise<string> {
  // The token would be readable on its way.
  if (!isSafeAddress(authorityUrl))
    throw new WeirError('WEIR_USAGE', 'it is no https address', {
      place: '--authority',
      remedy: 'give https://...; http is for an authority on this machine only',
    })
  const place = `${authorityUrl.replace(/\/$/, '')}/credential`
  const response = await boundedFetch(place, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: formatCredentialRequest(idToken, key),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await response.text()
  if (response.status !== 200) throw refusalOf(place, response.status, text)
  const { keyBase64 } =
    authorityKey === undefined ? unverifiedCredential(text) : openCredential(text, authorityKey)
  if (keyBase64 !== Buffer.from(key.publicKey).toString('base64'))
    throw unreachable(place, 'it gave a credential for another key')
  return text
}

/** What the authority says is shown, but not believed to be harmless for a terminal. */
function refusalOf(place: string, status: number, text: string): WeirError {
  const { message, remedy } = errorIn(text)
  if (message === undefined) return unreachable(place, `it answers with status ${status}`)
  const code: ErrorCode = status === 403 || status === 429 ? 'WEIR_IDENTITY' : 'WEIR_IDENTITY_PROVIDER'
  return new WeirError(code, printable(message, REASON_CHARACTERS_MOST), {
    place,
    remedy: printable(remedy ?? 'see the log of the authority', REASON_CHARACTERS_MOST),
    retry: status === 403 ? 'never' : 'backoff',
  })
}

function errorIn(text: string): { readonly message?: string; readonly remedy?: string } {
  try {
    const { message, remedy } = (JSON.parse(text) as { error: Record<string, unknown> }).error
    return {
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof remedy === 'string' ? { remedy } : {}),
    }
  } catch {
    return {}
  }
}

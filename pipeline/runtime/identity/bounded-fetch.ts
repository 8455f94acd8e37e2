/**
 * Asks a provider or an authority over HTTP: no redirect is followed, no answer is longer than it should be.
 *
 * A provider is not ours. An answer without end, or one that sends us elsewhere, must cost it nothing of us but one request. Depends on Node alone.
 */
import { WeirError } from '../../errors.js'

/** Key sets and discovery documents have some kilobytes. */
const ANSWER_BYTES_MOST = 256 * 1024

/** As `fetch`, for jose and openid-client too; the body was read when it resolves. @throws WeirError WEIR_IDENTITY_PROVIDER */
export async function boundedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const place = placeOf(url)
  let response: Response
  try {
    response = await fetch(url, { ...init, redirect: 'manual' })
  } catch (cause) {
    throw unreachable(place, reasonOf(cause), cause)
  }
  const body = await bodyOf(response, place)
  const { status, headers } = response
  return new Response(body.length === 0 ? null : body, { status, headers })
}

/** The address without what follows its path: queries hold codes. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

/** Whether an address may be asked: TLS, or a server on this machine. */
export function isSafeAddress(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

export function unreachable(place: string, why: string, cause?: unknown): WeirError {
  return new WeirError('WEIR_IDENTITY_PROVIDER', why, {
    place,
    remedy: 'see whether it runs and the address is right, then try again',
    retry: 'backoff',
    ...(cause === undefined ? {} : { cause }),
  })
}

async function bodyOf(response: Response, place: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of response.body ?? []) {
      length += (part as Uint8Array).length
      // Leaving the loop cancels the rest.
      if (length > ANSWER_BYTES_MOST) break
      parts.push(part as Uint8Array)
    }
  } catch (cause) {
    throw unreachable(place, reasonOf(cause), cause)
  }
  if (length > ANSWER_BYTES_MOST)
    throw unreachable(place, `the answer is longer than ${ANSWER_BYTES_MOST} bytes`)
  return Buffer.concat(parts)
}

/** The messages of fetch say `fetch failed`; the code of what was under it tells more. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return 'no answer came in time'
  return `it cannot be reached (${cause?.code ?? cause?.message ?? name ?? 'unknown reason'})`
}

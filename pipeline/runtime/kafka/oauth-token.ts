/**
 * A token of SASL OAUTHBEARER, read from a file that whoever issues the tokens keeps fresh (as the projected tokens of
 * Kubernetes are). The client asks for it again before it expires. Depends on the file system.
 */
import { readFileSync } from 'node:fs'
import { WeirError } from '../../errors.js'

/** As the client's refresh callback wants it; `lifetime` is the end of the token's life, milliseconds since 1970. */
export interface BearerToken {
  readonly tokenValue: string
  readonly lifetime: number
  readonly principal: string
}

const LARGEST_TOKEN_BYTES = 64 * 1024

/** Reads a JSON Web Token; throws `WEIR_CONFIG` without a word of its content. */
export function tokenOf(file: string): BearerToken {
  const tokenValue = read(file)
  const claims = claimsOf(tokenValue)
  if (claims === undefined) throw refused(file, 'is not a JSON Web Token')
  if (typeof claims.exp !== 'number') throw refused(file, 'is a token without an expiry')
  const principal = typeof claims.sub === 'string' ? claims.sub : ''
  return { tokenValue, lifetime: claims.exp * 1000, principal }
}

function read(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw refused(file, `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`)
  }
  if (text === '' || text.length > LARGEST_TOKEN_BYTES)
    throw refused(file, 'is empty or too large for a token')
  return text
}

function claimsOf(token: string): { exp?: unknown; sub?: unknown } | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? claims : undefined
  } catch {
    return undefined
  }
}

function refused(file: string, why: string): WeirError {
  return new WeirError('WEIR_CONFIG', `the file ${why}`, {
    place: `kafka.sasl.tokenFile ${file}`,
    remedy: 'let the issuer of the tokens write a token into it',
  })
}

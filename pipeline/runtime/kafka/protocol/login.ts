/**
 * Logs in on a connection by SASL, as the native client does with the same settings.
 * Depends on the connection and `scram.ts`.
 */
import { randomBytes } from 'node:crypto'
import { WeirError } from '../../../errors.js'
import { tokenOf } from '../oauth-token.js'
import type { SaslSettings } from '../settings.js'
import type { BrokerConnection, RequestKind } from './connection.js'
import { ScramClient, type ScramHash } from './scram.js'
import { WireWriter } from './wire.js'

const SASL_HANDSHAKE: RequestKind = { api: 17, version: 1 }
const SASL_AUTHENTICATE: RequestKind = { api: 36, version: 0 }

const UNSUPPORTED_MECHANISM = 33
const TOKEN_SECONDS = 300

/** @throws WeirError WEIR_KAFKA that never holds a credential */
export async function logIn(connection: BrokerConnection, sasl: SaslSettings, place: string): Promise<void> {
  const { mechanism } = sasl
  const answer = await connection.request(SASL_HANDSHAKE, new WireWriter().string(mechanism).finish())
  const code = answer.int16()
  if (code !== 0) {
    const offered = answer.array(() => answer.string() ?? '').join(', ')
    const reason = code === UNSUPPORTED_MECHANISM ? `; it offers ${offered}` : ''
    throw refused(`the broker does not take ${mechanism} (Kafka error ${code})${reason}`, place)
  }
  if (mechanism === 'OAUTHBEARER') await exchange(connection, bearer(sasl), place)
  else if (mechanism === 'PLAIN') await exchange(connection, `\0${sasl.user}\0${sasl.password()}`, place)
  else await scram(connection, sasl, mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', place)
}

async function scram(
  connection: BrokerConnection,
  { user, password }: Extract<SaslSettings, { user: string }>,
  hash: ScramHash,
  place: string,
): Promise<void> {
  const client = new ScramClient(hash, user, password(), randomBytes(18).toString('base64'))
  const serverFirst = await exchange(connection, client.first(), place)
  try {
    client.verify(await exchange(connection, client.final(serverFirst), place))
  } catch (error) {
    throw error instanceof WeirError ? error : refused((error as Error).message, place)
  }
}

async function exchange(connection: BrokerConnection, text: string, place: string): Promise<string> {
  const body = new WireWriter().bytes(Buffer.from(text, 'utf8')).finish()
  const answer = await connection.request(SASL_AUTHENTICATE, body)
  const code = answer.int16()
  const message = answer.string()
  if (code !== 0) throw refused(`the broker refuses the login: ${message ?? `Kafka error ${code}`}`, place)
  return answer.bytes().toString('utf8')
}

function bearer(sasl: Extract<SaslSettings, { mechanism: 'OAUTHBEARER' }>): string {
  const token = 'tokenFile' in sasl ? tokenOf(sasl.tokenFile).tokenValue : unsecuredToken(sasl.unsecured)
  return `n,,\x01auth=Bearer ${token}\x01\x01`
}

/** What librdkafka makes of the same setting: a token that nobody signs, for tests. */
function unsecuredToken(setting: string): string {
  const principal = /principal=(\S+)/.exec(setting)?.[1] ?? ''
  const now = Math.floor(Date.now() / 1_000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: principal, iat: now, exp: now + TOKEN_SECONDS })}.`
}

function refused(message: string, place: string): WeirError {
  return new WeirError('WEIR_KAFKA', message, {
    place,
    remedy: 'check kafka.sasl and the user in the cluster',
  })
}

/**
 * The identity authority over HTTP, on loopback unless told otherwise: `POST /credential`, `GET /healthz`.
 *
 * It needs no login: tokens and proofs decide. Errors are told by their stable code; no token is logged or repeated. Depends on node:http.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WeirError } from '../../errors.js'
import { readBody, send } from '../http-exchange.js'
import { listenOn, stopListening } from '../http-listener.js'
import type { IdentityAuthority } from './authority.js'
import { REQUEST_BYTES_MOST } from './credential-request.js'

export interface AuthorityServerOptions {
  /** Default: loopback. */
  readonly host?: string | undefined
  /** 0: any free port. */
  readonly port: number
  readonly log: { warn(fields: object, message: string): void }
}

const LOOPBACK = '127.0.0.1'
/** A body of some kilobytes that takes longer is none of ours. */
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5_000
const CONNECTIONS_MOST = 256
/** Each may wait for the provider; a company signs in within minutes, not within a second. */
const REQUESTS_AT_ONCE_MOST = 64
const RETRY_AFTER_SECONDS = 10
const JSON_TYPE = 'application/json'

export class AuthorityServer {
  readonly #server: Server
  readonly #authority: IdentityAuthority
  readonly #log: AuthorityServerOptions['log']
  #underWay = 0

  private constructor(authority: IdentityAuthority, log: AuthorityServerOptions['log']) {
    this.#authority = authority
    this.#log = log
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS
    this.#server.maxConnections = CONNECTIONS_MOST
  }

  /** @throws WeirError WEIR_CONFIG when the address cannot be listened on */
  static async listen(
    authority: IdentityAuthority,
    options: AuthorityServerOptions,
  ): Promise<AuthorityServer> {
    const { host = LOOPBACK, port, log } = options
    const server = new AuthorityServer(authority, log)
    await listenOn(server.#server, { host, port, portName: 'identity.port' })
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  stop(): Promise<void> {
    return stopListening(this.#server)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = (request.url ?? '').split('?')[0]
      if (path === '/healthz' && request.method === 'GET')
        return send(response, 200, JSON_TYPE, '{"status":"ok"}')
      if (path !== '/credential')
        return fail(response, 404, 'WEIR_NOT_FOUND', 'there are /credential and /healthz')
      if (request.method !== 'POST') return fail(response, 405, 'WEIR_INPUT', 'only POST is answered')
      // A page in a browser cannot send this type without asking first.
      if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
        return fail(response, 415, 'WEIR_INPUT', 'the content type is not application/json')
      if (this.#underWay >= REQUESTS_AT_ONCE_MOST)
        return fail(response, 503, 'WEIR_IDENTITY_PROVIDER', 'too many requests are under way')
      this.#underWay += 1
      try {
        await this.#issue(request, response)
      } finally {
        this.#underWay -= 1
      }
    } catch (error) {
      this.#refuse(response, error)
    }
  }

  async #issue(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, REQUEST_BYTES_MOST)
    if (body === undefined) {
      // What was not read would be taken for the next request.
      response.setHeader('connection', 'close')
      return fail(response, 413, 'WEIR_INPUT', `a request has at most ${REQUEST_BYTES_MOST} bytes`)
    }
    send(response, 200, JSON_TYPE, await this.#authority.issue(body.toString('utf8')))
  }

  #refuse(response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) return
    if (!(error instanceof WeirError) || error.domain === 'bug') {
      // Its message could repeat what was sent.
      this.#log.warn(
        { name: error instanceof Error ? error.name : typeof error },
        'a request failed unexpectedly',
      )
      fail(response, 500, 'WEIR_BUG', 'the authority failed; no credential was issued')
      return
    }
    const { code, message, remedy } = error
    this.#log.warn({ code, reason: error.toLine() }, 'no credential was issued')
    fail(response, statusOf(error), code, message, remedy)
  }
}

function statusOf({ code, retry }: WeirError): number {
  if (code === 'WEIR_IDENTITY') return retry === 'never' ? 403 : 429
  return code === 'WEIR_INPUT' ? 400 : 503
}

function fail(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  remedy?: string,
): void {
  if (status === 429 || status === 503) response.setHeader('retry-after', RETRY_AFTER_SECONDS)
  send(response, status, JSON_TYPE, JSON.stringify({ error: { code, message, remedy } }))
}

/**
 * One bounded request to the registry, with its answer as JSON. Node's own http, because its `fetch` takes no
 * certificates of an authority without a package of its own.
 *
 * What is sent and received is limited in bytes and time. What cannot be used is told as a `RequestFault`, whose text never holds
 * a credential. Depends on node:http, node:https.
 */
import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { RegistrySettings } from './settings.js'

export interface RegistryAnswer {
  readonly status: number
  /** Parsed JSON. */
  readonly body: unknown
}

/** Why there is no answer. */
export class RequestFault extends Error {
  /** Whether the same request may succeed a little later. */
  readonly passing: boolean

  constructor(message: string, passing: boolean, cause?: unknown) {
    super(message, { cause })
    this.passing = passing
  }
}

/** A schema has at most 1 MiB here; in an answer it is JSON in JSON, which at worst doubles it, and has references. */
const ANSWER_LIMIT_BYTES = 4 * 2 ** 20

/** A registry is asked at start and for new ids only. */
const SOCKETS = 4

export class RegistryHttp {
  readonly #settings: RegistrySettings
  readonly #agent: PlainAgent
  readonly #headers: Record<string, string>

  constructor(settings: RegistrySettings) {
    this.#settings = settings
    const secure = settings.url.startsWith('https:')
    const options = { keepAlive: true, maxSockets: SOCKETS }
    this.#agent = secure
      ? new SecureAgent({ ...options, ...(settings.ca === undefined ? {} : { ca: settings.ca }) })
      : new PlainAgent(options)
    this.#headers = { accept: 'application/vnd.schemaregistry.v1+json, application/json' }
    if (settings.user !== undefined) {
      const login = Buffer.from(`${settings.user}:${settings.password ?? ''}`, 'utf8').toString('base64')
      this.#headers.authorization = `Basic ${login}`
    }
  }

  /** @throws RequestFault */
  async ask(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<RegistryAnswer> {
    const bound = AbortSignal.timeout(this.#settings.timeoutMs)
    try {
      const response = await this.#send(method, path, body, bound)
      const text = await readBounded(response)
      return { status: response.statusCode ?? 0, body: parse(text, response) }
    } catch (error) {
      if (error instanceof RequestFault) throw error
      if (bound.aborted)
        throw new RequestFault(`no answer within ${this.#settings.timeoutMs} ms`, true, error)
      throw connectionFault(error as NodeJS.ErrnoException)
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #send(
    method: string,
    path: string,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8')
    const headers: Record<string, string | number> = { ...this.#headers }
    if (content !== undefined) {
      headers['content-type'] = 'application/vnd.schemaregistry.v1+json'
      headers['content-length'] = content.length
    }
    const url = `${this.#settings.url}${path}`
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: this.#agent, signal }
      const request: ClientRequest = url.startsWith('https:')
        ? secureRequest(url, options, resolve)
        : plainRequest(url, options, resolve)
      request.on('error', reject)
      request.end(content)
    })
  }
}

async function readBounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > ANSWER_LIMIT_BYTES) {
      response.destroy()
      throw new RequestFault(`the answer is longer than ${ANSWER_LIMIT_BYTES} bytes`, false)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Errors of a proxy in front come as HTML, with a status that tells enough; a success must be JSON. */
function parse(text: string, response: IncomingMessage): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const status = response.statusCode ?? 0
    if (status >= 300) return undefined
    const type = response.headers['content-type']?.split(';', 1)[0] ?? 'no content type'
    throw new RequestFault(`the answer is not JSON but ${printable(type)}, ${text.length} characters`, false)
  }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)
}

const CERTIFICATE_CODES =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO|HOSTNAME_MISMATCH)/

function connectionFault(error: NodeJS.ErrnoException): RequestFault {
  const code = error.code ?? 'no code'
  if (CERTIFICATE_CODES.test(code)) {
    return new RequestFault(`no secure connection could be made (${code})`, false, error)
  }
  return new RequestFault(`it cannot be reached (${code})`, true, error)
}

/**
 * The witness over HTTP: `POST /add-checkpoint`, on loopback unless told otherwise. It needs no login: what it cosigns is decided by
 * signatures and proofs. Depends on node:http.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBody, send } from '../../../pipeline/runtime/http-exchange.js'
import { listenOn, stopListening } from '../../../pipeline/runtime/http-listener.js'
import { MAX_REQUEST_BYTES } from './request.js'
import type { Witness } from './witness.js'

export interface WitnessServerOptions {
  /** Default: loopback. */
  readonly host?: string
  /** 0: any free port. */
  readonly port: number
  /** Told of every request that failed by our fault. */
  readonly onFailure?: (error: unknown) => void
}

const LOOPBACK = '127.0.0.1'
/** A body of some kilobytes that takes longer is none of ours. */
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 30_000
/** Logs keep one connection each. */
const MAX_CONNECTIONS = 256
const PLAIN = 'text/plain; charset=utf-8'

export class WitnessServer {
  readonly #server: Server
  readonly #witness: Witness
  readonly #onFailure: (error: unknown) => void

  private constructor(witness: Witness, onFailure: (error: unknown) => void) {
    this.#witness = witness
    this.#onFailure = onFailure
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** @throws WeirError WEIR_CONFIG when the address cannot be listened on */
  static async listen(witness: Witness, options: WitnessServerOptions): Promise<WitnessServer> {
    const { host = LOOPBACK, port, onFailure = () => undefined } = options
    const server = new WitnessServer(witness, onFailure)
    await listenOn(server.#server, { host, port, portName: 'port' })
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
      if (path !== '/add-checkpoint') return send(response, 404, PLAIN, 'there is /add-checkpoint\n')
      if (request.method !== 'POST') return send(response, 405, PLAIN, 'only POST is answered\n')
      const body = await readBody(request, MAX_REQUEST_BYTES)
      // What was not read would be taken for the next request.
      if (body === undefined) {
        response.setHeader('connection', 'close')
        return send(response, 413, PLAIN, `a request has at most ${MAX_REQUEST_BYTES} bytes\n`)
      }
      const { status, contentType, body: answer } = await this.#witness.addCheckpoint(body)
      send(response, status, contentType, answer)
    } catch (error) {
      this.#onFailure(error)
      if (!response.headersSent) send(response, 500, PLAIN, 'nothing was cosigned; try again\n')
    }
  }
}

/**
 * Status, health and metrics of an instance over HTTP, on loopback unless told otherwise. It only answers; it changes nothing.
 *
 *   GET /status   JSON        GET /metrics   Prometheus        GET /health   200 while it is a member of the group, else 503
 *
 * Depends on node:http.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { send } from '../http-exchange.js'
import { listenOn, stopListening } from '../http-listener.js'
import { InstanceMetrics } from './instance-metrics.js'
import type { InstanceStatus } from './instance-status.js'

export interface InstanceServerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly instanceId: string
  readonly status: () => InstanceStatus
  /** Whether the instance is well enough to be left alone. */
  readonly isHealthy: () => boolean
}

/** A request of a few bytes that takes longer than this is not one of ours. */
const REQUEST_TIMEOUT_MS = 5_000

export class InstanceServer {
  readonly #server: Server
  readonly #options: InstanceServerOptions
  readonly #metrics: InstanceMetrics

  private constructor(options: InstanceServerOptions) {
    this.#options = options
    this.#metrics = new InstanceMetrics(options.instanceId)
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => {
        response.statusCode = 500
        response.end()
      })
    })
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS
  }

  /** @throws WeirError WEIR_CONFIG when the address cannot be listened on */
  static async listen(options: InstanceServerOptions): Promise<InstanceServer> {
    const server = new InstanceServer(options)
    const { host, port } = options
    await listenOn(server.#server, { host, port, portName: 'status.port' })
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  stop(): Promise<void> {
    return stopListening(this.#server)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]
    if (request.method !== 'GET') send(response, 405, 'text/plain', 'only GET is answered\n')
    else if (path === '/status')
      send(response, 200, 'application/json', JSON.stringify(this.#options.status()))
    else if (path === '/health') {
      const isHealthy = this.#options.isHealthy()
      send(response, isHealthy ? 200 : 503, 'text/plain', isHealthy ? 'ok\n' : 'not a member of the group\n')
    } else if (path === '/metrics')
      send(response, 200, this.#metrics.contentType, await this.#metrics.text(this.#options.status()))
    else send(response, 404, 'text/plain', 'there is /status, /metrics and /health\n')
  }
}

/**
 * A server that answers as a test says: for the faults that a real schema registry cannot be made to have.
 * Depends on node:http.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { REGISTRY_DEFAULTS, type RegistrySettings } from '../../pipeline/runtime/registry/settings.js'

export interface RegistryServer {
  readonly url: string
  /** Method and path of each request so far. */
  readonly requests: string[]
  close(): Promise<void>
}

export type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void

export async function startRegistryServer(respond: Respond): Promise<RegistryServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => respond(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
  response.end(JSON.stringify(body))
}

export function settingsFor(url: string, changed: Partial<RegistrySettings> = {}): RegistrySettings {
  return { ...REGISTRY_DEFAULTS, register: true, url, attempts: 2, timeoutMs: 1_000, ...changed }
}

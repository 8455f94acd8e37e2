/** Bodies and answers of the small HTTP servers beside the runtime. Depends on node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The body, or undefined when it is too long: end the connection then, because the rest would be taken for the next request. */
export async function readBody(request: IncomingMessage, bytesMost: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > bytesMost) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}

/** A receiver of signed notifications that believes none which it has not verified. For tests only. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifyNotification } from '../../sinks/notifications/signature.js'

export interface WebhookReceiver {
  readonly url: string
  /** Of the notifications that came, in their order. */
  readonly ids: readonly string[]
  /** Public key of the sender, `whpk_...`; to be set before the first comes. */
  key: string
  close(): Promise<void>
}

export async function receiveWebhooks(): Promise<WebhookReceiver> {
  const ids: string[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    ids.push(verifyNotification(request.headers, Buffer.concat(parts), receiver.key).id)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ids,
    key: '',
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return receiver
}

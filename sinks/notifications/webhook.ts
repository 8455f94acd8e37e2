/**
 * Notifications by HTTPS POST, signed as Standard Webhooks has it.
 *
 * No redirect is followed, no more than the beginning of an answer is read, and private addresses are refused unless allowed. Depends on
 * node:https.
 */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { WeirError } from '../../pipeline/errors.js'
import { checkLiteral, guardedLookup } from './address-guard.js'
import { type Channel, DELIVERED, type Delivery, failed } from './delivery.js'
import type { Notification } from './notification.js'
import type { NotificationSigner } from './signature.js'

export interface WebhookOptions {
  readonly url: string
  readonly signer: NotificationSigner
  readonly allowPrivateAddresses: boolean
  /** Certificates of the authorities that vouch for the receiver; without it those that Node knows. */
  readonly ca?: string | undefined
  readonly timeoutMs?: number
  readonly nowMs: () => number
}

const TIMEOUT_MS = 10_000
/** Nothing in an answer is used but its status; so much is read that the connection need not be torn. */
const ANSWER_BYTES_MOST = 16 * 1024
/** A receiver may not put us off for longer. */
const RETRY_AFTER_MS_MOST = 300_000
/** These pass: timeouts, conflicts of deployments, too early, too many. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 409, 421, 423, 425, 429])

export class WebhookChannel implements Channel {
  readonly #options: WebhookOptions
  readonly #url: URL

  constructor(options: WebhookOptions) {
    this.#options = options
    this.#url = new URL(options.url)
  }

  async deliver(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    try {
      if (!this.#options.allowPrivateAddresses) checkLiteral(this.#url.hostname)
      return await this.#post(notification, signal)
    } catch (error) {
      return failed('unavailable', reasonOf(error))
    }
  }

  #post(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const { timeoutMs = TIMEOUT_MS } = this.#options
    return new Promise((resolve, reject) => {
      const request = this.#request(notification)
      // The timeout of a request is one of silence; a receiver that sends a byte now and then is bounded too.
      const timer = setTimeout(
        () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      )
      const stop = (): void => void request.destroy(new Error('stopped'))
      const settle = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
      }
      signal.addEventListener('abort', stop)
      // Not once: what comes after the first must not be without a handler.
      request.on('error', (error) => {
        settle()
        reject(error)
      })
      request.once('response', (response) => {
        drain(response, () => {
          settle()
          resolve(deliveryOf(response))
        })
      })
      request.end(notification.body)
      if (signal.aborted) stop()
    })
  }

  #request({ id, body }: Notification): ClientRequest {
    const { signer, allowPrivateAddresses, ca, nowMs } = this.#options
    const timestampSeconds = Math.floor(nowMs() / 1_000)
    const secure = this.#url.protocol === 'https:'
    const send = secure ? requestHttps : requestHttp
    return send(this.#url, {
      method: 'POST',
      // A connection of its own for each: what is sent seldom need not stay connected.
      agent: false,
      ...(allowPrivateAddresses ? {} : { lookup: guardedLookup }),
      ...(secure && ca !== undefined ? { ca } : {}),
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'weir-notify',
        'webhook-id': id,
        'webhook-timestamp': timestampSeconds,
        'webhook-signature': signer.sign(id, timestampSeconds, body),
      },
    })
  }
}

/** The status is known; whether the rest comes whole has no influence. */
function drain(response: IncomingMessage, done: () => void): void {
  let length = 0
  response.on('data', (part: Buffer) => {
    length += part.length
    if (length > ANSWER_BYTES_MOST) response.destroy()
  })
  response.on('error', () => undefined)
  response.once('close', done)
}

function deliveryOf(response: IncomingMessage): Delivery {
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return DELIVERED
  const reason = `it answers with status ${status}`
  if (status >= 400 && status < 500 && !PASSING_STATUS.has(status)) return failed('refused', reason)
  const seconds = /^\d{1,6}$/.test(response.headers['retry-after'] ?? '')
    ? Number(response.headers['retry-after'])
    : 0
  return failed('unavailable', reason, Math.min(seconds * 1_000, RETRY_AFTER_MS_MOST))
}

/** Messages of Node name hosts and codes; the path of a webhook may be its secret, and is in none of them. */
function reasonOf(error: unknown): string {
  if (error instanceof WeirError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined ? message : `it cannot be reached (${code})`
}

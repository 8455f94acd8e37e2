/**
 * Notifications by e-mail over SMTP: TLS from the first byte or by STARTTLS, and signed by DKIM where a key is given. Depends on nodemailer.
 */
import { createTransport } from 'nodemailer'
import { printable } from '../../pipeline/governance/printable.js'
import { type Channel, DELIVERED, type Delivery, failed } from './delivery.js'
import type { Notification } from './notification.js'

export interface EmailOptions {
  readonly host: string
  readonly port: number
  /** `none` is for a relay on this machine. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  readonly ca?: string | undefined
  readonly user?: string | undefined
  /** Read anew for each delivery, so that it can be changed. */
  readonly password?: (() => string) | undefined
  readonly from: string
  readonly to: readonly string[]
  readonly dkim?:
    | { readonly domainName: string; readonly keySelector: string; readonly privateKey: string }
    | undefined
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 20_000
const SUBJECT_CHARACTERS_MOST = 160
const REASON_CHARACTERS_MOST = 200

export class EmailChannel implements Channel {
  readonly #options: EmailOptions

  constructor(options: EmailOptions) {
    this.#options = options
  }

  async deliver(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const { from, to, timeoutMs = TIMEOUT_MS } = this.#options
    const { id, title, body } = notification
    let close = (): void => undefined
    try {
      const transport = this.#transport(timeoutMs)
      close = () => transport.close()
      const domain = /@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'weir.invalid'
      const sending = transport.sendMail({
        from,
        to: [...to],
        subject: printable(title, SUBJECT_CHARACTERS_MOST),
        text: textOf(title, body, id),
        // The same for every attempt: mail programs drop the second.
        messageId: `<${id}@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Weir-Notification': id },
      })
      await Promise.race([sending, ended(signal, timeoutMs)])
      return DELIVERED
    } catch (error) {
      return failureOf(error)
    } finally {
      close()
    }
  }

  /** A connection of its own for each: what is sent seldom need not stay connected. */
  #transport(timeoutMs: number) {
    const { host, port, tls, ca, user, password, dkim } = this.#options
    return createTransport({
      host,
      port,
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
      ...(user === undefined ? {} : { auth: { user, pass: password?.() ?? '' } }),
      ...(dkim === undefined ? {} : { dkim }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      logger: false,
      // Nothing in a message may make it read files or addresses.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
}

function ended(signal: AbortSignal, timeoutMs: number): Promise<never> {
  // A server that sends a line now and then is bounded too; both ends leave nothing behind.
  const bound = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return new Promise((_, reject) => {
    bound.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true })
  })
}

function textOf(title: string, body: string, id: string): string {
  const { data } = JSON.parse(body) as { data: Record<string, unknown> }
  const lines = Object.entries(data).map(([name, value]) => `${name}: ${printable(String(value), 2_000)}`)
  return [
    printable(title, 2_000),
    '',
    ...lines,
    '',
    `Notification ${id}; one that came again has the same id.`,
    '',
  ].join('\n')
}

/** What a server says for good about this sender, these receivers or this message; everything else is about the server. */
const ABOUT_THE_MESSAGE: ReadonlySet<string> = new Set(['EENVELOPE', 'EMESSAGE'])

function failureOf(error: unknown): Delivery {
  const {
    code = '',
    responseCode = 0,
    message,
  } = error as { code?: string; responseCode?: number; message: string }
  const refused = responseCode >= 500 && ABOUT_THE_MESSAGE.has(code)
  const status = responseCode === 0 ? '' : ` ${responseCode}`
  // Messages of nodemailer repeat what the server said, never the password.
  const reason = `${code}${status}: ${printable(message, REASON_CHARACTERS_MOST)}`
  return failed(refused ? 'refused' : 'unavailable', reason)
}

/** Makes the channels of the configured targets. Depends on the channels and key files. */
import { readFile } from 'node:fs/promises'
import { WeirError } from '../../pipeline/errors.js'
import { readKeyText, readSigningKey } from '../../pipeline/runtime/key-files.js'
import type { Channel, Target } from '../../sinks/notifications/delivery.js'
import { EmailChannel } from '../../sinks/notifications/email.js'
import { ed25519Signer, hmacSigner, type NotificationSigner } from '../../sinks/notifications/signature.js'
import { WebhookChannel } from '../../sinks/notifications/webhook.js'
import type { EmailSettings, TargetSettings, WebhookSettings } from './section.js'

/** @throws WeirError when a key cannot be used: told at the start, not at the first alert */
export function openTargets(settings: readonly TargetSettings[]): Promise<readonly Target[]> {
  return Promise.all(
    settings.map(async ({ name, rule, perMinute, channel }) => ({
      name,
      rule,
      perMinute,
      channel: channel.kind === 'webhook' ? await webhookOf(channel) : await emailOf(channel),
    })),
  )
}

async function webhookOf(settings: WebhookSettings): Promise<Channel> {
  const { url, allowPrivateAddresses, caFile } = settings
  const [signer, ca] = [await signerOf(settings), await certificatesOf(caFile)]
  return new WebhookChannel({ url, signer, allowPrivateAddresses, ca, nowMs: Date.now })
}

async function signerOf({ signingKeyFile, secret }: WebhookSettings): Promise<NotificationSigner> {
  if (signingKeyFile !== undefined) return ed25519Signer(await readSigningKey(signingKeyFile))
  return hmacSigner(secret?.() ?? '')
}

async function emailOf(settings: EmailSettings): Promise<Channel> {
  const { host, port, tls, caFile, user, password, from, to, dkim } = settings
  return new EmailChannel({
    host,
    port,
    tls,
    ca: await certificatesOf(caFile),
    user,
    password,
    from,
    to,
    ...(dkim === undefined
      ? {}
      : {
          dkim: {
            domainName: dkim.domain,
            keySelector: dkim.selector,
            privateKey: await readKeyText(dkim.keyFile),
          },
        }),
  })
}

async function certificatesOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new WeirError('WEIR_CONFIG', 'the certificates cannot be read', {
      place: file,
      remedy: 'give a file of certificates in PEM',
      cause,
    })
  }
}

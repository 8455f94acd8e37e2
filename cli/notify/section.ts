/**
 * The `notifications` section of the configuration: targets, with keys that are read when the command begins. Depends on the reader of sections.
 */
import type { YamlDocument } from '../../pipeline/governance/yaml-document.js'
import { isLoopback } from '../../pipeline/runtime/identity/bounded-fetch.js'
import type { SecretReader } from '../../pipeline/runtime/kafka/settings.js'
import type { AlertRule, Severity } from '../../sinks/notifications/notification.js'
import { type Near, Section } from '../section.js'

export interface NotificationSettings {
  readonly targets: readonly TargetSettings[]
}

export interface TargetSettings {
  readonly name: string
  readonly rule: AlertRule
  readonly perMinute: number
  readonly channel: WebhookSettings | EmailSettings
}

export interface WebhookSettings {
  readonly kind: 'webhook'
  readonly url: string
  readonly signingKeyFile: string | undefined
  readonly secret: SecretReader | undefined
  readonly caFile: string | undefined
  readonly allowPrivateAddresses: boolean
}

export interface EmailSettings {
  readonly kind: 'email'
  readonly host: string
  readonly port: number
  readonly tls: 'implicit' | 'starttls' | 'none'
  readonly caFile: string | undefined
  readonly user: string | undefined
  readonly password: SecretReader | undefined
  readonly from: string
  readonly to: readonly string[]
  readonly dkim: { readonly domain: string; readonly selector: string; readonly keyFile: string } | undefined
}

const SECTION = 'notifications'
const DEFAULT_PER_MINUTE = 60
const PORTS = { starttls: 587, implicit: 465, none: 25 } as const

/** What the file says of notifications; undefined where it says nothing. */
export function notificationSection(document: YamlDocument, near: Near): NotificationSettings | undefined {
  if (document.valueAt([SECTION]) === undefined) return undefined
  const sections = new Section(document, [SECTION], near).items('targets')
  const targets = sections.map(targetOf)
  for (const [at, { name }] of targets.entries())
    if (targets.findIndex((other) => other.name === name) !== at)
      throw sections[at]!.errorAt(['name'], `two targets are called ${name}`, 'give each a name of its own')
  return { targets }
}

function targetOf(section: Section): TargetSettings {
  const webhook = section.within('webhook')
  const email = section.within('email')
  if ((webhook === undefined) === (email === undefined))
    throw section.errorAt([], 'a target has one of webhook and email', 'keep one of them')
  return {
    name: section.value<string>('name') ?? '',
    rule: { leastSeverity: section.value<Severity>('severity') ?? 'WARNING', codes: section.list('codes') },
    perMinute: section.value<number>('perMinute') ?? DEFAULT_PER_MINUTE,
    channel: webhook === undefined ? emailOf(email!) : webhookOf(webhook),
  }
}

function webhookOf(section: Section): WebhookSettings {
  const url = section.value<string>('url') ?? ''
  const allowPrivateAddresses = section.value<boolean>('allowPrivateAddresses') ?? false
  if (!isAllowed(url, allowPrivateAddresses))
    throw section.errorAt(
      ['url'],
      'the address of the webhook is no https address without user and password',
      'give https://...; http is for this machine, with allowPrivateAddresses: true',
    )
  const signingKeyFile = section.file('signingKeyFile')
  const secret = section.secret('secret')
  if ((signingKeyFile === undefined) === (secret === undefined))
    throw section.errorAt(
      ['url'],
      'a webhook is signed by one key',
      'give signingKeyFile, or one of secretFile and secretEnv',
    )
  const caFile = section.file('caFile')
  return { kind: 'webhook', url, signingKeyFile, secret, caFile, allowPrivateAddresses }
}

function isAllowed(url: string, allowPrivateAddresses: boolean): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && allowPrivateAddresses && isLoopback(hostname))
}

function emailOf(section: Section): EmailSettings {
  const host = section.value<string>('host') ?? ''
  const tls = section.value<EmailSettings['tls']>('tls') ?? 'starttls'
  if (tls === 'none' && !isLoopback(host))
    throw section.errorAt(['tls'], 'mail without TLS leaves this machine', 'use starttls or implicit')
  const user = section.value<string>('user')
  const password = section.secret('password')
  if ((user === undefined) !== (password === undefined))
    throw section.errorAt(
      ['host'],
      'a mail server that asks for a login needs user and password',
      'give user, and one of passwordFile and passwordEnv, or none of them',
    )
  return {
    kind: 'email',
    host,
    port: section.value<number>('port') ?? PORTS[tls],
    tls,
    caFile: section.file('caFile'),
    user,
    password,
    from: section.value<string>('from') ?? '',
    to: section.list('to'),
    dkim: dkimOf(section.within('dkim')),
  }
}

function dkimOf(section: Section | undefined): EmailSettings['dkim'] {
  if (section === undefined) return undefined
  return {
    domain: section.value<string>('domain') ?? '',
    selector: section.value<string>('selector') ?? '',
    keyFile: section.file('keyFile') ?? '',
  }
}

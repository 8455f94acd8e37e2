/** The `identity` section of the configuration. Depends on the reader of sections. */
import type { YamlDocument } from '../../pipeline/governance/yaml-document.js'
import { isSafeAddress } from '../../pipeline/runtime/identity/bounded-fetch.js'
import type { TokenAlgorithm } from '../../pipeline/runtime/identity/oidc-verifier.js'
import type { SecretReader } from '../../pipeline/runtime/kafka/settings.js'
import { type Near, Section } from '../section.js'

export interface IdentitySettings {
  readonly issuer?: string | undefined
  readonly clientId?: string | undefined
  readonly clientSecret?: SecretReader | undefined
  readonly algorithms?: readonly TokenAlgorithm[] | undefined
  readonly clockToleranceSeconds?: number | undefined
  readonly authorityUrl?: string | undefined
  readonly authorityKey?: string | undefined
  readonly authority?: AuthoritySection | undefined
}

export interface AuthoritySection {
  readonly name: string
  readonly keyFile: string
  readonly host: string | undefined
  readonly port: number
  readonly lifetimeMinutes: number
}

const SECTION = 'identity'
const DEFAULT_PORT = 9480
/** A working day. */
const DEFAULT_LIFETIME_MINUTES = 480

/** What the file says of identities; undefined where it says nothing. */
export function identitySection(document: YamlDocument, near: Near): IdentitySettings | undefined {
  if (document.valueAt([SECTION]) === undefined) return undefined
  const section = new Section(document, [SECTION], near)
  const algorithms = section.list('algorithms') as readonly TokenAlgorithm[]
  return {
    issuer: addressOf(section, 'issuer'),
    clientId: section.value('clientId'),
    clientSecret: section.secret('clientSecret'),
    algorithms: algorithms.length === 0 ? undefined : algorithms,
    clockToleranceSeconds: section.value('clockToleranceSeconds'),
    authorityUrl: addressOf(section, 'authorityUrl'),
    authorityKey: section.value('authorityKey'),
    authority: authorityOf(section.within('authority')),
  }
}

/** Tokens go over it, so it is TLS, or stays on this machine. */
function addressOf(section: Section, key: string): string | undefined {
  const address = section.value<string>(key)
  if (address === undefined || isSafeAddress(address)) return address
  throw section.errorAt(
    [key],
    `identity.${key} is no https address without user and password`,
    'give https://...; http is for a server on this machine only',
  )
}

function authorityOf(section: Section | undefined): AuthoritySection | undefined {
  if (section === undefined) return undefined
  return {
    name: section.value<string>('name') ?? '',
    keyFile: section.file('keyFile') ?? '',
    host: section.value('host'),
    port: section.value<number>('port') ?? DEFAULT_PORT,
    lifetimeMinutes: section.value<number>('lifetimeMinutes') ?? DEFAULT_LIFETIME_MINUTES,
  }
}

/**
 * How a schema registry is reached. Depends on `WeirError` and node:fs.
 *
 * The password is in memory only: no text that leaves these modules holds it, nor an address with a user in it.
 */
import { readFileSync } from 'node:fs'
import { WeirError } from '../../errors.js'

export const COMPATIBILITY_LEVELS = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
  'NONE',
] as const

export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number]

export interface RegistrySettings {
  /** Base address of the Confluent-compatible interface, without user and password. */
  readonly url: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Certificates in PEM that the registry's own is checked against, instead of the system's. */
  readonly ca?: string | undefined
  /** Whether schemas that the registry does not know may be registered; else they are looked up only. */
  readonly register: boolean
  /** Level that the subjects of Weir's topics should have. */
  readonly compatibility: CompatibilityLevel
  /** Most time of one request, milliseconds. */
  readonly timeoutMs: number
  /** Most attempts of one request that fails for a reason that may pass. */
  readonly attempts: number
}

export const REGISTRY_DEFAULTS = {
  register: false,
  compatibility: 'BACKWARD',
  // Registries answer within milliseconds; one that takes longer is being started or is overloaded.
  timeoutMs: 10_000,
  // With the pauses between them about two seconds: a restart behind a proxy, not an outage.
  attempts: 4,
} as const satisfies Partial<RegistrySettings>

/** What the configuration says of a registry, its secret still a reader. */
export interface ConfiguredRegistry {
  readonly url: string
  readonly user?: string | undefined
  readonly password?: (() => string) | undefined
  readonly caFile?: string | undefined
  readonly register: boolean
  readonly compatibility?: CompatibilityLevel | undefined
}

/** Reads the secret and the certificates. @throws WeirError WEIR_CONFIG */
export function registrySettings(configured: ConfiguredRegistry): RegistrySettings {
  const { user, password, caFile, register, compatibility } = configured
  return {
    ...REGISTRY_DEFAULTS,
    url: parseRegistryUrl(configured.url, 'kafka.registry.url', 'WEIR_CONFIG'),
    user,
    password: password?.(),
    ca: caFile === undefined ? undefined : readCertificates(caFile),
    register,
    compatibility: compatibility ?? REGISTRY_DEFAULTS.compatibility,
  }
}

/** Checks an address. @throws WeirError `code` at `place` */
export function parseRegistryUrl(text: string, place: string, code: 'WEIR_USAGE' | 'WEIR_CONFIG'): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new WeirError(code, 'this is not an http or https address', {
      place,
      remedy: 'give the base address of the registry, such as http://registry:8081',
    })
  }
  // The text is not shown: it holds a password.
  if (url.username !== '' || url.password !== '') {
    throw new WeirError(code, 'the address holds a user or a password', {
      place,
      remedy:
        'give them by kafka.registry.user and kafka.registry.passwordFile or kafka.registry.passwordEnv of the configuration',
    })
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** Reads a file of certificates. @throws WeirError WEIR_CONFIG */
function readCertificates(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new WeirError('WEIR_CONFIG', `it cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
      place: file,
      remedy: 'give the path of a PEM file with the certificates of the authority',
      cause,
    })
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new WeirError('WEIR_CONFIG', 'it holds no certificate', {
    place: file,
    remedy: 'give a PEM file with the certificates of the authority',
  })
}

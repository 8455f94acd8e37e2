/**
 * A thin client of the REST interface that Confluent's registry defines and others offer too (Apicurio, Redpanda, Karapace).
 *
 * Requests are tried again a bounded number of times when the cause may pass. An answer is used only when it has the shape that the
 * interface defines. Failures are WEIR_REGISTRY with the request's address and the way out. Depends on `http.ts`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { WeirError } from '../../errors.js'
import { type RegistryAnswer, RegistryHttp, RequestFault } from './http.js'
import { COMPATIBILITY_LEVELS, type CompatibilityLevel, type RegistrySettings } from './settings.js'

/** A named schema that another one uses. */
export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

export interface RegisteredSchema {
  readonly schemaJson: string
  readonly references: readonly SchemaReference[]
}

export interface Compatibility {
  readonly compatible: boolean
  /** The registry's own words; empty when it gives none. */
  readonly reasons: readonly string[]
}

/** Error codes of the interface, beside which the HTTP status is too coarse. */
const SUBJECT_NOT_FOUND = 40401
const VERSION_NOT_FOUND = 40402
const SCHEMA_NOT_FOUND = 40403
const SUBJECT_LEVEL_NOT_FOUND = 40408

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 2_000

/** Reasons of an incompatibility that are told; the rest is counted. */
const REASONS_AT_MOST = 5
const REASON_LENGTH = 300

interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: object
}

export class RegistryClient {
  readonly url: string
  readonly #http: RegistryHttp
  readonly #attempts: number

  constructor(settings: RegistrySettings) {
    this.url = settings.url
    this.#http = new RegistryHttp(settings)
    this.#attempts = settings.attempts
  }

  /** The schema of an id; undefined when the registry does not know it. */
  async schemaById(id: number): Promise<RegisteredSchema | undefined> {
    return this.#schema({ method: 'GET', path: `/schemas/ids/${id}` }, [SCHEMA_NOT_FOUND])
  }

  /** A version of a subject; undefined when there is no such. */
  async schemaOf(subject: string, version: number): Promise<RegisteredSchema | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    return this.#schema({ method: 'GET', path }, [SUBJECT_NOT_FOUND, VERSION_NOT_FOUND])
  }

  /** Whether the subject has a version. */
  async exists(subject: string): Promise<boolean> {
    const ask: Ask = { method: 'GET', path: `/subjects/${encodeURIComponent(subject)}/versions` }
    const answer = await this.#ask(ask)
    if (isMissing(answer, [SUBJECT_NOT_FOUND])) return false
    if (Array.isArray(answer.body) && answer.status === 200) return answer.body.length > 0
    if (answer.status === 200) throw this.#nonsense(ask, 'it is no list of versions')
    throw this.#refused(ask, answer.status, answer.body)
  }

  /** Id of a schema that is registered under the subject; undefined when it is not. */
  async lookUp(subject: string, schemaJson: string): Promise<number | undefined> {
    const ask: Ask = {
      method: 'POST',
      path: `/subjects/${encodeURIComponent(subject)}`,
      body: avro(schemaJson),
    }
    const answer = await this.#ask(ask)
    if (isMissing(answer, [SUBJECT_NOT_FOUND, SCHEMA_NOT_FOUND])) return undefined
    return this.#id(ask, answer)
  }

  /** Registers a schema, and gives its id. The same schema again gives the same id. */
  async register(subject: string, schemaJson: string): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const ask: Ask = { method: 'POST', path, body: avro(schemaJson) }
    const answer = await this.#ask(ask)
    if (answer.status === 409) throw incompatible(this.#place(ask), subject, reasonsOf(answer.body))
    return this.#id(ask, answer)
  }

  /** Whether a schema may follow the subject's latest; a subject without versions takes any. */
  async compatibility(subject: string, schemaJson: string): Promise<Compatibility> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`
    const ask: Ask = { method: 'POST', path, body: avro(schemaJson) }
    const answer = await this.#ask(ask)
    if (isMissing(answer, [SUBJECT_NOT_FOUND, VERSION_NOT_FOUND])) return { compatible: true, reasons: [] }
    const { is_compatible: compatible, messages, reason } = this.#success(ask, answer)
    if (typeof compatible !== 'boolean') throw this.#nonsense(ask, 'is_compatible is no boolean')
    // Confluent's name for them and Apicurio's.
    return { compatible, reasons: [...texts(messages), ...texts([reason])] }
  }

  /** The level of a subject, or that of the registry where the subject has none of its own. */
  async levelOf(subject: string): Promise<CompatibilityLevel> {
    const own: Ask = { method: 'GET', path: `/config/${encodeURIComponent(subject)}` }
    const answer = await this.#ask(own)
    if (!isMissing(answer, [SUBJECT_NOT_FOUND, SUBJECT_LEVEL_NOT_FOUND])) return this.#level(own, answer)
    const common: Ask = { method: 'GET', path: '/config' }
    return this.#level(common, await this.#ask(common))
  }

  async setLevel(subject: string, level: CompatibilityLevel): Promise<void> {
    const path = `/config/${encodeURIComponent(subject)}`
    const ask: Ask = { method: 'PUT', path, body: { compatibility: level } }
    this.#success(ask, await this.#ask(ask))
  }

  close(): void {
    this.#http.close()
  }

  async #schema(ask: Ask, missing: readonly number[]): Promise<RegisteredSchema | undefined> {
    const answer = await this.#ask(ask)
    if (isMissing(answer, missing)) return undefined
    const { schema, schemaType = 'AVRO', references = [] } = this.#success(ask, answer)
    if (schemaType !== 'AVRO') {
      throw new WeirError(
        'WEIR_SCHEMA',
        `the schema is of type ${String(schemaType).slice(0, 20)}, not AVRO`,
        {
          place: this.#place(ask),
          remedy: 'write records in Avro',
        },
      )
    }
    if (typeof schema !== 'string') throw this.#nonsense(ask, 'schema is no text')
    if (!Array.isArray(references) || !references.every(isReference)) {
      throw this.#nonsense(ask, 'references is no list of name, subject and version')
    }
    return { schemaJson: schema, references }
  }

  #id(ask: Ask, answer: RegistryAnswer): number {
    const { id } = this.#success(ask, answer)
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id
    throw this.#nonsense(ask, 'id is no schema id')
  }

  #level(ask: Ask, answer: RegistryAnswer): CompatibilityLevel {
    const body = this.#success(ask, answer)
    const level = body.compatibilityLevel ?? body.compatibility
    const known = COMPATIBILITY_LEVELS.find((candidate) => candidate === level)
    if (known === undefined) throw this.#nonsense(ask, 'compatibilityLevel is none of the levels')
    return known
  }

  #success(ask: Ask, { status, body }: RegistryAnswer): Record<string, unknown> {
    if (status < 200 || status >= 300) throw this.#refused(ask, status, body)
    if (body !== null && typeof body === 'object' && !Array.isArray(body))
      return body as Record<string, unknown>
    throw this.#nonsense(ask, 'it is no JSON object')
  }

  async #ask(ask: Ask): Promise<RegistryAnswer> {
    let pauseMs = FIRST_PAUSE_MS
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#http.ask(ask.method, ask.path, ask.body)
        const passing = answer.status >= 500 || answer.status === 429
        if (!passing || attempt >= this.#attempts) return answer
      } catch (error) {
        if (!(error instanceof RequestFault)) throw error
        if (!error.passing || attempt >= this.#attempts) throw this.#unreachable(ask, error, attempt)
      }
      await pause(pauseMs)
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    }
  }

  #unreachable(ask: Ask, fault: RequestFault, attempts: number): WeirError {
    const tried = attempts > 1 ? `, ${attempts} attempts` : ''
    return new WeirError('WEIR_REGISTRY', `the schema registry: ${fault.message}${tried}`, {
      place: this.#place(ask),
      remedy:
        'check kafka.registry.url and kafka.registry.caFile, and that a Confluent-compatible registry runs there',
      retry: fault.passing ? 'backoff' : 'never',
      cause: fault,
    })
  }

  #refused(ask: Ask, status: number, body: unknown): WeirError {
    const passing = status >= 500 || status === 429
    const words = status === 401 || status === 403 ? '' : wordsOf(body)
    return new WeirError('WEIR_REGISTRY', `the schema registry refused with status ${status}${words}`, {
      place: this.#place(ask),
      remedy: remedyOf(status),
      retry: passing ? 'backoff' : 'never',
    })
  }

  #nonsense(ask: Ask, what: string): WeirError {
    return new WeirError('WEIR_REGISTRY', `the answer is not that of a schema registry: ${what}`, {
      place: this.#place(ask),
      remedy: 'check kafka.registry.url: it ends where /subjects and /schemas begin',
    })
  }

  #place({ path }: Ask): string {
    return `${this.url}${path.split('?', 1)[0]}`
  }
}

/** A schema that may not follow the subject's latest one. */
export function incompatible(place: string, subject: string, reasons: readonly string[]): WeirError {
  const told = reasons.slice(0, REASONS_AT_MOST).map((reason) => oneLine(reason))
  const rest = reasons.length > told.length ? `; and ${reasons.length - told.length} more` : ''
  const words = told.length === 0 ? 'the registry gives no reason' : `${told.join('; ')}${rest}`
  return new WeirError(
    'WEIR_REGISTRY',
    `the schema is not compatible with the latest of ${subject}: ${words}`,
    {
      place,
      remedy:
        "change the schema so that it is, or write to another topic; the level is the subject's in the registry",
    },
  )
}

function remedyOf(status: number): string {
  if (status === 401) return 'check kafka.registry.user and the password that the configuration names'
  if (status === 403) return "this user lacks the right: see the registry's access rules"
  if (status >= 300 && status < 400) return 'give the address that it redirects to as kafka.registry.url'
  if (status === 404) return 'check kafka.registry.url: it ends where /subjects and /schemas begin'
  if (status === 422) return 'the registry does not accept this schema: see its log'
  return "see the registry's log"
}

function avro(schemaJson: string): object {
  return { schema: schemaJson, schemaType: 'AVRO' }
}

/** A 404 of the interface, and not of another server. */
function isMissing({ status, body }: RegistryAnswer, codes: readonly number[]): boolean {
  if (status !== 404 || body === null || typeof body !== 'object') return false
  return codes.includes(Number((body as { error_code?: unknown }).error_code))
}

function isReference(value: unknown): value is SchemaReference {
  if (value === null || typeof value !== 'object') return false
  const { name, subject, version } = value as Record<string, unknown>
  return typeof name === 'string' && typeof subject === 'string' && Number.isInteger(version)
}

function wordsOf(body: unknown): string {
  const message = (body as { message?: unknown } | null | undefined)?.message
  return typeof message === 'string' && message !== '' ? `: ${oneLine(message)}` : ''
}

function reasonsOf(body: unknown): string[] {
  const message = (body as { message?: unknown } | null | undefined)?.message
  return typeof message === 'string' && message !== '' ? [message] : []
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > REASON_LENGTH ? `${line.slice(0, REASON_LENGTH)}…` : line
}

/**
 * Reads members of a bundle, each by what it must be. Members that nobody asks for are found by the comparison with what would be
 * written. Depends on the log's text forms.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { base64Of, hashOf } from '../log/text.js'

export function malformed(what: string, place: string, cause?: unknown): WeirError {
  return new WeirError('WEIR_AUDIT', `the bundle cannot be read: ${what}`, {
    place,
    remedy: 'export it again: weir audit export DECISION --out FILE',
    ...(cause === undefined ? {} : { cause }),
  })
}

export class BundleFields {
  readonly #place: string
  readonly #members: ReadonlyMap<string, unknown>

  private constructor(value: unknown, place: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed('it is no object', place)
    this.#place = place
    this.#members = new Map(Object.entries(value))
  }

  static parse(text: string, place: string): BundleFields {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      throw malformed('it is no JSON', place, cause)
    }
    return new BundleFields(value, place)
  }

  isNull(name: string): boolean {
    return this.#members.get(name) === null
  }

  object(name: string): BundleFields {
    return new BundleFields(this.#members.get(name), this.#at(name))
  }

  objects(name: string, most: number): BundleFields[] {
    return this.#list(name, most).map((value, at) => new BundleFields(value, `${this.#at(name)} ${at}`))
  }

  text(name: string): string {
    const value = this.#members.get(name)
    if (typeof value === 'string') return value
    throw malformed('it is no text', this.#at(name))
  }

  hex(name: string, digits: number): string {
    const text = this.text(name)
    if (text.length === digits && /^[0-9a-f]*$/.test(text)) return text
    throw malformed(`it has not ${digits} hexadecimal digits`, this.#at(name))
  }

  /** A number of a leaf. */
  index(name: string): number {
    const value = this.#members.get(name)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw malformed('it is no number of a leaf', this.#at(name))
  }

  blob(name: string): Uint8Array {
    return this.#bytes(this.#members.get(name), name)
  }

  blobs(name: string, most: number): Uint8Array[] {
    return this.#list(name, most).map((value) => this.#bytes(value, name))
  }

  hashes(name: string, most: number): Uint8Array[] {
    return this.#list(name, most).map((value) => {
      const hash = typeof value === 'string' ? hashOf(value) : undefined
      if (hash === undefined) throw malformed('it holds what is no hash in base64', this.#at(name))
      return hash
    })
  }

  #list(name: string, most: number): readonly unknown[] {
    const value = this.#members.get(name)
    if (Array.isArray(value) && value.length <= most) return value
    throw malformed(`it is no list of at most ${most}`, this.#at(name))
  }

  #bytes(value: unknown, name: string): Uint8Array {
    const bytes = typeof value === 'string' ? base64Of(value) : undefined
    if (bytes === undefined) throw malformed('it is no base64', this.#at(name))
    return bytes
  }

  #at(name: string): string {
    return `${this.#place}, ${name}`
  }
}

/**
 * Reads members of a certificate document, each by what it must be. Depends on pipeline/errors.ts, hex-doubles.ts.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { doublesOfHex } from './hex-doubles.js'

/** Throws `WEIR_INPUT`. */
export function refuse(place: string, message: string): never {
  throw new WeirError('WEIR_INPUT', `${place === '' ? 'the document' : place} ${message}`, {
    place: 'exact certificate',
    remedy: 'use the file as Weir wrote it',
  })
}

export class Fields {
  readonly #path: string
  readonly #members: ReadonlyMap<string, unknown>

  private constructor(path: string, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'is no object')
    this.#path = path
    this.#members = new Map(Object.entries(value))
  }

  static parse(text: string): Fields {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      refuse('', 'is no JSON')
    }
    return new Fields('', value)
  }

  object(name: string): Fields {
    return new Fields(this.#place(name), this.#members.get(name))
  }

  text(name: string): string {
    const value = this.#members.get(name)
    if (typeof value !== 'string') refuse(this.#place(name), 'is no string')
    // Half a surrogate pair, written as an escape, has no canonical text.
    return /^[ -~]*$/.test(value) ? value : refuse(this.#place(name), 'is not ASCII')
  }

  /** A whole number from 0 to 2^31 - 1, in decimal digits. */
  whole(name: string): number {
    return this.#wholeOf(name, this.text(name))
  }

  wholes(name: string): Int32Array {
    const text = this.text(name)
    return text === ''
      ? new Int32Array(0)
      : Int32Array.from(text.split(' '), (part) => this.#wholeOf(name, part))
  }

  /** One decimal digit each. */
  digits(name: string, count: number): Uint8Array {
    const text = this.text(name)
    if (text.length !== count || !/^[0-9]*$/.test(text))
      refuse(this.#place(name), `is not of ${count} digits`)
    return Uint8Array.from(text, Number)
  }

  doubles(name: string, count: number): Float64Array {
    const values = doublesOfHex(this.text(name))
    if (values === undefined || values.length !== count)
      refuse(this.#place(name), `is not of ${count} doubles`)
    return values
  }

  #wholeOf(name: string, text: string): number {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
    return value < 2 ** 31 ? value : refuse(this.#place(name), 'is no whole number')
  }

  #place(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }
}

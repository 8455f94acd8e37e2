/**
 * A section of the configuration: values, paths and secrets of a map, every mistake told at its line.
 *
 * A secret is a reference to a file or an environment variable. It is looked at here, so that a missing one is told at once, and read
 * again whenever it is needed. Depends on the YAML reader.
 */
import { readFileSync } from 'node:fs'
import { WeirError } from '../pipeline/errors.js'
import type { YamlDocument } from '../pipeline/governance/yaml-document.js'
import type { SecretReader } from '../pipeline/runtime/kafka/settings.js'

type Path = readonly (string | number)[]

/** Makes a path of the file absolute. */
export type Near = (path: string) => string

/** A map of the document, and where it is. */
export class Section {
  readonly #document: YamlDocument
  readonly #path: Path
  readonly #near: Near

  constructor(document: YamlDocument, path: Path, near: Near) {
    this.#document = document
    this.#path = path
    this.#near = near
  }

  value<T>(...path: string[]): T | undefined {
    return this.#document.valueAt([...this.#path, ...path]) as T | undefined
  }

  /** Items of a list, or of one text with commas. */
  list(key: string): readonly string[] {
    const text = this.value(key)
    if (typeof text === 'string') return text.split(',')
    const length = this.#document.lengthAt([...this.#path, key])
    return Array.from({ length }, (_, at) => this.#document.stringAt([...this.#path, key, at]))
  }

  keys(key: string): readonly string[] {
    return this.#document.keysAt([...this.#path, key])
  }

  file(key: string): string | undefined {
    const path = this.value<string>(key)
    return path === undefined ? undefined : this.#near(path)
  }

  within(key: string): Section | undefined {
    const path = [...this.#path, key]
    return this.#document.valueAt(path) === undefined
      ? undefined
      : new Section(this.#document, path, this.#near)
  }

  /** The maps of a list. */
  items(key: string): readonly Section[] {
    const length = this.#document.lengthAt([...this.#path, key])
    return Array.from(
      { length },
      (_, at) => new Section(this.#document, [...this.#path, key, at], this.#near),
    )
  }

  errorAt(path: Path, message: string, remedy: string): WeirError {
    return this.#document.errorAt([...this.#path, ...path], message, remedy)
  }

  /** The secret of the keys `NAMEFile` and `NAMEEnv`; undefined without either. */
  secret(name: string): SecretReader | undefined {
    const file = this.file(`${name}File`)
    const variable = this.value<string>(`${name}Env`)
    if (file !== undefined && variable !== undefined)
      throw this.errorAt([`${name}Env`], `${name}File and ${name}Env exclude each other`, 'keep one of them')
    if (file !== undefined) return this.#checked(`${name}File`, () => secretOfFile(file))
    if (variable !== undefined) return this.#checked(`${name}Env`, () => secretOfVariable(variable))
    return undefined
  }

  #checked(key: string, read: SecretReader): SecretReader {
    try {
      read()
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      throw this.errorAt([key], error.message, error.remedy ?? '')
    }
    return read
  }
}

function secretOfFile(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : 'it cannot be read'
    throw new WeirError('WEIR_CONFIG', `${file}: ${reason}`, {
      place: file,
      remedy: 'write the secret into the file',
    })
  }
  // Editors end a file with a line break, which no secret does.
  return text.replace(/\r?\n$/, '')
}

function secretOfVariable(variable: string): string {
  const value = process.env[variable]
  if (value !== undefined) return value
  throw new WeirError('WEIR_CONFIG', `environment variable ${variable} is not set`, {
    place: variable,
    remedy: 'set it',
  })
}

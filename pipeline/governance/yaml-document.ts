/**
 * From YAML text to a tree that fits a JSON Schema, with every mistake at its line and column.
 *
 * Policies and the configuration are read with it. A document may come from outside, also as a record of a stream,
 * so the text is bounded in size, aliases and tags are refused, and nothing but the kind's error is thrown.
 * Pure; depends on `yaml` and `ajv`.
 */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { type ErrorCode, WeirError } from '../errors.js'
import { nearestKey } from './nearest-key.js'
import { codePoint, printable } from './printable.js'

/** What sort of document it is: how it is called in messages, its bound and its schema. */
export interface DocumentKind {
  readonly code: ErrorCode
  /** `policy`, `configuration`. */
  readonly noun: string
  /** Page that explains every key, such as `docs/policy.md`. */
  readonly documentation: string
  readonly maximumBytes: number
  /** What to do about a text larger than that. */
  readonly whenTooLarge: string
  /** Compiled with `allErrors` and `verbose`. */
  readonly validator: () => ValidateFunction
  /** Better words for a wrong value than the schema's own: message and remedy. */
  readonly explain?: (
    path: readonly (string | number)[],
    value: unknown,
  ) => readonly [string, string] | undefined
}

/** Characters that YAML 1.2 does not allow (its `c-printable` has all others). */
const NOT_YAML = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** Messages quote the document, which may come from anywhere. */
const MESSAGE_LENGTH = 240

type Path = readonly (string | number)[]

/** A text that fits its JSON Schema. Numbers are read by `numberAt`, exact amounts by `decimalAt`. */
export class YamlDocument {
  readonly #kind: DocumentKind
  readonly #document: Document
  readonly #lines = new LineCounter()
  readonly #file: string
  readonly #text: string

  /** Reads and checks `text`; `file` is shown in errors. Throws the kind's error. */
  constructor(text: string, file: string, kind: DocumentKind) {
    this.#kind = kind
    this.#file = file
    this.#text = text
    if (Buffer.byteLength(text) > kind.maximumBytes) {
      const limit = `${kind.maximumBytes / 1024} KiB`
      throw this.#error(`the ${kind.noun} is larger than ${limit}`, kind.whenTooLarge, 0)
    }
    this.#refuseBinary(text)
    this.#document = this.#parse(text)
    this.#refuseUnsafe()
    this.#checkSchema()
  }

  /** Plain value of a place that the schema knows; undefined when it is left out. */
  valueAt(path: Path): unknown {
    return this.#document.getIn(path)
  }

  hasAt(path: Path): boolean {
    return this.#document.hasIn(path)
  }

  /** Number of items of a list, 0 when it is left out. */
  lengthAt(path: Path): number {
    const node = this.#document.getIn(path, true) as { items?: unknown[] } | undefined
    return node?.items?.length ?? 0
  }

  /** Keys of a map, in their order; none when it is left out. */
  keysAt(path: Path): readonly string[] {
    const node = this.#document.getIn(path, true)
    return isMap(node) ? node.items.map(({ key }) => String(key)) : []
  }

  stringAt(path: Path): string {
    return String(this.valueAt(path))
  }

  numberAt(path: Path, otherwise?: number): number {
    return Number(this.valueAt(path) ?? otherwise)
  }

  /** Decimal text of an amount as its digits were written, without grouping underscores. */
  decimalAt(path: Path): string {
    const node = this.#document.getIn(path, true)
    const text = isScalar(node) ? (node.source ?? String(node.value)).replaceAll('_', '') : ''
    if (/^[0-9]+(\.[0-9]+)?$/.test(text)) return text
    throw this.errorAt(
      path,
      `${showPath(path)} is not an amount`,
      'write plain digits: 2500000 or 2500000.50',
    )
  }

  /** An error placed at the value of `path`, or at its nearest parent that exists. */
  errorAt(path: Path, message: string, remedy: string): WeirError {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range != null) return this.#error(message, remedy, node.range[0])
    }
    return this.#error(message, remedy, 0)
  }

  /**
   * An error placed at character `offset` of the text that `path` holds. Where escapes or folding make text and document
   * differ, the place is where the text begins and the message tells the character.
   */
  errorInText(path: Path, offset: number, message: string, remedy: string): WeirError {
    const node = this.#document.getIn(path, true)
    const begin = isScalar(node) ? node.range?.[0] : undefined
    if (!isScalar(node) || begin === undefined || offset === 0) return this.errorAt(path, message, remedy)
    const at = this.#offsetInDocument(String(node.value), begin, offset)
    if (at !== undefined) return this.#error(message, remedy, at)
    return this.errorAt(path, `character ${offset + 1}: ${message}`, remedy)
  }

  /** Plain or quoted on one line, or a literal block whose lines are the text's own. */
  #offsetInDocument(value: string, begin: number, offset: number): number | undefined {
    for (const quote of [0, 1]) {
      if (this.#text.startsWith(value.trimEnd(), begin + quote)) return begin + quote + offset
    }
    if (this.#text[begin] !== '|') return undefined
    const before = value.slice(0, offset).split('\n')
    let lineStart = begin
    for (let line = 0; line < before.length; line++) lineStart = this.#text.indexOf('\n', lineStart) + 1
    const lineEnd = this.#text.indexOf('\n', lineStart)
    const line = this.#text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd)
    const own = value.split('\n')[before.length - 1]
    if (!line.endsWith(own)) return undefined
    return lineStart + line.length - own.length + before[before.length - 1].length
  }

  /** The parser would take a file that is no text at all for one long string, and the mistake for its type. */
  #refuseBinary(text: string): void {
    const offset = text.search(NOT_YAML)
    if (offset < 0) return
    this.#lines.addNewLine(0)
    for (let end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', end + 1))
      this.#lines.addNewLine(end + 1)
    const message = `the ${this.#kind.noun} holds ${codePoint(text.slice(offset))}, so it is no text`
    throw this.#error(message, 'write YAML in UTF-8, without control characters', offset)
  }

  get #follow(): string {
    return `follow ${this.#kind.documentation}`
  }

  #parse(text: string): Document {
    let document: Document
    try {
      document = parseDocument(text, { lineCounter: this.#lines, schema: 'core', prettyErrors: false })
    } catch (cause) {
      // The parser recurses: thousands of nested brackets exhaust the stack and end here.
      if (!(cause instanceof RangeError)) throw cause
      throw this.#error(`the ${this.#kind.noun} is nested too deeply`, this.#follow, 0)
    }
    const fault = document.errors[0] ?? document.warnings[0]
    if (fault !== undefined) throw this.#error(firstLine(fault.message), 'correct the YAML', fault.pos[0])
    return document
  }

  /** Aliases can make a small text expand without bound; nobody needs one here. Keys must be plain strings. */
  #refuseUnsafe(): void {
    visit(this.#document, {
      Alias: (_, node) => {
        throw this.#error(
          `alias '*${node.source}' is not allowed`,
          'write the value out',
          node.range?.[0] ?? 0,
        )
      },
      Pair: (_, pair) => {
        if (isAlias(pair.key) || (isScalar(pair.key) && typeof pair.key.value === 'string')) return
        const offset = isNode(pair.key) ? pair.key.range?.[0] : undefined
        throw this.#error('a key is not a plain word', this.#follow, offset ?? 0)
      },
    })
  }

  #checkSchema(): void {
    const validate = this.#kind.validator()
    if (validate(this.#document.toJS({ maxAliasCount: 0 })) === true) return
    const errors = validate.errors ?? []
    // A mistyped key is both unknown and missing: the unknown one is what the reader has to change.
    const error = errors.find((one) => one.keyword === 'additionalProperties') ?? errors[0]
    throw this.#schemaError(error)
  }

  #schemaError(error: ErrorObject): WeirError {
    const path = this.#pathOf(error.instancePath)
    const name = path.length === 0 ? `the ${this.#kind.noun}` : showPath(path)
    if (error.keyword === 'additionalProperties') {
      const key = String(error.params.additionalProperty)
      const known = Object.keys((error.parentSchema?.properties ?? {}) as object)
      const nearest = nearestKey(key, known)
      const remedy = nearest === undefined ? `known keys: ${known.join(', ')}` : `did you mean '${nearest}'?`
      return this.#error(`unknown key '${key.slice(0, 64)}' in ${name}`, remedy, this.#keyOffset(path, key))
    }
    const shown = this.#shownValue(path)
    const own = this.#kind.explain?.(path, this.valueAt(path))
    const [message, remedy] = own ?? explain(error, name, shown, this.#kind.documentation)
    return this.errorAt(path, message, remedy)
  }

  /** JSON pointer to path; an index of a list becomes a number, as the YAML tree wants it. */
  #pathOf(pointer: string): (string | number)[] {
    const path: (string | number)[] = []
    for (const part of pointer.split('/').slice(1)) {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const parent = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
      path.push(isMap(parent) ? key : Number(key))
    }
    return path
  }

  #keyOffset(path: Path, key: string): number {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    const pair = isMap(map) ? map.items.find((one) => isScalar(one.key) && one.key.value === key) : undefined
    return (isScalar(pair?.key) ? pair.key.range?.[0] : undefined) ?? 0
  }

  #shownValue(path: Path): string {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    if (!isScalar(node)) return node === undefined || node === null ? 'nothing' : 'a list or a map'
    return `'${(node.source ?? String(node.value)).slice(0, 40)}'`
  }

  #error(message: string, remedy: string, offset: number): WeirError {
    const { line, col } = this.#lines.linePos(offset)
    const place = `${this.#file}:${Math.max(line, 1)}:${Math.max(col, 1)}`
    return new WeirError(this.#kind.code, printable(message, MESSAGE_LENGTH), { place, remedy })
  }
}

/** Message and remedy of a schema error, in words for the document's author. */
function explain(error: ErrorObject, name: string, shown: string, documentation: string): [string, string] {
  const description = String((error.parentSchema as { description?: string } | undefined)?.description ?? '')
  const meaning = description === '' ? `see ${documentation}` : description
  switch (error.keyword) {
    case 'required':
      return [
        `${name} has no key '${error.params.missingProperty}'`,
        `add it; ${documentation} says what it means`,
      ]
    case 'type':
      return [`${name} is ${shown}, not ${[error.params.type].flat().join(' or ')}`, meaning]
    case 'enum':
      return [`${name} is ${shown}`, `use one of: ${(error.params.allowedValues as string[]).join(', ')}`]
    case 'minimum':
      return [`${name} is ${shown}, less than ${error.params.limit}`, meaning]
    case 'maximum':
      return [`${name} is ${shown}, more than ${error.params.limit}`, meaning]
    case 'minItems':
    case 'maxItems':
      return [`${name} has the wrong number of items`, `${error.keyword} is ${error.params.limit}`]
    case 'pattern':
      return [`${name} is ${shown}`, `it must match ${error.params.pattern}`]
    default:
      return [`${name} ${error.message ?? 'is wrong'}`, meaning]
  }
}

/** `accounts[2].floor` for ['accounts', 2, 'floor']. */
function showPath(path: Path): string {
  let shown = ''
  for (const part of path)
    shown += typeof part === 'number' ? `[${part}]` : `${shown === '' ? '' : '.'}${part}`
  return shown
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 200)
}

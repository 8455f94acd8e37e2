/**
 * Writes `schemas.ts`: each stream's self-contained schema with its fingerprint, and the symbols of each enum.
 *
 * The fingerprint is SHA-256 of the schema's parsing canonical form, as the Avro specification defines it.
 * Depends on `load.mjs` and avsc.
 */
import avro from 'avsc'
import { shortName } from './load.mjs'

/** @param {import('./load.mjs').Contracts} contracts @returns {string} */
export function renderStreams({ streams, named }) {
  const names = streams.map(({ name }) => `  '${name}',`)
  const schemas = streams.map(({ name, schema }) => `  '${name}':\n    ${quote(JSON.stringify(schema))},`)
  const fingerprints = streams.map(({ name, schema }) => `  '${name}': '${fingerprint(schema)}',`)
  const inputs = streams.filter(isInput)
  const enums = [...named].filter(([, type]) => type.type === 'enum')
  return `// Generated from schemas/*.avsc by schemas/generator; do not edit.

/** Every stream, sorted by name. */
export const STREAMS = [
${names.join('\n')}
] as const

export type StreamName = (typeof STREAMS)[number]

/** Streams that may be given as input: their records name group, feed, sequence and event time. */
export const INPUT_STREAMS = [
${inputs.map(({ name }) => `  '${name}',`).join('\n')}
] as const satisfies readonly StreamName[]

export type InputStream = (typeof INPUT_STREAMS)[number]

/** Self-contained schema of each stream as JSON text, docs included: what a writer puts into a file's header. */
export const SCHEMA_JSON: Readonly<Record<StreamName, string>> = {
${schemas.join('\n')}
}

/** SHA-256 of each schema's parsing canonical form, in hexadecimal. */
export const SCHEMA_FINGERPRINT: Readonly<Record<StreamName, string>> = {
${fingerprints.join('\n')}
}

${enums.map(([fullName, type]) => renderSymbols(fullName, type)).join('\n')}
`
}

/** What perception needs of every input. */
const INPUT_FIELDS = ['groupId', 'sourceId', 'sourceSequence', 'eventTime']

/** @param {import('./load.mjs').Stream} stream */
export function isInput({ schema }) {
  const names = schema.fields.map((/** @type {any} */ field) => field.name)
  return INPUT_FIELDS.every((name) => names.includes(name))
}

/** @param {string} fullName @param {any} type */
function renderSymbols(fullName, type) {
  const symbols = type.symbols.map((/** @type {string} */ symbol) => `'${symbol}'`)
  return `/** Symbols of ${shortName(fullName)} by their index on the wire. */
export const ${shortName(fullName)}Symbols = [${symbols.join(', ')}] as const
`
}

/** SHA-256 of the parsing canonical form, in hexadecimal. @param {any} schema @returns {string} */
export function fingerprint(schema) {
  return avro.Type.forSchema(schema).fingerprint('sha256').toString('hex')
}

/** @param {string} text */
function quote(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

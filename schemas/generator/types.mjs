/**
 * Writes `types.ts`: the TypeScript face of every record and enum of the contracts.
 *
 * Shapes are those avsc reads and writes: a long is a `number`, bytes and fixed are `Uint8Array`, a union of
 * records is wrapped by full name. Depends on `load.mjs`.
 */
import { shortName } from './load.mjs'

/** @type {Record<string, string>} */
const SCALARS = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Uint8Array',
  string: 'string',
}

/** @param {import('./load.mjs').Contracts} contracts @returns {string} */
export function renderTypes({ streams, named }) {
  const parts = [
    '// Generated from schemas/*.avsc by schemas/generator; do not edit.',
    ...[...named].flatMap(([fullName, type]) => renderNamed(fullName, type)),
    renderRecordOf(streams),
  ]
  return `${parts.join('\n\n')}\n`
}

/** @param {string} fullName @param {any} type @returns {string[]} */
function renderNamed(fullName, type) {
  const name = shortName(fullName)
  const doc = tsdoc(type.doc, '')
  if (type.type === 'enum') {
    const symbols = type.symbols.map((/** @type {string} */ symbol) => `'${symbol}'`)
    return [`${doc}export type ${name} = ${symbols.join(' | ')}`]
  }
  if (type.type === 'fixed') return [`${doc}export type ${name} = Uint8Array`]
  const fields = type.fields.map(
    (/** @type {any} */ field) => `${tsdoc(field.doc, '  ')}  ${field.name}: ${typeScriptOf(field.type)}`,
  )
  return [`${doc}export interface ${name} {\n${fields.join('\n')}\n}`]
}

/** @param {any} schema @returns {string} */
function typeScriptOf(schema) {
  if (Array.isArray(schema)) return schema.map(branchOf).join(' | ')
  if (typeof schema === 'string') return SCALARS[schema] ?? shortName(schema)
  if (schema.type === 'array') {
    const item = typeScriptOf(schema.items)
    return item.includes('|') ? `(${item})[]` : `${item}[]`
  }
  if (schema.type === 'map') return `Record<string, ${typeScriptOf(schema.values)}>`
  return typeScriptOf(schema.type)
}

/** Named branches of a union are wrapped, as avsc does where shapes alone cannot tell them apart. @param {any} branch */
function branchOf(branch) {
  if (typeof branch === 'string' && SCALARS[branch] === undefined)
    return `{ '${branch}': ${shortName(branch)} }`
  return typeScriptOf(branch)
}

/** @param {import('./load.mjs').Stream[]} streams */
function renderRecordOf(streams) {
  const lines = streams.map(({ name, schema }) => `  '${name}': ${schema.name}`)
  return `/** The record type of each stream. */\nexport interface RecordOf {\n${lines.join('\n')}\n}`
}

/** @param {string | undefined} text @param {string} indent */
function tsdoc(text, indent) {
  return text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n`
}

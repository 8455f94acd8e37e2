/**
 * Writes `docs/streams-reference.md`: every stream with its fields, types and meaning. Committed, so that it can be read
 * without building; a test refuses a stale one. Depends on `load.mjs`.
 */
import { shortName } from './load.mjs'
import { fingerprint, isInput } from './streams.mjs'

/** @param {import('./load.mjs').Contracts} contracts @returns {string} */
export function renderReference({ streams, named }) {
  const inputs = streams.filter(isInput)
  const others = streams.filter((stream) => !isInput(stream))
  return `<!-- Generated from schemas/*.avsc by schemas/generator/generate.mjs; do not edit. -->
# Streams: reference

Every record of Weir, field by field. How to write a day's input is told in [streams.md](streams.md).

Times are microseconds since 1970-01-01T00:00:00Z (\`timestamp-micros\`), dates are days since 1970-01-01, money is an
integer of minor units. A field with a default may be missing in the writer's schema. The fingerprint is SHA-256 of the
schema's parsing canonical form.

## Input

${contents(inputs)}

## Journal and output

${contents(others)}

${[...inputs, ...others].map((stream) => renderStream(stream, named)).join('\n')}`
}

/** @param {import('./load.mjs').Stream[]} streams */
function contents(streams) {
  return streams
    .map(({ name, schema }) => `- [\`${name}\`](#${name}): ${firstSentence(schema.doc)}`)
    .join('\n')
}

/** @param {string} text */
function firstSentence(text) {
  const end = text.indexOf('. ')
  return end < 0 ? text : text.slice(0, end + 1)
}

/** @param {import('./load.mjs').Stream} stream @param {Map<string, any>} named */
function renderStream({ name, schema }, named) {
  const nested = nestedRecords(schema)
  return `### ${name}

${schema.doc}

Record \`${schema.namespace}.${schema.name}\`, \`schemas/${name}.avsc\`, fingerprint \`${fingerprint(schema)}\`.

${renderFields(schema, named)}
${nested.map((record) => renderNested(record, named)).join('')}`
}

/** Records defined inside a stream's own file: the others have a section of their own. @param {any} schema @returns {any[]} */
function nestedRecords(schema) {
  /** @type {any[]} */
  const found = []
  for (const field of schema.fields) {
    const item = field.type?.type === 'array' ? field.type.items : field.type
    if (item?.type === 'record') found.push(item)
  }
  return found
}

/** @param {any} record @param {Map<string, any>} named */
function renderNested(record, named) {
  return `
\`${record.name}\`: ${record.doc}

${renderFields(record, named)}
`
}

/** @param {any} record @param {Map<string, any>} named */
function renderFields(record, named) {
  const rows = record.fields.map((/** @type {any} */ field) => {
    const fallback = field.default === undefined ? '' : ` Default: \`${JSON.stringify(field.default)}\`.`
    return `| \`${field.name}\` | ${typeText(field.type, named)} | ${cell(field.doc)}${fallback} |`
  })
  return ['| field | type | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

/** @param {any} type @param {Map<string, any>} named @returns {string} */
function typeText(type, named) {
  if (Array.isArray(type)) return `one of ${type.map((branch) => typeText(branch, named)).join(', ')}`
  if (typeof type === 'string') {
    const definition = named.get(type)
    return definition === undefined ? type : typeText(definition, named)
  }
  if (type.type === 'array') return `array of ${typeText(type.items, named)}`
  if (type.type === 'map') return `map of ${typeText(type.values, named)}`
  if (type.type === 'enum') return `enum: ${type.symbols.join(', ')}`
  if (type.type === 'fixed') return `${shortName(type.name)}, fixed ${type.size}`
  if (type.type === 'record') return `\`${shortName(type.name)}\``
  return type.logicalType === undefined ? typeText(type.type, named) : `${type.type}, ${type.logicalType}`
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|')
}

/**
 * Writes `codecs.ts`: straight-line decoders and encoders of the hot records.
 *
 * A decoder writes each field into its lanes of a slot, a run of a Float64Array: a scalar takes one lane, a
 * string two (where its UTF-8 starts and ends in the bytes it came from), a fixed one lane for each 4 bytes, read as a
 * big-endian unsigned number; an enum is its index. Depends on `load.mjs`.
 */
import { shortName } from './load.mjs'

/** Records of which thousands arrive each second. The rest is read through avsc. */
export const HOT_STREAMS = ['balance-report', 'cash-movement', 'quote']

/**
 * @typedef {object} LaneField
 * @property {string} name
 * @property {'string' | 'long' | 'int' | 'double' | 'boolean' | 'enum' | 'fixed'} kind
 * @property {number} lane first lane
 * @property {number} lanes
 * @property {number} size bytes of a fixed, symbols of an enum, else 0
 * @property {string} typeName short name of an enum or fixed, else ''
 */

/** @param {import('./load.mjs').Contracts} contracts @returns {string} */
export function renderCodecs({ streams, named }) {
  const hot = streams.filter(({ name }) => HOT_STREAMS.includes(name))
  const records = hot.map(({ name, schema }) => ({
    stream: name,
    record: schema.name,
    fields: layout(schema, named),
  }))
  const enums = [
    ...new Set(
      records.flatMap(({ fields }) => fields.filter((f) => f.kind === 'enum').map((f) => f.typeName)),
    ),
  ]
  const body = `${records.map(renderRecord).join('\n')}\n${renderTable(records)}`
  return `// Generated from schemas/*.avsc by schemas/generator; do not edit.
import { ${used(FIELD_HELPERS, body)} } from '../avro/fields.js'
import { ${used(['readInt', 'readLong', 'readSpan', 'skipInt', 'skipLong', 'skipSpan'], body)}, TRUNCATED } from '../avro/varint.js'
import { ${enums.map((name) => `${name}Symbols`).join(', ')} } from './schemas.js'
import type { ${records.map(({ record }) => record).join(', ')} } from './types.js'

/** Streams with a fixed-layout codec. */
export const HOT_STREAMS = [${hot.map(({ name }) => `'${name}'`).join(', ')}] as const

export type HotStream = (typeof HOT_STREAMS)[number]

${body}`
}

const FIELD_HELPERS = [
  'encodeBoolean',
  'encodeDouble',
  'encodeEnum',
  'encodeFixed',
  'encodeInt',
  'encodeLong',
  'encodeString',
  'readBoolean',
  'readDouble',
  'readEnum',
  'readFixed',
]

/** @param {string[]} helpers @param {string} body */
function used(helpers, body) {
  return helpers.filter((helper) => body.includes(`${helper}(`)).join(', ')
}

/** @param {any} schema @param {Map<string, any>} named @returns {LaneField[]} */
function layout(schema, named) {
  let lane = 0
  return schema.fields.map((/** @type {any} */ field) => {
    const shape = shapeOf(field.type, named, `${schema.name}.${field.name}`)
    const laid = { name: field.name, lane, ...shape }
    lane += shape.lanes
    return laid
  })
}

/** @param {any} type @param {Map<string, any>} named @param {string} place */
function shapeOf(type, named, place) {
  if (typeof type === 'string') {
    if (type === 'string') return { kind: 'string', lanes: 2, size: 0, typeName: '' }
    if (['long', 'int', 'double', 'boolean'].includes(type))
      return { kind: type, lanes: 1, size: 0, typeName: '' }
    const definition = named.get(type)
    if (definition !== undefined) return shapeOf(definition, named, place)
  } else if (type.type === 'enum') {
    return { kind: 'enum', lanes: 1, size: type.symbols.length, typeName: shortName(type.name) }
  } else if (type.type === 'fixed' && type.size % 4 === 0) {
    return { kind: 'fixed', lanes: type.size / 4, size: type.size, typeName: shortName(type.name) }
  } else if (typeof type.type === 'string' && type.logicalType !== undefined) {
    return shapeOf(type.type, named, place)
  }
  throw new Error(`${place}: a hot record has scalars, strings, enums and fixed of whole words only`)
}

/** @param {{ stream: string, record: string, fields: LaneField[] }} layoutOfRecord */
function renderRecord({ record, fields }) {
  const lanes = fields.map(({ name, lane }) => `  ${name}: ${lane},`).join('\n')
  return `/** Lanes of a decoded ${record}: the first lane of each field. */
export const ${record}Lane = {
${lanes}
} as const

${renderDecoder(record, fields)}

${renderScanner(record, fields)}

${renderEncoder(record, fields)}
`
}

/** @param {LaneField[]} fields */
function widthOf(fields) {
  return fields.reduce((sum, { lanes }) => sum + lanes, 0)
}

/** @param {string} record @param {LaneField[]} fields */
function renderDecoder(record, fields) {
  return `/**
 * Decodes a ${record} from \`bytes[position .. limit)\` into \`slot[base ..]\`, ${widthOf(fields)} lanes:
 *
 * \`\`\`
${drawing(fields)}
 * \`\`\`
 *
 * Returns the position after it, -1 when the bytes end too early, -2 when they are malformed; the slot's contents
 * mean nothing then. Longs beyond +-2^53 are the nearest double.
 */
export function decode${record}(
  bytes: Uint8Array, position: number, limit: number, slot: Float64Array, base: number,
): number {
  const end = limit < bytes.length ? limit : bytes.length
  let at = position
${fields.map(decodeStep).join('\n')}
  return at
}`
}

/** @param {LaneField} field */
function decodeStep({ kind, lane, size }) {
  const target = `bytes, at, end, slot, base + ${lane}`
  const call = {
    string: `readSpan(${target})`,
    long: `readLong(${target})`,
    int: `readInt(${target})`,
    double: `readDouble(${target})`,
    boolean: `readBoolean(${target})`,
    enum: `readEnum(${target}, ${size})`,
    fixed: `readFixed(${target}, ${size})`,
  }[kind]
  return `  at = ${call}\n  if (at < 0) return at`
}

/** @param {string} record @param {LaneField[]} fields */
function renderScanner(record, fields) {
  return `/**
 * Passes over a ${record}; puts its event time and where its group starts and ends into \`found[0 .. 3)\`. Returns the position
 * after it, or a negative number when that cannot be told. An enum's index that the schema does not have is passed over.
 */
export function scan${record}(bytes: Uint8Array, position: number, limit: number, found: Float64Array): number {
  const end = limit < bytes.length ? limit : bytes.length
  let at = position
${fields.map(scanStep).join('\n')}
  return at <= end ? at : TRUNCATED
}`
}

/** Fields of set length are only counted: whatever follows them, or the end, finds that they are cut short. @param {LaneField} field */
function scanStep({ name, kind, size }) {
  if (kind === 'fixed') return `  at += ${size}`
  if (kind === 'double') return '  at += 8'
  if (kind === 'boolean') return '  at += 1'
  const call =
    name === 'eventTime'
      ? 'readLong(bytes, at, end, found, 0)'
      : name === 'groupId'
        ? 'readSpan(bytes, at, end, found, 1)'
        : `${{ string: 'skipSpan', long: 'skipLong', int: 'skipInt', enum: 'skipInt' }[kind]}(bytes, at, end)`
  return `  at = ${call}\n  if (at < 0) return at`
}

/** @param {LaneField[]} fields */
function drawing(fields) {
  const wire = {
    string: 'length, UTF-8',
    long: 'zigzag varint',
    int: 'zigzag varint',
    double: '8 bytes, little-endian',
    boolean: '1 byte, 0 or 1',
    enum: 'zigzag varint',
    fixed: 'bytes',
  }
  const names = Math.max(...fields.map(({ name }) => name.length))
  return fields
    .map(({ name, kind, lane, lanes, size }) => {
      const range = (lanes === 1 ? `${lane}` : `${lane}-${lane + lanes - 1}`).padStart(6)
      const onWire = kind === 'fixed' ? `${size} ${wire[kind]}` : wire[kind]
      const inLanes = { string: 'start, end', fixed: 'big-endian words', enum: 'index' }[
        /** @type {string} */ (kind)
      ]
      return ` * ${range}  ${name.padEnd(names)}  ${onWire}${inLanes === undefined ? '' : ` -> ${inLanes}`}`
    })
    .join('\n')
}

/** @param {string} record @param {LaneField[]} fields */
function renderEncoder(record, fields) {
  return `/**
 * Encodes \`record\` at \`position\` and returns the position after it, or -1 when \`bytes\` is too short (what was
 * written then means nothing). Throws WEIR_SCHEMA for a value that its field cannot hold.
 */
export function encode${record}(record: ${record}, bytes: Uint8Array, position: number): number {
  let at = position
${fields.map((field) => encodeStep(record, field)).join('\n')}
  return at
}`
}

/** @param {string} record @param {LaneField} field */
function encodeStep(record, { name, kind, size, typeName }) {
  const value = `record.${name}, bytes, at`
  const place = `'${record}.${name}'`
  const call = {
    string: `encodeString(${value}, ${place})`,
    long: `encodeLong(${value}, ${place})`,
    int: `encodeInt(${value}, ${place})`,
    double: `encodeDouble(${value})`,
    boolean: `encodeBoolean(${value})`,
    enum: `encodeEnum(record.${name}, ${typeName}Symbols, bytes, at, ${place})`,
    fixed: `encodeFixed(record.${name}, ${size}, bytes, at, ${place})`,
  }[kind]
  return `  at = ${call}\n  if (at < 0) return at`
}

/** @param {{ stream: string, record: string, fields: LaneField[] }[]} records */
function renderTable(records) {
  const rows = records.map(
    ({ stream, record, fields }) =>
      `  '${stream}': { lanes: ${widthOf(fields)}, ` +
      `decode: decode${record}, scan: scan${record}, encode: encode${record} },`,
  )
  const types = records.map(({ stream, record }) => `  '${stream}': HotCodec<${record}>`)
  return `/** The codec of one hot record. */
export interface HotCodec<T> {
  /** Lanes of a slot. */
  readonly lanes: number
  readonly decode: (bytes: Uint8Array, position: number, limit: number, slot: Float64Array, base: number) => number
  readonly scan: (bytes: Uint8Array, position: number, limit: number, found: Float64Array) => number
  readonly encode: (record: T, bytes: Uint8Array, position: number) => number
}

export const HOT_CODECS: {
${types.join('\n')}
} = {
${rows.join('\n')}
}
`
}

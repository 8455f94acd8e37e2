/**
 * Describes a table to the projector: a name and, for each field of its row type, how it is written.
 *
 * Fields are in camel case, columns the same in snake case; a test compares them with the migrated tables.
 * Depends on the RowBinary writer.
 */
import type { RowBinaryWriter } from './row-binary.js'

export type Encode<Value> = (writer: RowBinaryWriter, value: Value) => void

export interface Table<Row> {
  readonly name: string
  /** Columns in the order in which they are written, quoted for SQL. */
  readonly columns: readonly string[]
  readonly encode: Encode<Row>
}

/** Where rows go: into an insert, or into a list in tests. */
export interface RowSink {
  add<Row>(table: Table<Row>, row: Row): void
}

export function defineTable<Row>(
  name: string,
  fields: { readonly [Key in keyof Row]: Encode<Row[Key]> },
): Table<Row> {
  const keys = Object.keys(fields) as (keyof Row & string)[]
  const encoders = keys.map((key) => fields[key] as Encode<unknown>)
  return {
    name,
    columns: keys.map((key) => `\`${snakeCase(key)}\``),
    encode: (writer, row) => {
      for (let i = 0; i < keys.length; i++) encoders[i]!(writer, row[keys[i]!])
    },
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export const int32: Encode<number> = (writer, value) => writer.int32(value)
export const uint32: Encode<number> = (writer, value) => writer.uint32(value)
export const int64: Encode<number> = (writer, value) => writer.int64(value)
export const float64: Encode<number> = (writer, value) => writer.float64(value)
/** DateTime64(6): microseconds since 1970-01-01T00:00:00Z. */
export const micros: Encode<number> = int64
export const bool: Encode<boolean> = (writer, value) => writer.uint8(value ? 1 : 0)
export const uuid: Encode<Uint8Array> = (writer, value) => writer.uuid(value)
export const text: Encode<string> = (writer, value) => writer.text(value)
export const blob: Encode<Uint8Array> = (writer, value) => writer.blob(value)

export function nullable<Value>(encode: Encode<Value>): Encode<Value | null> {
  return (writer, value) => {
    writer.uint8(value === null ? 1 : 0)
    if (value !== null) encode(writer, value)
  }
}

export function arrayOf<Value>(encode: Encode<Value>): Encode<readonly Value[]> {
  return (writer, values) => {
    writer.size(values.length)
    for (const value of values) encode(writer, value)
  }
}

/** Data of every release must stay readable: each frozen schema against today's. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Schema } from 'avsc'
import { SCHEMA_JSON } from '../generated/schemas.js'
import { findUnreadable } from './evolution.js'
import { isStream } from './registry.js'

const baseline = new URL('../../../schemas/baseline/', import.meta.url)

const howToChange = `Change a schema so that older data stays readable:
  - a new field needs a "default";
  - a field is renamed by keeping its old name under "aliases";
  - a type may only widen (int to long, float to double); to change a meaning or a unit, add a field under a new name;
  - an enum only gains symbols, at its end, and names a "default" symbol.
If the version has not been released yet, freeze it again: node schemas/generator/freeze.mjs`

describe('schemas of released versions', () => {
  for (const version of readdirSync(baseline)) {
    it(`can still be read: ${version}`, () => {
      const files = readdirSync(new URL(`${version}/`, baseline))
      assert.ok(files.length > 0)
      for (const file of files) {
        const stream = file.slice(0, -'.avsc'.length)
        assert.ok(
          isStream(stream),
          `stream ${stream} of ${version} has gone; keep its schema to read old data`,
        )
        const frozen = JSON.parse(readFileSync(new URL(`${version}/${file}`, baseline), 'utf8')) as Schema
        const fault = findUnreadable(JSON.parse(SCHEMA_JSON[stream]), frozen)
        assert.equal(
          fault,
          undefined,
          `${stream} data of ${version} cannot be read: ${fault}\n${howToChange}`,
        )
      }
    })
  }
})

interface FieldSchema {
  name: string
  type: unknown
  aliases?: string[]
  default?: unknown
}

describe('findUnreadable', () => {
  const frozen = JSON.parse(SCHEMA_JSON['cash-movement']) as Schema
  const after = (change: (fields: FieldSchema[]) => void) => {
    const schema = JSON.parse(SCHEMA_JSON['cash-movement']) as { fields: FieldSchema[] }
    change(schema.fields)
    return findUnreadable(schema as unknown as Schema, frozen)
  }
  const fieldOf = (fields: FieldSchema[], name: string) => fields.find((field) => field.name === name)!

  it('allows a field with a default, another order, a removed field and a renamed one with an alias', () => {
    assert.equal(
      after((fields) => fields.push({ name: 'note', type: 'string', default: '' })),
      undefined,
    )
    assert.equal(
      after((fields) => fields.splice(2, 1)),
      undefined,
    )
    assert.equal(
      after((fields) => fields.splice(2, 0, ...fields.splice(5, 2))),
      undefined,
    )
    assert.equal(
      after((fields) => Object.assign(fieldOf(fields, 'currency'), { name: 'iso', aliases: ['currency'] })),
      undefined,
    )
  })

  it('refuses what old data cannot be read with, and names the field', () => {
    assert.match(String(after((fields) => fields.push({ name: 'note', type: 'string' }))), /note/)
    assert.ok(after((fields) => Object.assign(fieldOf(fields, 'amountMinor'), { type: 'int' })))
    assert.ok(after((fields) => Object.assign(fieldOf(fields, 'currency'), { name: 'iso' })))
    assert.match(
      String(
        after((fields) =>
          Object.assign(fieldOf(fields, 'eventTime'), {
            type: { type: 'long', logicalType: 'timestamp-millis' },
          }),
        ),
      ),
      /eventTime/,
    )
    const withoutFee = { type: 'enum', name: 'MovementKind', symbols: ['CUSTOMER_PAYMENT'] }
    assert.ok(after((fields) => Object.assign(fieldOf(fields, 'kind'), { type: withoutFee })))
  })
})

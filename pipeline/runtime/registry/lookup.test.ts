/** Schema ids as the machines ask for them: once, bounded, and with or without a registry. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createDecoder } from '../../../schemas/avro/decoder.js'
import { SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import { WeirError } from '../../errors.js'
import type { Operation } from '../distributed/ports.js'
import type { RegisteredSchema } from './client.js'
import { FixedSchemaLookup, RegistrySchemaLookup } from './lookup.js'
import { selfContained } from './references.js'
import { fixedIdOf, fixedIdOfSchema, TOPIC_STREAMS } from './stream-schemas.js'

const url = 'http://registry'

async function settled<T>(operation: Operation<T>): Promise<Operation<T>> {
  while (operation.state === 'pending') await pause(1)
  return operation
}

describe('the lookup on a registry', () => {
  it('asks once for an id, and rings when the answer is there', async () => {
    let asked = 0
    let rings = 0
    const client = {
      url,
      schemaById: async (): Promise<RegisteredSchema> => {
        asked += 1
        return { schemaJson: '"string"', references: [] }
      },
      schemaOf: async () => undefined,
    }
    const lookup = new RegistrySchemaLookup(client, new Map([['cycle', 5]]), () => {
      rings += 1
    })
    const operation = lookup.schemaOf(9)
    assert.equal(operation.state, 'pending')
    assert.equal(lookup.schemaOf(9), operation)
    assert.equal((await settled(operation)).value, '"string"')
    assert.equal(lookup.schemaOf(9).value, '"string"')
    assert.deepEqual([asked, rings], [1, 1])
    assert.equal(lookup.idOfStream('cycle'), 5)
    assert.equal(lookup.idOfStream('journal-entry'), 5)
    assert.throws(() => lookup.idOfStream('quote'), /is known before/)
  })

  it('tells an unknown id by undefined, and asks for it no more than once a second', async () => {
    let asked = 0
    const client = {
      url,
      schemaById: async () => {
        asked += 1
        return undefined
      },
      schemaOf: async () => undefined,
    }
    const lookup = new RegistrySchemaLookup(client, new Map())
    for (let i = 0; i < 100; i++) {
      const { state, value } = await settled(lookup.schemaOf(3))
      assert.deepEqual([state, value], ['done', undefined])
    }
    assert.ok(asked < 10, `${asked} requests`)
    await pause(1_050)
    await settled(lookup.schemaOf(3))
    assert.ok(asked >= 2)
  })

  it('fails with what was wrong, and asks again later', async () => {
    let broken = true
    const client = {
      url,
      schemaById: async (): Promise<RegisteredSchema> => {
        if (broken) throw new WeirError('WEIR_REGISTRY', 'down', { retry: 'backoff' })
        return { schemaJson: '"int"', references: [] }
      },
      schemaOf: async () => undefined,
    }
    const lookup = new RegistrySchemaLookup(client, new Map())
    const failed = await settled(lookup.schemaOf(3))
    assert.equal(failed.fault?.kind, 'retriable')
    broken = false
    await pause(1_050)
    assert.equal((await settled(lookup.schemaOf(3))).value, '"int"')
  })
})

describe('the lookup without a registry', () => {
  it('knows the schema of each topic under an id of its own, and no other', () => {
    const lookup = new FixedSchemaLookup()
    const ids = new Map(TOPIC_STREAMS.map((stream) => [stream, lookup.idOfStream(stream)]))
    for (const [stream, id] of ids) {
      assert.equal(id, fixedIdOf(stream))
      assert.ok(lookup.schemaOf(id).value !== undefined, stream)
    }
    assert.equal(ids.get('instruction-query'), ids.get('instruction'))
    assert.equal(new Set(ids.values()).size, TOPIC_STREAMS.length - 1)
    assert.equal(lookup.schemaOf(lookup.idOfStream('cycle')).value, SCHEMA_JSON['journal-entry'])
    assert.deepEqual(lookup.schemaOf(1), { state: 'done' })
  })

  it('gives a schema of another release another id, by which it is read right', () => {
    const older = JSON.parse(SCHEMA_JSON.command) as { fields: { name: string }[] }
    older.fields = older.fields.filter(({ name }) => name !== 'reason')
    const schemaJson = JSON.stringify(older)
    const lookup = new FixedSchemaLookup([schemaJson])
    assert.equal(lookup.schemaOf(fixedIdOfSchema(schemaJson)).value, schemaJson)
    assert.equal(lookup.schemaOf(fixedIdOf('command')).value, SCHEMA_JSON.command)
  })
})

describe('schemas with references', () => {
  const money =
    '{"type":"record","name":"Money","namespace":"shared","fields":[{"name":"minor","type":"long"},{"name":"unit","type":"Unit"}]}'
  const unit = '{"type":"enum","name":"Unit","namespace":"shared","symbols":["EUR","USD"]}'
  const registered: Record<string, RegisteredSchema> = {
    'money-1': { schemaJson: money, references: [{ name: 'shared.Unit', subject: 'unit', version: 1 }] },
    'unit-1': { schemaJson: unit, references: [] },
  }
  const client = { schemaOf: async (subject: string, version: number) => registered[`${subject}-${version}`] }

  it('are made complete, each type once', async () => {
    const schemaJson = JSON.stringify({
      type: 'record',
      name: 'Pair',
      namespace: 'mine',
      fields: [
        { name: 'first', type: 'shared.Money' },
        { name: 'second', type: ['null', 'shared.Money'] },
        { name: 'unit', type: { type: 'array', items: 'shared.Unit' } },
      ],
    })
    const references = [{ name: 'shared.Money', subject: 'money', version: 1 }]
    const text = await selfContained(client, { schemaJson, references }, 'place')
    const { default: avro } = await import('avsc')
    const type = avro.Type.forSchema(JSON.parse(text))
    const pair = {
      first: { minor: 1, unit: 'EUR' },
      second: { minor: 2, unit: 'USD' },
      unit: ['USD'],
    }
    const read: unknown = type.fromBuffer(type.toBuffer(pair))
    assert.deepEqual(JSON.parse(JSON.stringify(read)), pair)
  })

  it('are refused when one is missing, or when they have no end', async () => {
    const wrong = { schemaJson: '"shared.X"', references: [{ name: 'shared.X', subject: 'x', version: 2 }] }
    await assert.rejects(selfContained(client, wrong, 'id 3'), {
      code: 'WEIR_SCHEMA',
      message: /version 2 of x, which the registry does not know/,
    })
    const endless = {
      schemaOf: async (_: string, version: number): Promise<RegisteredSchema> => ({
        schemaJson: '"int"',
        references: [{ name: 'n', subject: 's', version: version + 1 }],
      }),
    }
    await assert.rejects(
      selfContained(
        endless,
        { schemaJson: '"int"', references: [{ name: 'n', subject: 's', version: 1 }] },
        'id 4',
      ),
      {
        message: /deeper than 16/,
      },
    )
  })
})

it('a stream is decoded with the schema that its id names', () => {
  const lookup = new FixedSchemaLookup()
  const schemaJson = lookup.schemaOf(lookup.idOfStream('policy')).value
  assert.equal(createDecoder('policy', schemaJson ?? '').kind, 'record')
})

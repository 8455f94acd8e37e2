/** Keys and partitions of source records. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SCHEMA_JSON } from '../../../../schemas/generated/schemas.js'
import { COMPACTED_STREAMS, partitionOf } from '../../distributed/topics.js'
import { isReference, partitionsOf, RECORD_ID_FIELD, recordKey } from './record-key.js'

describe('the key of a record', () => {
  it('names the record in exactly the compacted streams, by a field that the stream has', () => {
    assert.deepEqual(Object.keys(RECORD_ID_FIELD).sort(), [...COMPACTED_STREAMS].sort())
    for (const [stream, field] of Object.entries(RECORD_ID_FIELD)) {
      assert.ok(isReference(stream as 'account'))
      const { fields } = JSON.parse(SCHEMA_JSON[stream as 'account']) as {
        fields: { name: string; type: string }[]
      }
      assert.equal(fields.find(({ name }) => name === field)?.type, 'string', stream)
    }
  })

  it('is the group, or the group and the record, and never that of another one', () => {
    assert.equal(recordKey('NORD', undefined).toString(), 'NORD')
    assert.equal(recordKey('NORD', 'POOL').toString(), 'NORD/POOL')
    assert.notDeepEqual(recordKey('a/b', 'c'), recordKey('a', 'b/c'))
    assert.notDeepEqual(recordKey('a%2Fb', 'c'), recordKey('a/b', 'c'))
  })

  it('is in the partition of the group, and in each for every group', () => {
    assert.deepEqual(partitionsOf('NORD', 12), [partitionOf('NORD', 12)])
    assert.deepEqual(partitionsOf('*', 3), [0, 1, 2])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aclCommands, aclTable, principals } from '../../deploy/kafka/acls.mjs'
import { OUTPUT_STREAMS, SOURCE_STREAMS } from '../../pipeline/runtime/distributed/topics.js'
import { read } from './repository.js'

const page = read('docs/kafka-acls.md')

test('the page of access rules shows what the data says, as a table and as commands', () => {
  const all = principals()
  assert.ok(page.includes(aclTable(all)), `the table should be:\n${aclTable(all)}`)
  assert.ok(page.includes(aclCommands(all)), `the commands should be:\n${aclCommands(all)}`)
})

test('an instance may read every source and write every output, and nothing else', () => {
  const rules = principals().find(({ principal }) => principal === 'weir-instance')?.rules ?? []
  const topics = (operation: 'read' | 'write') =>
    rules
      .filter(({ resource, operations }) => resource === 'topic' && operations.includes(operation))
      .flatMap(({ names }) => names)
      .sort()
  const named = (streams: readonly string[]) => [...streams, 'cycle'].map((stream) => `weir.${stream}`).sort()
  assert.deepEqual(topics('read'), named(SOURCE_STREAMS))
  assert.deepEqual(topics('write'), named(OUTPUT_STREAMS))
})

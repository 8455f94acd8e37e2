/** The encoder of results writes the bytes that avsc writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { CycleResult } from '../../../schemas/generated/types.js'
import { ResultEncoder } from './result-codec.js'

const names = fc.constantFrom('', 'account:A', 'account:B', 'quote:EUR/USD', 'account:\u00fc')
const results = fc.record({
  groupId: fc.constantFrom('g', 'europe', 'gr\u00fcn'),
  cycle: fc.nat(1e9),
  closedAt: fc.constantFrom(-1, 0, 1_773_792_000_000_000),
  touched: fc.array(fc.oneof(names, fc.string()), { maxLength: 300 }),
  gaps: fc.nat(),
})

test('gives the bytes of avsc, one result after the other', () => {
  const encoder = new ResultEncoder()
  fc.assert(
    fc.property(results, (fields) => {
      const result: CycleResult = {
        ...fields,
        dispositions: Uint8Array.from(fields.touched, (name) => name.length % 5),
        decisions: [],
        explanations: [],
        instructions: [],
        instructionEvents: [],
        reservations: [],
        alerts: [],
        deadLetters: [],
        decisionDigest: new Uint8Array(32).fill(7),
        measured: { applyMicros: 1.5, solveMicros: 0, worker: 3 },
      }
      assert.deepEqual(encoder.encode(result), encodeRecord('cycle-result', result))
    }),
  )
})

/** Files written by Python's fastavro and by Apache Avro for Java; see `schemas/fixtures/make`. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { CashMovementLane, HOT_CODECS } from '../generated/codecs.js'
import { MovementKindSymbols, type StreamName } from '../generated/schemas.js'
import type { Account, Calendar } from '../generated/types.js'
import { bufferSource, ContainerReader, openContainer } from './container.js'
import { createDecoder } from './decoder.js'
import { createScanner } from './scanner.js'
import { readUtf8 } from './text.js'

type Row = Record<string, unknown>

// Compiled tests run from `dist/`, which mirrors the repository.
const fixtures = new URL('../../../schemas/fixtures/', import.meta.url)
const { rows } = JSON.parse(readFileSync(new URL('make/records.json', fixtures), 'utf8')) as {
  rows: { 'cash-movement': Row[]; calendar: Row[]; account: Row[] }
}

const writers = ['python-null', 'python-deflate', 'java-null', 'java-deflate']

interface ScannedRecord {
  readonly bytes: Uint8Array
  readonly eventTimeMicros: number
  readonly groupId: string
}

/** Every record of a file, found by the scanner, with what the scanner says of it. */
function scanFile(
  file: string,
  stream: StreamName,
): { schemaJson: string; blocks: number; records: ScannedRecord[] } {
  const reader = openContainer(bufferSource(readFileSync(new URL(file, fixtures))))
  assert.ok(reader instanceof ContainerReader, JSON.stringify(reader))
  const scanner = createScanner(stream, reader.header.schemaJson)
  const records: ScannedRecord[] = []
  let blocks = 0
  for (let block = reader.next(); block !== undefined; block = reader.next()) {
    blocks += 1
    assert.equal(block.firstRecord, records.length)
    let at = 0
    for (let i = 0; i < block.recordCount; i++) {
      const next = scanner.scan(block.bytes, at, block.bytes.length)
      assert.ok(next > at, `record ${i} of block ${blocks}`)
      const { eventTimeMicros, groupId } = scanner
      records.push({ bytes: block.bytes.slice(at, next), eventTimeMicros, groupId })
      at = next
    }
    assert.equal(at, block.bytes.length)
  }
  assert.equal(reader.fault, undefined)
  return { schemaJson: reader.header.schemaJson, blocks, records }
}

function wordsOf(hex: unknown): number[] {
  return [...String(hex).matchAll(/.{8}/g)].map(([word]) => Number.parseInt(word, 16))
}

function checkMovement(row: Row, bytes: Uint8Array, slot: Float64Array) {
  const text = (lane: number) => readUtf8(bytes, slot[lane], slot[lane + 1])
  const lane = CashMovementLane
  assert.deepEqual([...slot.subarray(lane.movementId, lane.movementId + 4)], wordsOf(row.movementId))
  assert.deepEqual(
    [...slot.subarray(lane.expectedFlowId, lane.expectedFlowId + 4)],
    wordsOf(row.expectedFlowId),
  )
  for (const name of ['groupId', 'sourceId', 'accountId', 'currency', 'counterpartyId'] as const) {
    assert.equal(text(lane[name]), row[name], name)
  }
  // Longs of the fixtures reach beyond 2^53: those must come as the nearest double.
  for (const name of ['sourceSequence', 'eventTime', 'amountMinor', 'valueDate'] as const) {
    assert.equal(slot[lane[name]], Number(row[name]), name)
  }
  assert.equal(MovementKindSymbols[slot[lane.kind]], row.kind)
}

for (const writer of writers) {
  describe(`files of ${writer}`, () => {
    for (const schema of ['cash-movement', 'cash-movement-changed']) {
      it(`reads ${schema} into slots`, () => {
        const { schemaJson, blocks, records } = scanFile(`${writer}-${schema}.avro`, 'cash-movement')
        assert.ok(blocks > 3, 'the file must have several blocks')
        const expected = rows['cash-movement']
        assert.equal(records.length, expected.length)
        const decoder = createDecoder('cash-movement', schemaJson)
        const slot = new Float64Array(HOT_CODECS['cash-movement'].lanes)
        for (const [i, record] of records.entries()) {
          assert.equal(record.eventTimeMicros, Number(expected[i].eventTime))
          assert.equal(record.groupId, expected[i].groupId)
          assert.equal(decoder.decode(record.bytes, 0, record.bytes.length, slot, 0), record.bytes.length)
          checkMovement(expected[i], decoder.bytes, slot)
        }
      })
    }

    it('reads calendar, with its arrays and nested records', () => {
      const { schemaJson, records } = scanFile(`${writer}-calendar.avro`, 'calendar')
      const decoder = createDecoder('calendar', schemaJson)
      const read = records.map((record) => decoder.decode(record.bytes) as Calendar)
      const expected = rows.calendar.map((row) => ({
        ...row,
        sourceSequence: Number(row.sourceSequence),
        eventTime: Number(row.eventTime),
        offsets: (row.offsets as Row[]).map((offset) => ({
          ...offset,
          fromTime: Number(offset.fromTime),
        })),
      }))
      assert.deepEqual(JSON.parse(JSON.stringify(read)), expected)
      assert.equal(records[0].groupId, '*')
    })

    it('reads account, with a default for the field that its writer did not know', () => {
      const { schemaJson, records } = scanFile(`${writer}-account-changed.avro`, 'account')
      const decoder = createDecoder('account', schemaJson)
      const read = records.map((record) => decoder.decode(record.bytes) as Account)
      const expected = rows.account.map((row) => ({
        ...row,
        sourceSequence: Number(row.sourceSequence),
        eventTime: Number(row.eventTime),
        controllable: true,
      }))
      assert.deepEqual(
        JSON.parse(JSON.stringify(read)),
        JSON.parse(JSON.stringify(expected, Object.keys(read[0]))),
      )
    })
  })
}

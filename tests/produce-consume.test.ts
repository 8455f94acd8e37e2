/** `weir produce` and `weir consume` on a real Kafka: from files to topics and back, byte for byte. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { partitionOf } from '../pipeline/runtime/distributed/topics.js'
import { decodeRecord } from '../schemas/avro/registry.js'
import { SCHEMA_JSON } from '../schemas/generated/schemas.js'
import type { Account, Calendar, Quote } from '../schemas/generated/types.js'
import { weir, withFolder } from './cli/weir-process.js'
import { readAvro, writeAvro } from './support/avro-files.js'
import { needsKafka } from './support/kafka/availability.js'
import { testTopics } from './support/kafka/topics.js'

const kafka = await needsKafka()

const TIME = Date.UTC(2026, 2, 3, 6) * 1_000
const header = (groupId: string, sequence: number, seconds = sequence) => ({
  groupId,
  sourceId: 'feed',
  sourceSequence: sequence,
  eventTime: TIME + seconds * 1_000_000,
})

const accounts: Account[] = ['NORD', 'SUED', 'NORD'].map((groupId, index) => ({
  ...header(groupId, index),
  accountId: `ACCOUNT-${index}`,
  name: `Account ${index}`,
  entityId: 'E',
  bankId: 'B',
  currency: 'EUR',
  currencyExponent: 2,
  feedId: 'feed',
  calendarId: 'T2',
  intradayLineMinor: 0,
  controllable: true,
}))

const quotes: Quote[] = Array.from({ length: 500 }, (_, index) => ({
  ...header(index % 5 === 0 ? '*' : `GROUP-${index % 7}`, index),
  instrument: 'EURUSD',
  kind: 'FX_SPOT',
  mid: 1.1 + index / 1_000,
  halfSpread1Bp: 1,
  halfSpread2Bp: 2,
  halfSpread3Bp: 3,
  depth1Minor: 100,
  depth2Minor: 1_000 + index,
}))

const calendar: Calendar = {
  ...header('*', 0),
  calendarId: 'T2',
  timeZone: 'Europe/Berlin',
  validFrom: 20_500,
  validUntil: 20_600,
  weekendDays: [6, 7],
  holidays: [],
  offsets: [{ fromTime: 0, offsetSeconds: 3_600 }],
}

interface Line {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly schemaId: number
  readonly record: Record<string, unknown>
}

test('records travel as they came, to the partition of their group, and back', kafka, async () => {
  await withFolder(async (folder) => {
    const topics = await testTopics('produce', ['account', 'quote', 'calendar'])
    for (const stream of ['account', 'quote', 'calendar'])
      mkdirSync(join(folder, 'day', stream), { recursive: true })
    writeAvro(join(folder, 'day/account/a.avro'), SCHEMA_JSON.account, accounts)
    writeAvro(join(folder, 'day/quote/q.avro'), SCHEMA_JSON.quote, quotes)
    writeAvro(join(folder, 'day/calendar/c.avro'), SCHEMA_JSON.calendar, [calendar])

    // Without a registry: ids are made from the schemas.
    const produced = await weir(['produce', ...topics.flags, '--input', join(folder, 'day'), '--json'])
    assert.equal(produced.code, 0, produced.stderr)
    const everyGroup = quotes.filter(({ groupId }) => groupId === '*').length
    const summary = JSON.parse(produced.stdout) as { records: number; messages: number; unreadable: number }
    assert.equal(summary.records, 504)
    assert.equal(summary.messages, 504 + 2 * everyGroup + 2)
    assert.deepEqual(produced.left, [])

    const lines = async (stream: string): Promise<Line[]> => {
      const { code, stdout, stderr } = await weir([
        'consume',
        ...topics.flags,
        '--stream',
        stream,
        '--until-end',
        '--json',
      ])
      assert.equal(code, 0, stderr)
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line)
    }
    const accountLines = await lines('account')
    assert.deepEqual(
      accountLines.map(({ key, partition }) => [key, partition]).sort(),
      accounts.map(({ groupId, accountId }) => [`${groupId}/${accountId}`, partitionOf(groupId, 3)]).sort(),
    )
    const quoteLines = await lines('quote')
    for (const { key, partition, record } of quoteLines) {
      assert.equal(key, record.groupId)
      if (key !== '*') assert.equal(partition, partitionOf(key, 3))
    }
    assert.equal(quoteLines.filter(({ key }) => key === '*').length, 3 * everyGroup)
    assert.deepEqual(
      (await lines('calendar')).map(({ key, partition }) => [key, partition]).sort(),
      [0, 1, 2].map((partition) => ['*/T2', partition]),
    )
    for (const partition of [0, 1, 2]) {
      const sequences = quoteLines
        .filter((line) => line.partition === partition)
        .map(({ record }) => Number(record.sourceSequence))
      assert.deepEqual(
        sequences,
        [...sequences].sort((a, b) => a - b),
        'in the order of the file',
      )
    }

    const output = join(folder, 'quotes.avro')
    const consumed = await weir([
      'consume',
      ...topics.flags,
      '--stream',
      'quote',
      '--until-end',
      '--partition',
      '1',
      '--output',
      output,
    ])
    assert.equal(consumed.code, 0, consumed.stderr)
    const back = readAvro(output)
    assert.equal(back.schemaJson, SCHEMA_JSON.quote)
    const first = new Set(
      readAvro(join(folder, 'day/quote/q.avro')).records.map((bytes) => bytes.toString('hex')),
    )
    assert.equal(back.records.length, quoteLines.filter(({ partition }) => partition === 1).length)
    assert.ok(back.records.every((bytes) => first.has(bytes.toString('hex'))))

    const most = await weir([
      'consume',
      ...topics.flags,
      '--stream',
      'quote',
      '--partition',
      '1',
      '--from',
      '3',
      '--most',
      '2',
      '--json',
    ])
    assert.deepEqual(
      most.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as Line).offset),
      [3, 4],
    )
  })
})

test('a day is moved to now, and paced by its own time', kafka, async () => {
  await withFolder(async (folder) => {
    const topics = await testTopics('shift', ['quote'])
    const file = join(folder, 'q.avro')
    writeAvro(
      file,
      SCHEMA_JSON.quote,
      [0, 1, 2].map((index) => ({ ...quotes[index], ...header('NORD', index, index) })),
    )
    const before = Date.now()
    const flags = ['--stream', 'quote', '--input', file, '--shift-to-now', '--follow-time', '--json']
    const { code, stderr } = await weir(['produce', ...topics.flags, ...flags])
    assert.equal(code, 0, stderr)
    // Two seconds lie between the first and the last record.
    assert.ok(Date.now() - before >= 1_900)
    const output = join(folder, 'back.avro')
    await weir(['consume', ...topics.flags, '--stream', 'quote', '--until-end', '--output', output])
    const times = readAvro(output).records.map((bytes) => decodeRecord('quote', bytes).eventTime)
    assert.deepEqual(
      times.map((time) => time - times[0]!),
      [0, 1_000_000, 2_000_000],
    )
    assert.ok(times[0]! / 1_000 >= before - 2_000 && times[0]! / 1_000 <= Date.now())
  })
})

test('it stops at an interruption, and what was sent is whole', kafka, async () => {
  await withFolder(async (folder) => {
    const topics = await testTopics('stop', ['quote'])
    const file = join(folder, 'q.avro')
    writeAvro(file, SCHEMA_JSON.quote, quotes)
    const running = await weir(
      ['produce', ...topics.flags, '--stream', 'quote', '--input', file, '--rate', '50/s'],
      {
        onStderr: (text, child) => {
          if (/%/.test(text)) child.kill('SIGINT')
        },
      },
    )
    assert.equal(running.code, 130, running.stderr)
    assert.match(running.stdout, /records interrupted after/)
    assert.deepEqual(running.left, [])
    const output = join(folder, 'reading.avro')
    const reading = await weir(['consume', ...topics.flags, '--stream', 'quote', '--output', output], {
      onStderr: (text, child) => {
        // After the first records have come.
        if (/Ctrl-C/.test(text)) setTimeout(() => child.kill('SIGINT'), 2_000)
      },
    })
    assert.equal(reading.code, 130, reading.stderr)
    const whole = await weir(['consume', ...topics.flags, '--stream', 'quote', '--until-end', '--json'])
    assert.equal(whole.code, 0)
    const records = whole.stdout.trim().split('\n').length
    assert.ok(records > 10)
    assert.equal(readAvro(output).records.length, records)
  })
})

/**
 * `weir consume`: the records of a topic into an Avro file, or as lines of JSON.
 * Depends on commander and `runtime/kafka/files`.
 */
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import type { TopicStream } from '../pipeline/runtime/distributed/topics.js'
import {
  type ConsumeCounts,
  type ConsumedRecord,
  consumeTopic,
} from '../pipeline/runtime/kafka/files/consume.js'
import { openSchemaSource } from '../pipeline/runtime/registry/schema-source.js'
import { TOPIC_STREAMS } from '../pipeline/runtime/registry/stream-schemas.js'
import { AvroOutput } from './avro-output.js'
import { EXIT } from './failure.js'
import { required, wholeNumber } from './flags.js'
import { stopOnInterruption } from './interruption.js'
import { addKafkaFlags, type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { note } from './output.js'
import { Unreadable } from './produce.js'

interface ConsumeFlags extends KafkaFlags {
  readonly stream?: string
  readonly output?: string
  readonly from: 'beginning' | 'end' | number
  readonly partition?: number
  readonly most?: number
  readonly untilEnd?: boolean
}

const PARTITIONS_MOST = 100_000

export function register(program: Command): void {
  const command = program
    .command('consume')
    .description('read a topic of Weir into an Avro file, or as lines of JSON')
    .option('--stream <name>', 'needed: which topic; cycle is the journal')
    .option('--output <file>', 'Avro container file to write; - for standard output')
  addKafkaFlags(command)
    .option('--from <where>', 'beginning, end or an offset', parseFrom, 'beginning')
    .option('--partition <n>', 'only this one', wholeNumber('--partition', 0, PARTITIONS_MOST))
    .option('--most <n>', 'stop after this many records', wholeNumber('--most', 1, Number.MAX_SAFE_INTEGER))
    .option('--until-end', 'stop at the end of what the topic holds; otherwise new records are waited for')
    .option('--json', 'a JSON document a line for each record, with its place in Kafka')
    .addHelpText(
      'after',
      `
Reads committed records only, in no consumer group. Records come out in Weir's schema of the stream, whatever
schema they were written in. What cannot be read is told and passed over; then the exit code is 3.

With --json: {"topic","partition","offset","timestampMs","key","schemaId","fingerprint","record"}; bytes are
hexadecimal.

Examples:
  $ weir consume --kafka localhost:9092 --stream instruction --until-end --json
  $ weir consume --kafka localhost:9092 --stream cash-movement --output movements.avro --most 1000
Docs: docs/kafka-topics.md`,
    )
    .action(consume)
}

async function consume(flags: ConsumeFlags): Promise<void> {
  const stream = parseStream(required(flags.stream, '--stream', 'weir consume'))
  checkOutput(flags)
  const target = kafkaTarget(flags)
  const output = flags.output === undefined ? undefined : new AvroOutput(flags.output, stream)
  const schemas = openSchemaSource(target.registry, target.kafka.topicPrefix)
  if (flags.untilEnd !== true) note('weir: new records are waited for; Ctrl-C ends it')
  const stop = new AbortController()
  const told = new Unreadable()
  const reading = consumeTopic({
    settings: target.kafka,
    schemas,
    stream,
    from: flags.from,
    partition: flags.partition,
    most: flags.most ?? Number.POSITIVE_INFINITY,
    untilEnd: flags.untilEnd === true,
    signal: stop.signal,
    onRecord: (record) => {
      output?.append(record.encoded)
      if (flags.json === true) process.stdout.write(`${lineOf(record)}\n`)
    },
    onUnreadable: ({ topic, partition, offset }, reason) =>
      told.tell(`${topic} [${partition}] at offset ${offset}`, reason),
  })
  const finished = reading
    .finally(() => {
      schemas.close()
      output?.close()
    })
    .then(
      (counts) => {
        summarize(counts)
        if (counts.unreadable > 0) process.exitCode = EXIT.different
      },
      () => output?.discardIfEmpty(),
    )
  const forget = stopOnInterruption(() => {
    stop.abort()
    return finished
  })
  try {
    await reading
  } finally {
    await finished
    forget()
  }
}

function summarize({ records, deletions, unreadable }: ConsumeCounts): void {
  const further = [
    deletions > 0 ? `, ${deletions.toLocaleString('en-US')} deletions` : '',
    unreadable > 0 ? `, ${unreadable.toLocaleString('en-US')} that cannot be read` : '',
  ]
  note(`${records.toLocaleString('en-US')} records${further.join('')}`)
}

function lineOf({ key, encoded: _, ...record }: ConsumedRecord): string {
  return JSON.stringify({ ...record, key: key === null ? null : key.toString('utf8') }, bytesAsHex)
}

function bytesAsHex(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  // Buffers turn themselves into this before they get here.
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown }
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]).toString('hex') : value
}

function parseStream(text: string): TopicStream {
  const stream = TOPIC_STREAMS.find((name) => name === text)
  if (stream !== undefined) return stream
  throw new WeirError('WEIR_USAGE', `there is no topic of a stream '${text.slice(0, 40)}'`, {
    place: '--stream',
    remedy: `streams are ${TOPIC_STREAMS.join(', ')}`,
  })
}

function checkOutput({ output, json }: ConsumeFlags): void {
  if (output === undefined && json !== true) {
    throw new WeirError('WEIR_USAGE', 'nothing says where the records go', {
      place: '--output',
      remedy: 'give a file, - for standard output, or --json',
    })
  }
  if (output === '-' && json === true) {
    throw new WeirError('WEIR_USAGE', 'an Avro file and JSON cannot both go to standard output', {
      place: '--output',
      remedy: 'give a file, or leave out --json',
    })
  }
}

function parseFrom(text: string): 'beginning' | 'end' | number {
  if (text === 'beginning' || text === 'end') return text
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is no place in a topic`, {
    place: '--from',
    remedy: 'give beginning, end or an offset',
  })
}

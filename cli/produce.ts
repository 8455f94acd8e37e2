/**
 * `weir produce`: the records of Avro files into Weir's topics.
 * Depends on commander and `runtime/kafka/files`.
 */
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { type ProduceCounts, produceFiles } from '../pipeline/runtime/kafka/files/produce.js'
import { Sender } from '../pipeline/runtime/kafka/files/sender.js'
import { openSchemaSource } from '../pipeline/runtime/registry/schema-source.js'
import {
  type InputFolder,
  openInputFolder,
  openStreamFiles,
} from '../pipeline/runtime/sources/input-folder.js'
import { INPUT_STREAMS, type InputStream } from '../schemas/generated/schemas.js'
import { formatTable } from './amounts.js'
import { EXIT } from './failure.js'
import { required } from './flags.js'
import { stopOnInterruption } from './interruption.js'
import { addKafkaFlags, addRegisterFlag, type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { note, printJson, printText } from './output.js'

interface ProduceFlags extends KafkaFlags {
  readonly stream?: string
  readonly input?: string
  readonly rate?: number
  readonly followTime?: boolean
  readonly shiftToNow?: boolean
  readonly ownSchema?: boolean
}

const RATE_MOST = 1_000_000
/** Records that cannot be read are told one by one up to this many; then they are counted. */
const TOLD_AT_MOST = 10
const PROGRESS_EVERY_MS = 1_000

export function register(program: Command): void {
  const command = program
    .command('produce')
    .description("send the records of Avro files to Weir's topics")
    .option(
      '--input <path>',
      'needed: a file or folder of one stream, or without --stream a day: DIR/STREAM/*.avro',
    )
    .option('--stream <name>', 'what the records are, where the input is of one stream')
  addRegisterFlag(addKafkaFlags(command))
    .option('--rate <n/s>', 'most records a second', parseRate)
    .option('--follow-time', 'send each record as long after the first as its event time says')
    .option('--shift-to-now', 'move all times so that the first record is now; the records are written anew')
    .option('--own-schema', "write the records anew in Weir's own schema instead of the file's")
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Records are sent in the order of their arrival, each to the partition of its group, those for every group to all
partitions. The file's schema is looked up in the registry, or registered with --register. What cannot be read is
told and passed over; then the exit code is 3.

Examples:
  $ weir produce --kafka localhost:9092 --input ./day
  $ weir produce --kafka localhost:9092 --input ./day --follow-time --shift-to-now
  $ weir produce --config weir.yaml --stream quote --input quotes.avro --rate 500/s
Docs: docs/kafka-topics.md`,
    )
    .action(produce)
}

async function produce(flags: ProduceFlags): Promise<void> {
  const path = required(flags.input, '--input', 'weir produce')
  const target = kafkaTarget(flags)
  const input = openInput(path, flags.stream)
  const schemas = openSchemaSource(target.registry, target.kafka.topicPrefix)
  const sender = await Sender.open(target.kafka)
  const stop = new AbortController()
  const told = new Unreadable()
  const progress = new ProgressLines(flags.json === true)
  const startedAtMs = performance.now()
  const sending = produceFiles({
    settings: target.kafka,
    sender,
    schemas,
    input,
    ownSchema: flags.ownSchema === true,
    shiftToNow: flags.shiftToNow === true,
    ratePerSecond: flags.rate,
    followTime: flags.followTime === true,
    signal: stop.signal,
    onUnreadable: (place, reason) => told.tell(place, reason),
    onProgress: (fraction, counts) => progress.update(fraction, counts),
  })
  const finished = sending.then(
    (counts) => summarize(counts, performance.now() - startedAtMs, stop.signal.aborted, flags),
    () => undefined,
  )
  const forget = stopOnInterruption(() => {
    stop.abort()
    return finished
  })
  try {
    const counts = await sending
    await finished
    if (counts.unreadable > 0) process.exitCode = EXIT.different
  } finally {
    forget()
    schemas.close()
    await sender.close()
  }
}

function openInput(path: string, stream: string | undefined): InputFolder {
  return stream === undefined ? openInputFolder(path) : openStreamFiles(path, parseStream(stream))
}

function parseStream(text: string): InputStream {
  const stream = INPUT_STREAMS.find((name) => name === text)
  if (stream !== undefined) return stream
  throw new WeirError('WEIR_USAGE', `there is no input stream '${text.slice(0, 40)}'`, {
    place: '--stream',
    remedy: `input streams are ${INPUT_STREAMS.join(', ')}`,
  })
}

function parseRate(text: string): number {
  const [, digits] = /^([0-9]{1,7})(?:\/s)?$/.exec(text) ?? []
  const rate = Number(digits)
  if (rate >= 1 && rate <= RATE_MOST) return rate
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is not a rate`, {
    place: '--rate',
    remedy: `give records a second, such as 500/s, from 1 to ${RATE_MOST}`,
  })
}

function summarize(
  counts: ProduceCounts,
  elapsedMs: number,
  interrupted: boolean,
  flags: ProduceFlags,
): void {
  const streams = [...counts.streams].map(([stream, each]) => ({ stream, ...each }))
  if (flags.json === true) {
    const { records, messages, unreadable } = counts
    printJson({ records, messages, unreadable, interrupted, elapsedMs: Math.round(elapsedMs), streams })
    return
  }
  const rows = streams.map(({ topic, records, messages, unreadable }) =>
    [topic, records, messages, unreadable].map((value) => value.toLocaleString('en-US')),
  )
  const head = ['topic', 'records', 'messages', 'unreadable']
  printText(formatTable(head, rows, head.slice(1)))
  const seconds = (elapsedMs / 1_000).toFixed(1)
  const state = interrupted ? 'interrupted after' : 'acknowledged in'
  printText(`${counts.records.toLocaleString('en-US')} records ${state} ${seconds} s`)
}

/** Records that cannot be sent, told one by one up to a bound. */
export class Unreadable {
  #count = 0

  tell(place: string, reason: string): void {
    this.#count += 1
    if (this.#count <= TOLD_AT_MOST) note(`weir: ${place}: ${reason}`)
    if (this.#count === TOLD_AT_MOST) note('weir: further ones are counted only')
  }
}

/** A line a second on standard error. */
class ProgressLines {
  readonly #silent: boolean
  #nextAtMs = performance.now() + PROGRESS_EVERY_MS

  constructor(silent: boolean) {
    this.#silent = silent
  }

  update(fraction: number, { records }: ProduceCounts): void {
    if (this.#silent || performance.now() < this.#nextAtMs) return
    this.#nextAtMs = performance.now() + PROGRESS_EVERY_MS
    note(`${String(Math.floor(fraction * 100)).padStart(3)} %  ${records.toLocaleString('en-US')} records`)
  }
}

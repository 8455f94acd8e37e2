/**
 * Throughput: a backlog of payments, drained by an instance, by peers, and read by the bare client, in turns.
 *
 * The instance knows its groups already and was stopped; its start, the group's protocol and the reading of its journal are not counted: time runs
 * from the first payment taken to the last one in a committed cycle. The bare client's time runs from its first record to its last, and so does that of the
 * peers. Depends on the benchmark's broker, groups and contenders.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { dayOf } from '../../sandbox/live-feed/live-feed.js'
import type { BareOrder, BareReport } from './bare-consumer-child.js'
import { type Broker, freshTopics, peerTopicOf, writeAll } from './broker.js'
import { Contender, startInstance } from './contender.js'
import { groupNames, payment, RecordMaker, type SourceRecord, wallMicros } from './groups.js'
import type { PlainReport } from './plain-transform-child.js'
import { StreamsPeer } from './streams-peer.js'

export interface DrainOptions {
  readonly partitions: number
  readonly groups: number
  readonly records: number
  readonly workers: number
  /** Folder of the built peer; undefined leaves the peers out. */
  readonly streamsFolder: string | undefined
}

export interface Pace {
  readonly perSecond: number
  /** Processor time of the whole process a record, microseconds; NaN where it is not known. */
  readonly cpuMicros: number
}

export interface DrainRound {
  readonly weir: Pace & { readonly cycles: number; readonly transactions: number }
  readonly bare: Pace
  readonly plain: Pace | undefined
  readonly streams: Pace | undefined
}

export const STREAMS_DEFAULT_COMMIT_MS = 100

export async function measureDrain(broker: Broker, options: DrainOptions): Promise<DrainRound> {
  const { partitions, groups, records, workers, streamsFolder } = options
  const kafka = await freshTopics(broker, partitions)
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-kafka-'))
  const names = groupNames(groups, partitions)
  const maker = new RecordMaker(kafka.topicPrefix, partitions)
  try {
    await introduce(kafka, dataDir, names, maker, workers)
    await writeAll(kafka, payments(maker, names, records))
    const before = await bareClient(kafka, records)
    const weir = await drain(kafka, dataDir, workers, names.length, records)
    const after = await bareClient(kafka, records)
    const bare = {
      perSecond: 2 / (1 / before.perSecond + 1 / after.perSecond),
      cpuMicros: (before.cpuMicros + after.cpuMicros) / 2,
    }
    if (streamsFolder === undefined) return { weir, bare, plain: undefined, streams: undefined }
    const plain = await plainTransform(kafka, records)
    return { weir, bare, plain, streams: await kafkaStreams(kafka, streamsFolder, records) }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Lets an instance meet the groups, and stops it: from then on they are in its journal. */
export async function introduce(
  kafka: KafkaSettings,
  dataDir: string,
  names: readonly string[],
  maker: RecordMaker,
  workers: number,
): Promise<void> {
  await writeAll(
    kafka,
    names.flatMap((name) => maker.reference(name)),
  )
  const instance = startInstance({ kafka, dataDir, workers })
  try {
    await instance.until(
      'the groups are there',
      ({ groups, records, settled }) => groups >= names.length && records > 0 && settled,
    )
  } finally {
    await instance.stop()
  }
}

function* payments(maker: RecordMaker, names: readonly string[], count: number): Generator<SourceRecord> {
  const today = dayOf(wallMicros())
  for (let index = 0; index < count; index++) {
    const amountMinor = Math.floor(index / names.length) % 2 === 0 ? 100 : -100
    const fields = payment(`drain/${index}`, 'OPERATING', amountMinor, today)
    yield maker.record('cash-movement', names[index % names.length], fields)
  }
}

async function drain(
  kafka: KafkaSettings,
  dataDir: string,
  workers: number,
  groups: number,
  records: number,
): Promise<DrainRound['weir']> {
  const instance = startInstance({ kafka, dataDir, workers })
  try {
    const began = await instance.until('the first payment is taken', (report) => report.records > 0)
    const ended = await instance.until(
      'the last payment is journaled',
      (report) => report.records >= records && report.settled && report.groups >= groups,
    )
    const { cycles, transactions } = ended
    return { ...paceBetween(began, ended), cycles, transactions }
  } finally {
    await instance.stop()
  }
}

async function bareClient(kafka: KafkaSettings, records: number): Promise<Pace> {
  const order: BareOrder = { kafka, streams: ['cash-movement'], records }
  const bare = new Contender<BareReport>('./bare-consumer-child.js', order)
  const { seconds, cpuSeconds } = await bare.until(
    'the backlog is read',
    (report) => report.records >= records,
  )
  await bare.stop()
  return { perSecond: records / seconds, cpuMicros: (1e6 * cpuSeconds) / records }
}

async function plainTransform(kafka: KafkaSettings, records: number): Promise<Pace> {
  const plain = new Contender<PlainReport>('./plain-transform-child.js', {
    kafka: { ...kafka, group: `${kafka.group}-plain` },
    outputTopic: peerTopicOf(kafka),
  })
  try {
    const began = await plain.until('the first transaction', (report) => report.records > 0)
    const ended = await plain.until('the backlog is through', (report) => report.records >= records)
    return paceBetween(began, ended)
  } finally {
    await plain.stop()
  }
}

async function kafkaStreams(kafka: KafkaSettings, folder: string, records: number): Promise<Pace> {
  const options = {
    kafka,
    outputTopic: peerTopicOf(kafka),
    commitIntervalMs: STREAMS_DEFAULT_COMMIT_MS,
    threads: 2,
  }
  const streams = new StreamsPeer(folder, options)
  try {
    const began = await streams.reports.until('the first record', (report) => report.records > 0)
    const ended = await streams.reports.until('the backlog is through', (report) => report.records >= records)
    return paceBetween(began, ended)
  } finally {
    await streams.stop()
  }
}

interface Progress {
  readonly records: number
  readonly atMs: number
  readonly cpuMs?: number
}

function paceBetween(began: Progress, ended: Progress): Pace {
  const records = ended.records - began.records
  const seconds = (ended.atMs - began.atMs) / 1000
  const cpuMs = (ended.cpuMs ?? Number.NaN) - (began.cpuMs ?? Number.NaN)
  return { perSecond: records / seconds, cpuMicros: (1000 * cpuMs) / records }
}

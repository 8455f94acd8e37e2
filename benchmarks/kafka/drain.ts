/**
 * Throughput: a backlog of payments, drained by an instance and read by the bare client, in turns.
 *
 * The instance knows its groups already and was stopped; its start, the group's protocol and the reading of its journal are not counted: time runs
 * from the first payment taken to the last one in a committed cycle. The bare client's time runs from its first record to its last.
 * Depends on the benchmark's broker, groups and processes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import type { BareOrder, BareReport } from './bare-consumer-child.js'
import { type Broker, freshTopics, writeAll } from './broker.js'
import { answerOf } from './child.js'
import { startInstance } from './contender.js'
import { groupNames, payment, RecordMaker, type SourceRecord, todayOf, wallMicros } from './groups.js'

export interface DrainOptions {
  readonly partitions: number
  readonly groups: number
  readonly records: number
  readonly workers: number
  readonly rounds: number
}

export interface DrainRound {
  readonly weirPerSecond: number
  readonly barePerSecond: number
  /** Processor time of the whole process a record, microseconds. */
  readonly weirCpuMicros: number
  readonly bareCpuMicros: number
  readonly cycles: number
  readonly transactions: number
}

export async function measureDrain(broker: Broker, options: DrainOptions): Promise<readonly DrainRound[]> {
  const { partitions, groups, records, workers, rounds } = options
  const kafka = await freshTopics(broker, partitions)
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-kafka-'))
  const names = groupNames(groups, partitions)
  const maker = new RecordMaker(kafka.topicPrefix, partitions)
  const measured: DrainRound[] = []
  try {
    await introduce(kafka, dataDir, names, maker, workers)
    for (let round = 0; round < rounds; round++) {
      await writeAll(kafka, payments(maker, names, records, round))
      const order: BareOrder = { kafka, streams: ['cash-movement'], records: records * (round + 1) }
      const bareBefore = await answerOf<BareReport>(
        new URL('./bare-consumer-child.js', import.meta.url),
        order,
      )
      const weir = await drain(kafka, dataDir, workers, names.length, records)
      const bareAfter = await answerOf<BareReport>(
        new URL('./bare-consumer-child.js', import.meta.url),
        order,
      )
      const bare = [bareBefore, bareAfter]
      const total = (of: (one: BareReport) => number): number => bare.reduce((sum, one) => sum + of(one), 0)
      measured.push({
        ...weir,
        barePerSecond: total((one) => one.records) / total((one) => one.seconds),
        bareCpuMicros: (1e6 * total((one) => one.cpuSeconds)) / total((one) => one.records),
      })
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  return measured
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

function* payments(
  maker: RecordMaker,
  names: readonly string[],
  count: number,
  round: number,
): Generator<SourceRecord> {
  const today = todayOf(wallMicros())
  for (let index = 0; index < count; index++) {
    const amountMinor = Math.floor(index / names.length) % 2 === 0 ? 100 : -100
    const fields = payment(`${round}/${index}`, 'OPERATING', amountMinor, today)
    yield maker.record('cash-movement', names[index % names.length], fields)
  }
}

async function drain(
  kafka: KafkaSettings,
  dataDir: string,
  workers: number,
  groups: number,
  records: number,
) {
  const instance = startInstance({ kafka, dataDir, workers })
  try {
    const began = await instance.until('the first payment is taken', (report) => report.records > 0)
    const ended = await instance.until(
      'the last payment is journaled',
      (report) => report.records >= records && report.settled && report.groups >= groups,
    )
    const seconds = (ended.atMs - began.atMs) / 1000
    const taken = ended.records - began.records
    return {
      weirPerSecond: taken / seconds,
      weirCpuMicros: (1000 * (ended.cpuMs - began.cpuMs)) / taken,
      cycles: ended.cycles,
      transactions: ended.transactions,
    }
  } finally {
    await instance.stop()
  }
}

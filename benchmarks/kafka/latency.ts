/**
 * Latency from a source record to the instruction it causes, exactly once, of an instance and of its peers at given rates.
 * Depends on the load, the groups and the contenders.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '../../pipeline/identity.js'
import { topicOf } from '../../pipeline/runtime/distributed/topics.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { decodeRecord } from '../../schemas/avro/registry.js'
import { WIRE_HEADER_BYTES } from '../../schemas/avro/wire-format.js'
import { id } from '../../tests/support/small-group.js'
import { type Broker, freshTopics, peerTopicOf } from './broker.js'
import { Contender, startInstance } from './contender.js'
import { introduce } from './drain.js'
import { groupNames, RecordMaker } from './groups.js'
import type { PlainReport } from './plain-transform-child.js'
import { StreamsPeer } from './streams-peer.js'
import { type LoadResult, type Refill, TriggerLoad } from './trigger-load.js'

export interface LatencyOptions {
  readonly partitions: number
  readonly groups: number
  readonly workers: number
  readonly triggersPerSecond: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** Starts a contender on fresh topics; it is ready when the promise is kept. */
type Start = (
  kafka: KafkaSettings,
  names: readonly string[],
  maker: RecordMaker,
) => Promise<{ stop(): Promise<void> }>

/** One result for each rate, measured one after the other with one process. */
async function measure(
  broker: Broker,
  options: LatencyOptions,
  rates: readonly number[],
  start: Start,
  output: (kafka: KafkaSettings, maker: RecordMaker) => Pick<LoadOutput, 'outputTopic' | 'refillOf'>,
): Promise<readonly LoadResult[]> {
  const { partitions, groups, triggersPerSecond, seconds, warmUpSeconds } = options
  const kafka = await freshTopics(broker, partitions)
  const names = groupNames(groups, partitions)
  const maker = new RecordMaker(kafka.topicPrefix, partitions)
  const contender = await start(kafka, names, maker)
  try {
    const load = await TriggerLoad.open({
      kafka,
      maker,
      groups: names,
      outputPartitions: partitions,
      ...output(kafka, maker),
    })
    const results: LoadResult[] = []
    for (const rate of rates) results.push(await load.run(rate, triggersPerSecond, seconds, warmUpSeconds))
    await load.close()
    return results
  } finally {
    await contender.stop()
  }
}

type LoadOutput = Parameters<typeof TriggerLoad.open>[0]

export function weirLatency(
  broker: Broker,
  options: LatencyOptions,
  rates: readonly number[],
): Promise<readonly LoadResult[]> {
  const { workers } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-kafka-'))
  const start: Start = async (kafka, names, maker) => {
    await introduce(kafka, dataDir, names, maker, workers)
    const instance = startInstance({ kafka, dataDir, workers })
    await instance.until('the instance is live', ({ lifeCycle }) => lifeCycle === 'live')
    return instance
  }
  const output = (kafka: KafkaSettings, maker: RecordMaker) => ({
    outputTopic: topicOf(kafka.topicPrefix, 'instruction'),
    refillOf: ({ value }: { value: unknown }) => refillOfInstruction(value as Buffer, maker),
  })
  return measure(broker, options, rates, start, output).finally(() =>
    rmSync(dataDir, { recursive: true, force: true }),
  )
}

export function plainLatency(
  broker: Broker,
  options: LatencyOptions,
  rates: readonly number[],
): Promise<readonly LoadResult[]> {
  const start: Start = async (kafka) => {
    const plain = new Contender<PlainReport>('./plain-transform-child.js', {
      kafka,
      outputTopic: peerTopicOf(kafka),
    })
    await plain.until('it runs', () => true)
    await new Promise((resolve) => setTimeout(resolve, JOIN_MS))
    return plain
  }
  return measure(broker, options, rates, start, peerOutput)
}

export function streamsLatency(
  broker: Broker,
  options: LatencyOptions,
  rates: readonly number[],
  folder: string,
  commitIntervalMs: number,
): Promise<readonly LoadResult[]> {
  const start: Start = async (kafka) => {
    const outputTopic = peerTopicOf(kafka)
    const streams = new StreamsPeer(folder, { kafka, outputTopic, commitIntervalMs, threads: 2 })
    await streams.reports.until('it runs', ({ running }) => running)
    return streams
  }
  return measure(broker, options, rates, start, peerOutput)
}

/** A consumer group is formed within this. */
const JOIN_MS = 3_000

const peerOutput = (kafka: KafkaSettings) => ({
  outputTopic: peerTopicOf(kafka),
  refillOf: ({ value }: { value: unknown }): Refill | undefined => {
    const [groupId, amount] = (value as Buffer).toString('utf8').split(',')
    return groupId === 'balances'
      ? undefined
      : { groupId, amountMinor: Number(amount), settlement: undefined }
  },
})

/** Refills of PAYROLL; each instruction is settled at once. */
export function refillOfInstruction(value: Buffer, maker: RecordMaker): Refill {
  const { groupId, instructionId, destinationAccountId, amountMinor, counterAmountMinor } = decodeRecord(
    'instruction',
    value.subarray(WIRE_HEADER_BYTES),
  )
  const settlement = maker.record('execution', groupId, {
    executionId: id(`settled ${toHex(instructionId)}`),
    sourceId: `bank-${groupId}`,
    instructionId,
    status: 'SETTLED',
    reasonCode: '',
    settledMinor: amountMinor,
    counterSettledMinor: counterAmountMinor,
  })
  return { groupId, amountMinor: destinationAccountId === 'PAYROLL' ? amountMinor : 0, settlement }
}

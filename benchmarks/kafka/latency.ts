/**
 * Latency from a source record to the instruction it causes, exactly once, of an instance at a given rate.
 * Depends on the load, the groups and the instance's process.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '../../pipeline/identity.js'
import { bodyOf } from '../../pipeline/runtime/distributed/journal-entries.js'
import { topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { decodeRecord } from '../../schemas/avro/registry.js'
import { id } from '../../tests/support/small-group.js'
import { type Broker, freshTopics } from './broker.js'
import { startInstance } from './contender.js'
import { introduce } from './drain.js'
import { groupNames, RecordMaker } from './groups.js'
import { type LoadResult, type Refill, TriggerLoad } from './trigger-load.js'

export interface LatencyOptions {
  readonly partitions: number
  readonly groups: number
  readonly workers: number
  readonly triggersPerSecond: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** One result for each rate, measured one after the other with one instance. */
export async function measureLatency(
  broker: Broker,
  options: LatencyOptions,
  rates: readonly number[],
): Promise<readonly LoadResult[]> {
  const { partitions, groups, workers, triggersPerSecond, seconds, warmUpSeconds } = options
  const kafka = await freshTopics(broker, partitions)
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-kafka-'))
  const names = groupNames(groups, partitions)
  const maker = new RecordMaker(kafka.topicPrefix, partitions)
  try {
    await introduce(kafka, dataDir, names, maker, workers)
    const instance = startInstance({ kafka, dataDir, workers })
    try {
      await instance.until('the instance is live', ({ lifeCycle }) => lifeCycle === 'live')
      const load = await TriggerLoad.open({
        kafka,
        maker,
        groups: names,
        outputTopic: topicOf(kafka.topicPrefix, 'instruction'),
        outputPartitions: partitions,
        refillOf: ({ value }) => refillOf(value as Buffer, maker),
      })
      const results: LoadResult[] = []
      for (const rate of rates) results.push(await load.run(rate, triggersPerSecond, seconds, warmUpSeconds))
      await load.close()
      return results
    } finally {
      await instance.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function refillOf(value: Buffer, maker: RecordMaker): Refill | undefined {
  const { groupId, instructionId, destinationAccountId, amountMinor, counterAmountMinor } = decodeRecord(
    'instruction',
    bodyOf(value),
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

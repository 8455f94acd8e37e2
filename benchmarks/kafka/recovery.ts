/**
 * How long an instance takes until it is live again, by the length of its journal: from the beginning, and from its last snapshot.
 *
 * The journal is grown by an instance under load at the live rate, so cycles are as small as they are then; snapshots are made
 * meanwhile. Then it is stopped and started twice: with an empty data folder, and with its own. Depends on the load and the contenders.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import { topicOf } from '../../pipeline/runtime/distributed/topics.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { type Broker, freshTopics } from './broker.js'
import { startInstance } from './contender.js'
import { introduce } from './drain.js'
import { groupNames, RecordMaker } from './groups.js'
import { refillOfInstruction } from './latency.js'
import { TriggerLoad } from './trigger-load.js'

export interface RecoveryOptions {
  readonly groups: number
  readonly workers: number
  /** Events a second while the journal grows: what the replay is compared with. */
  readonly liveRate: number
  /** Lengths of the journal, rising. */
  readonly entries: readonly number[]
  readonly snapshotEveryEntries: number
}

export interface RecoveryRow {
  readonly entries: number
  readonly events: number
  /** From the start of the process until the partition is owned, seconds. */
  readonly coldSeconds: number
  readonly snapshotSeconds: number
  /** Events of the journal applied and compared a second, from the first to the last one; cold. */
  readonly replayPerSecond: number
}

/** Of one stretch of load; the length is looked at in between. */
const STRETCH_SECONDS = 3
/** A machine that cannot keep up puts more events into a cycle, so the journal may take longer to grow. */
const STRETCHES_MOST = 40
const TRIGGERS_PER_SECOND = 10
const PARTITIONS = 1

export async function measureRecovery(
  broker: Broker,
  options: RecoveryOptions,
): Promise<readonly RecoveryRow[]> {
  const kafka = await freshTopics(broker, PARTITIONS)
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-kafka-'))
  const names = groupNames(options.groups, PARTITIONS)
  const maker = new RecordMaker(kafka.topicPrefix, PARTITIONS)
  const rows: RecoveryRow[] = []
  let events = 0
  try {
    await introduce(kafka, dataDir, names, maker, options.workers)
    for (const entries of options.entries) {
      const grown = await grow(kafka, dataDir, names, maker, options, entries)
      events += grown.events
      const empty = mkdtempSync(join(tmpdir(), 'weir-bench-kafka-'))
      const cold = await timed(kafka, empty, options, grown.entries)
      rmSync(empty, { recursive: true, force: true })
      const warm = await timed(kafka, dataDir, options, grown.entries)
      rows.push({
        entries: grown.entries,
        events,
        coldSeconds: cold.seconds,
        snapshotSeconds: warm.seconds,
        replayPerSecond: events / cold.replaySeconds,
      })
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  return rows
}

/** Gives the number of payments that were sent, and the length of the journal. */
async function grow(
  kafka: KafkaSettings,
  dataDir: string,
  groups: readonly string[],
  maker: RecordMaker,
  { workers, snapshotEveryEntries, liveRate }: RecoveryOptions,
  entries: number,
): Promise<{ readonly events: number; readonly entries: number }> {
  const instance = startInstance({ kafka, dataDir, workers, snapshotEveryEntries })
  const load = await TriggerLoad.open({
    kafka,
    maker,
    groups,
    outputTopic: topicOf(kafka.topicPrefix, 'instruction'),
    outputPartitions: PARTITIONS,
    refillOf: ({ value }) => refillOfInstruction(value as Buffer, maker),
  })
  try {
    await instance.until('the instance is live', ({ lifeCycle }) => lifeCycle === 'live')
    for (let stretch = 1; stretch <= STRETCHES_MOST; stretch++) {
      await load.run(liveRate, TRIGGERS_PER_SECOND, STRETCH_SECONDS, STRETCH_SECONDS)
      const { entries: reached } = await instance.until('everything is journaled', ({ settled }) => settled)
      if (reached >= entries) return { events: stretch * STRETCH_SECONDS * liveRate, entries: reached }
    }
  } finally {
    await load.close()
    await instance.stop()
  }
  throw new WeirError('WEIR_KAFKA', `the journal did not grow to ${entries} entries`, {
    place: 'benchmark of recovery',
  })
}

async function timed(
  kafka: KafkaSettings,
  dataDir: string,
  { workers, snapshotEveryEntries }: RecoveryOptions,
  length: number,
): Promise<{ readonly seconds: number; readonly replaySeconds: number }> {
  const startedMs = performance.timeOrigin + performance.now()
  const instance = startInstance({ kafka, dataDir, workers, snapshotEveryEntries })
  try {
    const began = await instance.until('the journal is read', ({ entries }) => entries > 0)
    const read = instance.until('the journal is applied', ({ entries }) => entries >= length)
    const live = await instance.until('the instance is live', ({ lifeCycle }) => lifeCycle === 'live')
    const { atMs } = await read
    return {
      seconds: (live.atMs - startedMs) / 1000,
      replaySeconds: Math.max(atMs - began.atMs, 1) / 1000,
    }
  } finally {
    await instance.stop()
  }
}

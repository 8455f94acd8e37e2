/**
 * From `kill -9` of a partition's owner to the first cycle that its standby has committed, by session timeout.
 *
 * Payments come at a low rate all the time. What counts is the first entry of a cycle in the journal behind the mark of the new owner, as a
 * reader of committed records sees it. Depends on the contenders and the journal's layout.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEntry } from '../../pipeline/runtime/distributed/journal-entries.js'
import { topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { CYCLE_KIND } from '../../pipeline/runtime/journal/layout.js'
import { segmentSchema } from '../../pipeline/runtime/journal/record-types.js'
import type { Message } from '../../pipeline/runtime/kafka/client.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import { type Broker, freshTopics } from './broker.js'
import { startInstance } from './contender.js'
import { introduce } from './drain.js'
import { groupNames, RecordMaker } from './groups.js'
import { TriggerLoad } from './trigger-load.js'

export interface TakeoverOptions {
  readonly groups: number
  readonly workers: number
  readonly sessionTimeoutMillis: number
}

const PARTITIONS = 1
const EVENTS_PER_SECOND = 200
/** Longer than any takeover that is worth a figure. */
const LOAD_SECONDS = 20

/** Seconds. */
export async function measureTakeover(broker: Broker, options: TakeoverOptions): Promise<number> {
  const { groups, workers, sessionTimeoutMillis } = options
  const kafka = await freshTopics(broker, PARTITIONS, { sessionTimeoutMillis, standby: true })
  const names = groupNames(groups, PARTITIONS)
  const maker = new RecordMaker(kafka.topicPrefix, PARTITIONS)
  const dataDirs = ['owner', 'standby'].map(() => mkdtempSync(join(tmpdir(), 'weir-bench-kafka-')))
  const instances: ReturnType<typeof startInstance>[] = []
  try {
    await introduce(kafka, dataDirs[0], names, maker, workers)
    const owner = startInstance({ kafka: { ...kafka, instance: 'owner' }, dataDir: dataDirs[0], workers })
    instances.push(owner)
    await owner.until('the owner is live', ({ lifeCycle }) => lifeCycle === 'live')
    const standby = startInstance({ kafka: { ...kafka, instance: 'standby' }, dataDir: dataDirs[1], workers })
    instances.push(standby)
    const journal = new Takeovers()
    const load = await TriggerLoad.open({
      kafka,
      maker,
      groups: names,
      outputTopic: topicOf(kafka.topicPrefix, 'cycle'),
      outputPartitions: PARTITIONS,
      refillOf: (message) => journal.take(message),
    })
    try {
      const sending = load.run(EVENTS_PER_SECOND, 1, LOAD_SECONDS, LOAD_SECONDS)
      await standby.until('the standby follows', ({ followed }) => followed > EVENTS_PER_SECOND / 10)
      const killedMs = performance.now()
      await owner.kill()
      const seconds = ((await journal.firstCycle) - killedMs) / 1000
      load.stop()
      await sending
      return seconds
    } finally {
      await load.close()
    }
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()))
    for (const dataDir of dataDirs) rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Looks for a mark in the journal, and the first cycle behind it. */
class Takeovers {
  readonly firstCycle: Promise<number>
  readonly #schema = segmentSchema(SCHEMA_JSON['journal-entry'])
  #marked = false
  #resolve: (atMs: number) => void = () => {}

  constructor() {
    this.firstCycle = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** No entry is a refill: the load's triggers stay unanswered, and are not looked at. */
  take({ value }: Message): undefined {
    if (value === null) this.#marked = true
    else if (this.#marked && parseEntry(value as Buffer, this.#schema, 'journal').kind === CYCLE_KIND)
      this.#resolve(performance.now())
  }
}

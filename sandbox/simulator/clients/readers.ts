/**
 * The reading ports of an instance: its journal, and the sources of the partitions that it owns.
 *
 * Depends on the fetcher.
 */

import { PendingOperation } from '../../../pipeline/runtime/distributed/pending-operation.js'
import type {
  BrokerFault,
  JournalReader,
  LogRecord,
  Operation,
  SourceReader,
  SourceRecord,
} from '../../../pipeline/runtime/distributed/ports.js'
import { faultOf } from '../fault-of.js'
import { request } from '../network.js'
import type { Process } from '../process.js'
import { SECOND } from '../scheduler.js'
import { Fetcher, type World } from './fetcher.js'

const END_TIMEOUT_MICROS = 2 * SECOND

export class SimulatedJournalReader implements JournalReader {
  readonly #fetchers = new Map<number, Fetcher>()

  constructor(
    private readonly world: World,
    private readonly process: Process,
    private readonly topic: string,
    private readonly bell: () => void,
  ) {}

  start(partition: number, offset: number): void {
    this.stop(partition)
    const from = new Map([[this.topic, Math.max(0, offset)]])
    this.#fetchers.set(partition, new Fetcher(this.world, this.process, partition, from, this.bell))
  }

  stop(partition: number): void {
    this.#fetchers.get(partition)?.stop()
    this.#fetchers.delete(partition)
  }

  poll(partition: number, most: number): readonly LogRecord[] {
    return this.#fetchers.get(partition)?.poll(most) ?? []
  }

  endOf(partition: number): Operation<number> {
    const operation = new PendingOperation<number>({ ring: this.bell })
    const { cluster, network } = this.world
    const broker = cluster.leaderOf(this.topic, partition)
    request<number | 'unavailable'>(network, this.process, {
      to: broker,
      label: `end of ${this.topic}/${partition}`,
      timeoutMicros: END_TIMEOUT_MICROS,
      serve: (answer) => cluster.serve(broker, answer, () => cluster.logOf(this.topic, partition).endOffset),
      settle: (answer) => {
        if (typeof answer === 'number') operation.succeed(answer)
        else operation.fail(faultOf('retriable', `the end of partition ${partition} is not known`))
      },
    })
    return operation
  }

  faultOf(partition: number): BrokerFault | undefined {
    return this.#fetchers.get(partition)?.fault
  }
}

export class SimulatedSourceReader implements SourceReader {
  readonly #fetchers = new Map<number, Fetcher>()

  constructor(
    private readonly world: World,
    private readonly process: Process,
    private readonly topics: readonly string[],
    private readonly bell: () => void,
  ) {}

  start(partition: number, offsets: ReadonlyMap<string, number>, topics = this.topics): void {
    this.stop(partition)
    const from = new Map(topics.map((topic) => [topic, offsets.get(topic) ?? 0]))
    this.#fetchers.set(partition, new Fetcher(this.world, this.process, partition, from, this.bell))
  }

  stop(partition: number): void {
    this.#fetchers.get(partition)?.stop()
    this.#fetchers.delete(partition)
  }

  pause(partition: number): void {
    this.#fetchers.get(partition)?.pause()
  }

  resume(partition: number): void {
    this.#fetchers.get(partition)?.resume()
  }

  poll(partition: number, most: number): readonly SourceRecord[] {
    return this.#fetchers.get(partition)?.poll(most) ?? []
  }

  faultOf(partition: number): BrokerFault | undefined {
    return this.#fetchers.get(partition)?.fault
  }

  atEnd(partition: number, topic: string): boolean {
    return this.#fetchers.get(partition)?.atEnd(topic) ?? false
  }

  lagOf(partition: number): number {
    return this.#fetchers.get(partition)?.lag() ?? -1
  }
}

/**
 * A plain producer, as feeds and banks use it: it sends again what was not acknowledged, so a record may come twice and
 * later than one that was sent after it. Depends on cluster and network.
 */
import { partitionOf } from '../../pipeline/runtime/distributed/topics.js'
import { Random } from '../random.js'
import type { World } from './clients/fetcher.js'
import { request } from './network.js'
import type { Process } from './process.js'
import { MILLISECOND, SECOND } from './scheduler.js'

const TIMEOUT_MICROS = 2 * SECOND
const BACK_OFF_MICROS = { least: 20 * MILLISECOND, most: SECOND }

export class Producer {
  readonly #random: Random
  /** Records without an acknowledgement. */
  underWay = 0

  constructor(
    private readonly world: World,
    private readonly process: Process,
  ) {
    this.#random = new Random('producer', world.seed, process.name)
  }

  /** Sends a record to the partition of its key. */
  send(topic: string, key: string, value: Uint8Array, acknowledged?: () => void): void {
    const partition = partitionOf(key, this.world.cluster.options.partitions)
    this.sendTo(topic, partition, key, value, acknowledged)
  }

  sendTo(
    topic: string,
    partition: number,
    key: string,
    value: Uint8Array,
    acknowledged: () => void = () => undefined,
  ): void {
    this.underWay++
    const { cluster, network } = this.world
    const broker = cluster.leaderOf(topic, partition)
    const attempt = (): void =>
      request<'ok' | 'unavailable'>(network, this.process, {
        to: broker,
        label: `produce ${topic}/${partition}`,
        timeoutMicros: TIMEOUT_MICROS,
        repeatable: true,
        serve: (answer) =>
          cluster.serve(broker, answer, () => {
            cluster.logOf(topic, partition).append(Buffer.from(key), value, cluster.timeMs(), -1)
            return 'ok' as const
          }),
        settle: (answer) => {
          if (answer === 'ok') {
            this.underWay--
            acknowledged()
          } else {
            const { least, most } = BACK_OFF_MICROS
            this.process.after(this.#random.integer(least, most), 'produce again', attempt)
          }
        },
      })
    attempt()
  }
}

/**
 * The producers of a simulation as a process: they send what is planned, until the broker has acknowledged it.
 *
 * Depends on the plan and the producer.
 */
import { topicOf } from '../../../pipeline/runtime/distributed/topics.js'
import type { World } from '../clients/fetcher.js'
import { Process } from '../process.js'
import { Producer } from '../producer.js'
import type { FeedPlan } from './plan.js'

export class Feed {
  readonly #producer: Producer
  #next = 0

  constructor(
    private readonly world: World,
    private readonly plan: FeedPlan,
    private readonly prefix: string,
  ) {
    const process = new Process('feed', world.cluster.scheduler)
    this.#producer = new Producer(world, process)
    this.#schedule(process)
  }

  /** Whether everything planned is in the topics. */
  get done(): boolean {
    return this.#next === this.plan.records.length && this.#producer.underWay === 0
  }

  #schedule(process: Process): void {
    const next = this.plan.records[this.#next]
    if (next === undefined) return
    process.after(next.atMicros - this.world.cluster.scheduler.nowMicros, 'feed', () => {
      this.#next++
      const { stream, partition, key, value } = next
      this.#producer.sendTo(topicOf(this.prefix, stream), partition, key, value)
      this.#schedule(process)
    })
  }
}

/**
 * Whether a follower is so close to the journal's end that it could take over from memory.
 *
 * The end is asked for once: a journal that grows meanwhile is followed as it grows. Pure. Depends on the ports.
 */
import type { Follower } from './follower.js'
import { RETRY_PAUSE_MS, WARM_WITHIN_ENTRIES } from './limits.js'
import type { InstancePorts, Operation } from './ports.js'

export class Warmth {
  readonly #partition: number
  readonly #ports: Pick<InstancePorts, 'journal' | 'clock'>
  #end: Operation<number> | undefined
  #askAtMs = 0

  constructor(partition: number, ports: Pick<InstancePorts, 'journal' | 'clock'>) {
    this.#partition = partition
    this.#ports = ports
  }

  isWarm(follower: Follower | undefined): boolean {
    if (follower?.isReading !== true) return false
    const now = this.#ports.clock.monotonicMs()
    if (this.#end === undefined && now < this.#askAtMs) return false
    this.#end ??= this.#ports.journal.endOf(this.#partition)
    if (this.#end.state === 'failed') {
      this.#end = undefined
      this.#askAtMs = now + RETRY_PAUSE_MS
    }
    const end = this.#end?.value
    return end !== undefined && follower.isIdle && follower.offset >= end - WARM_WITHIN_ENTRIES
  }
}

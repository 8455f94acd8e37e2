/**
 * Whether a follower is so close behind the end of its journal that it could take over from memory. Pure. Depends on the ports.
 */
import type { Follower } from './follower.js'
import { RETRY_PAUSE_MS, WARM_WITHIN_ENTRIES } from './limits.js'
import type { InstancePorts, Operation } from './ports.js'

export class Warmth {
  readonly #ports: InstancePorts
  /** Where the journal ended when it was asked. */
  #end: Operation<number> | undefined
  #askAtMs = 0

  constructor(ports: InstancePorts) {
    this.#ports = ports
  }

  of(follower: Follower): boolean {
    if (!follower.isReading) return false
    const now = this.#ports.clock.monotonicMs()
    if (this.#end === undefined && now < this.#askAtMs) return false
    this.#end ??= this.#ports.journal.endOf(follower.state.partition)
    if (this.#end.state === 'failed') {
      this.#end = undefined
      this.#askAtMs = now + RETRY_PAUSE_MS
    }
    const end = this.#end?.value
    return end !== undefined && follower.isIdle && follower.offset >= end - WARM_WITHIN_ENTRIES
  }
}

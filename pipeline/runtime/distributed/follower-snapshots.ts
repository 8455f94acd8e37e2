/**
 * When a follower makes a snapshot: after so many entries, at the place that it has read to.
 *
 * Pure. Depends on the ports.
 */
import type { Follower } from './follower.js'
import type { InstanceOptions } from './options.js'
import type { PartitionGroup } from './partition-group.js'
import type { InstancePorts, Operation } from './ports.js'
import { placeOf, SnapshotDraft } from './snapshot-draft.js'

export class FollowerSnapshots {
  readonly #follower: Follower
  readonly #ports: InstancePorts
  readonly #options: InstanceOptions
  /** Sequence of the last snapshot; -1 until the first look. */
  #lastSequence = -1
  #draft: SnapshotDraft | undefined
  #writing: Operation<void> | undefined

  constructor(follower: Follower, ports: InstancePorts, options: InstanceOptions) {
    this.#follower = follower
    this.#ports = ports
    this.#options = options
  }

  take(group: PartitionGroup, digest: Uint8Array, state: Uint8Array): void {
    this.#draft?.take(group, digest, state)
  }

  abandon(): void {
    this.#draft = undefined
  }

  step(): boolean {
    const { state } = this.#follower
    if (!this.#follower.isReading) return false
    if (this.#lastSequence < 0) this.#lastSequence = state.chain.nextSequence
    if (this.#writing !== undefined) {
      if (this.#writing.state === 'pending') return false
      if (this.#writing.state === 'failed') {
        state.snapshotFailures++
        this.#ports.notices.warn(`a snapshot was not written: ${this.#writing.fault?.error.toLine()}`, {
          partition: state.partition,
        })
      } else state.snapshotSequence = this.#lastSequence
      this.#writing = undefined
      return true
    }
    if (this.#draft !== undefined) {
      if (!this.#draft.isComplete) return false
      this.#lastSequence = this.#draft.place.nextSequence
      this.#writing = this.#ports.snapshots.write(this.#draft.build(this.#options.journalId))
      this.#draft = undefined
      return true
    }
    return this.#begin()
  }

  /** Only between results: what is asked for then is the state behind every cycle that was read. */
  #begin(): boolean {
    const { state } = this.#follower
    const due = state.chain.nextSequence - this.#lastSequence >= this.#options.snapshotEveryEntries
    if (!due || !this.#follower.isIdle) return false
    for (const group of state.groups.values()) {
      if (group.agent !== 'ready') return false
      group.committedCycle = group.nextCycle - 1
    }
    this.#draft = new SnapshotDraft(state, placeOf(state), this.#follower.offset, this.#ports.agents)
    return true
  }
}

/**
 * When an owner makes a snapshot, and how: between two transactions it asks for the journal's end, which is exact then, and
 * for the states of the agents; it writes when every cycle in them is committed.
 *
 * Pure. Depends on the ports.
 */
import type { GroupCommit } from './group-commit.js'
import type { InstanceOptions } from './options.js'
import type { PartitionGroup } from './partition-group.js'
import type { PartitionState } from './partition-state.js'
import type { InstancePorts, Operation } from './ports.js'
import { type JournalPlace, placeOf, SnapshotDraft } from './snapshot-draft.js'

export class OwnerSnapshots {
  readonly #state: PartitionState
  readonly #ports: InstancePorts
  readonly #options: InstanceOptions
  readonly #commit: GroupCommit
  #committed: JournalPlace
  #lastSequence: number
  #asking: Operation<number> | undefined
  #draft: SnapshotDraft | undefined
  #writing: Operation<void> | undefined

  constructor(state: PartitionState, ports: InstancePorts, options: InstanceOptions, commit: GroupCommit) {
    this.#state = state
    this.#ports = ports
    this.#options = options
    this.#commit = commit
    this.#committed = placeOf(state)
    this.#lastSequence = this.#committed.nextSequence
  }

  /** Tells of the place that a committed transaction has led to. */
  committed(place: JournalPlace): void {
    this.#committed = place
  }

  take(group: PartitionGroup, digest: Uint8Array, state: Uint8Array): void {
    this.#draft?.take(group, digest, state)
  }

  /** Gives up the snapshot in the making: an agent was lost, or the partition is about to go. */
  abandon(): void {
    this.#asking = undefined
    this.#draft = undefined
    this.#commit.held = false
  }

  step(): boolean {
    if (this.#writing !== undefined) return this.#watchWriting()
    if (this.#draft !== undefined) return this.#finish()
    if (this.#asking !== undefined) return this.#begin()
    return this.#ask()
  }

  #ask(): boolean {
    const due = this.#committed.nextSequence - this.#lastSequence >= this.#options.snapshotEveryEntries
    if (!due || !this.#commit.isBetween || !this.#agentsAreThere()) return false
    this.#commit.held = true
    this.#asking = this.#ports.journal.endOf(this.#state.partition)
    return true
  }

  #agentsAreThere(): boolean {
    for (const { agent } of this.#state.groups.values())
      if (agent !== 'ready' && agent !== 'absent') return false
    return true
  }

  #begin(): boolean {
    const asking = this.#asking as Operation<number>
    if (asking.state === 'pending') return false
    this.#asking = undefined
    this.#commit.held = false
    // Without an answer the next commit is soon enough.
    if (asking.state === 'failed' || !this.#agentsAreThere()) return true
    this.#draft = new SnapshotDraft(this.#state, this.#committed, asking.value as number, this.#ports.agents)
    return true
  }

  #finish(): boolean {
    const draft = this.#draft as SnapshotDraft
    if (!draft.isComplete) return false
    this.#draft = undefined
    this.#lastSequence = draft.place.nextSequence
    this.#writing = this.#ports.snapshots.write(draft.build(this.#options.journalId))
    return true
  }

  #watchWriting(): boolean {
    const writing = this.#writing as Operation<void>
    if (writing.state === 'pending') return false
    this.#writing = undefined
    if (writing.state === 'failed') {
      this.#state.snapshotFailures++
      this.#ports.notices.warn(`a snapshot was not written: ${writing.fault?.error.toLine()}`, {
        partition: this.#state.partition,
      })
    } else this.#state.snapshotSequence = this.#lastSequence
    return true
  }
}

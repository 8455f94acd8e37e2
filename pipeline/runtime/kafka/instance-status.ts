/**
 * What an instance says of itself: one document for people and programs, from which the metrics come too. Pure.
 */
import type { Instance, LifeCycle } from '../distributed/instance.js'
import type { Partition, PartitionStage, Role } from '../distributed/partition.js'

export interface PartitionStatus {
  readonly partition: number
  readonly stage: PartitionStage
  readonly role: Role
  readonly groups: number
  /** Groups whose agent does not work at the moment, by id. */
  readonly impaired: Readonly<Record<string, string>>
  /** Next entry of the journal. */
  readonly nextSequence: number
  /** Since this instance took over; absent for one that follows. */
  readonly records?: number
  readonly cycles?: number
  readonly instructions?: number
  readonly deadLetters?: number
  readonly transactions?: number
  readonly waitingBytes?: number
  readonly paused?: boolean
  /** Records that were read and wait until the registry says what their schema is. */
  readonly waitingForSchemas?: number
  /** Since the last transaction, or since the takeover. */
  readonly secondsSinceCommit?: number
  /** Records at the broker and here that were not taken; -1 while not known. */
  readonly lag?: number
  /** Times that it came to be owned and live here, since the start of the process. */
  readonly takeovers: number
  /** Entries behind this instance's newest snapshot: what a restart of it reads again. */
  readonly entriesSinceSnapshot: number
  readonly snapshotFailures: number
  /** What hinders it at the moment; it goes on by itself. */
  readonly hindrance?: string
  /** Why it failed last. */
  readonly failure?: string
}

export interface InstanceStatus {
  readonly instance: string
  readonly lifeCycle: LifeCycle
  readonly startedAt: string
  readonly owned: readonly number[]
  readonly partitions: readonly PartitionStatus[]
}

export interface StatusSources {
  readonly instance: Instance
  readonly instanceId: string
  readonly startedAt: Date
  readonly lagOf: (partition: number) => number
}

export function statusOf({ instance, instanceId, startedAt, lagOf }: StatusSources): InstanceStatus {
  return {
    instance: instanceId,
    lifeCycle: instance.lifeCycle,
    startedAt: startedAt.toISOString(),
    owned: [...instance.owned].sort((a, b) => a - b),
    partitions: instance.partitions.map((partition) => partitionStatus(partition, lagOf)),
  }
}

function partitionStatus(partition: Partition, lagOf: (partition: number) => number): PartitionStatus {
  const { stage, role, state, owner, failure, hindrance } = partition
  const groups = [...(state?.groups.values() ?? [])]
  const impaired = groups
    .filter(({ agent }) => agent !== 'ready')
    .map(({ groupId, agent }) => [groupId, agent])
  return {
    partition: partition.partition,
    stage,
    role,
    groups: groups.length,
    impaired: Object.fromEntries(impaired),
    nextSequence: state?.chain.nextSequence ?? 0,
    takeovers: partition.takeovers,
    entriesSinceSnapshot: (state?.chain.nextSequence ?? 0) - Math.max(0, state?.snapshotSequence ?? 0),
    snapshotFailures: state?.snapshotFailures ?? 0,
    ...(owner === undefined
      ? {}
      : {
          ...owner.counters,
          waitingBytes: owner.waitingBytes,
          paused: owner.isPaused,
          waitingForSchemas: owner.waitingForSchemas,
          secondsSinceCommit: Math.round(owner.sinceCommitMs) / 1_000,
          lag: lagOf(partition.partition),
        }),
    ...(hindrance === undefined ? {} : { hindrance: hindrance.toLine() }),
    ...(failure === undefined ? {} : { failure: failure.toLine() }),
  }
}

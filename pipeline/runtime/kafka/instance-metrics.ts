/**
 * The metrics of an instance in the form of Prometheus, read from its status when they are asked for.
 *
 * Names and labels are part of the interface: docs/kafka.md lists them, and alerts rest on them. Depends on prom-client.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { InstanceStatus, PartitionStatus } from './instance-status.js'

const LIFE_CYCLES = ['starting', 'restoring', 'warming', 'shadow', 'live', 'draining', 'stopped'] as const

type PartitionNumber = Exclude<
  {
    [K in keyof PartitionStatus]: PartitionStatus[K] extends number | undefined ? K : never
  }[keyof PartitionStatus],
  'partition' | undefined
>

/** Counters begin anew with each ownership, as those of a process do with its start. */
const COUNTERS: readonly (readonly [PartitionNumber, string, string])[] = [
  ['records', 'weir_records_total', 'Source records taken'],
  ['cycles', 'weir_cycles_total', 'Cycles applied'],
  ['instructions', 'weir_instructions_total', 'Instructions released'],
  ['deadLetters', 'weir_dead_letters_total', 'Records that could not be used'],
  ['transactions', 'weir_transactions_total', 'Transactions committed'],
  ['takeovers', 'weir_takeovers_total', 'Times that the partition came to be owned and live here'],
  ['snapshotFailures', 'weir_snapshot_failures_total', 'Snapshots that could not be written'],
]

const GAUGES: readonly (readonly [PartitionNumber, string, string])[] = [
  ['groups', 'weir_groups', 'Liquidity groups of the partition'],
  ['waitingBytes', 'weir_waiting_bytes', 'Inputs that wait for their cycles, bytes'],
  ['lag', 'weir_source_lag_records', 'Records that were not taken yet; -1 while not known'],
  [
    'waitingForSchemas',
    'weir_schema_waiting_records',
    'Records that were read and wait for the schema registry',
  ],
  ['secondsSinceCommit', 'weir_commit_age_seconds', 'Since the last transaction of the owner'],
  [
    'entriesSinceSnapshot',
    'weir_snapshot_behind_entries',
    'Journal entries behind the newest snapshot of this instance',
  ],
  ['nextSequence', 'weir_journal_entries', 'Entries of the journal as this instance knows it'],
]

export class InstanceMetrics {
  readonly #registry = new Registry()
  readonly #counters: readonly (readonly [PartitionNumber, Counter<'partition'>])[]
  readonly #gauges: readonly (readonly [PartitionNumber, Gauge<'partition'>])[]
  readonly #lifeCycle: Gauge<'state'>
  readonly #owned: Gauge<'partition'>
  readonly #failed: Gauge<'partition'>
  readonly #hindered: Gauge<'partition'>
  readonly #paused: Gauge<'partition'>
  readonly #impaired: Gauge<'partition'>

  constructor(instance: string) {
    const registers = [this.#registry]
    this.#registry.setDefaultLabels({ instance_id: instance })
    collectDefaultMetrics({ register: this.#registry })
    const labelNames = ['partition'] as const
    this.#counters = COUNTERS.map(([key, name, help]) => [
      key,
      new Counter({ name, help, labelNames, registers }),
    ])
    this.#gauges = GAUGES.map(([key, name, help]) => [key, new Gauge({ name, help, labelNames, registers })])
    this.#lifeCycle = new Gauge({
      name: 'weir_life_cycle',
      help: '1 for the state that the instance is in',
      labelNames: ['state'],
      registers,
    })
    this.#owned = new Gauge({
      name: 'weir_partition_owned',
      help: '1 when owned and live',
      labelNames,
      registers,
    })
    this.#failed = new Gauge({
      name: 'weir_partition_failed',
      help: '1 while the partition has stopped with an error, and is tried again',
      labelNames,
      registers,
    })
    this.#hindered = new Gauge({
      name: 'weir_partition_hindered',
      help: '1 while the brokers do not let the partition be read; it goes on by itself',
      labelNames,
      registers,
    })
    this.#paused = new Gauge({
      name: 'weir_partition_paused',
      help: '1 while the sources are paused because the agents cannot keep up',
      labelNames,
      registers,
    })
    this.#impaired = new Gauge({
      name: 'weir_groups_impaired',
      help: 'Groups whose agent does not work at the moment',
      labelNames,
      registers,
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** Names of Weir's own metrics, as alerts and dashboards use them. */
  get names(): readonly string[] {
    return this.#registry
      .getMetricsAsArray()
      .map(({ name }) => name)
      .filter((name) => name.startsWith('weir_'))
  }

  /** The metrics of this moment as text. */
  async text(status: InstanceStatus): Promise<string> {
    for (const state of LIFE_CYCLES) this.#lifeCycle.set({ state }, status.lifeCycle === state ? 1 : 0)
    for (const partition of status.partitions) this.#take(partition)
    return this.#registry.metrics()
  }

  #take(status: PartitionStatus): void {
    const labels = { partition: String(status.partition) }
    for (const [key, counter] of this.#counters) {
      counter.remove(labels)
      const value = status[key]
      if (value !== undefined) counter.inc(labels, value)
    }
    for (const [key, gauge] of this.#gauges) {
      const value = status[key]
      // An owner's number is no number of a follower.
      if (value === undefined) gauge.remove(labels)
      else gauge.set(labels, value)
    }
    this.#owned.set(labels, status.role === 'owner' && status.stage === 'live' ? 1 : 0)
    this.#failed.set(labels, status.failure === undefined ? 0 : 1)
    this.#hindered.set(labels, status.hindrance === undefined ? 0 : 1)
    this.#paused.set(labels, status.paused === true ? 1 : 0)
    this.#impaired.set(labels, Object.keys(status.impaired).length)
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InstanceMetrics } from './instance-metrics.js'
import type { InstanceStatus, PartitionStatus } from './instance-status.js'

const follower: PartitionStatus = {
  partition: 1,
  stage: 'following',
  role: 'follower',
  groups: 2,
  impaired: {},
  nextSequence: 40,
  takeovers: 0,
  entriesSinceSnapshot: 40,
  snapshotFailures: 2,
}
const owner: PartitionStatus = {
  ...follower,
  partition: 0,
  stage: 'live',
  role: 'owner',
  impaired: { north: 'frozen' },
  takeovers: 3,
  records: 100,
  cycles: 7,
  instructions: 5,
  deadLetters: 1,
  transactions: 6,
  waitingBytes: 12,
  paused: true,
  waitingForSchemas: 4,
  secondsSinceCommit: 1.5,
  lag: 9,
}
const status = (...partitions: readonly PartitionStatus[]): InstanceStatus => ({
  instance: 'one',
  lifeCycle: 'live',
  startedAt: '2026-03-03T06:00:00.000Z',
  owned: [0],
  partitions,
})

/** Value of a sample; undefined when there is none. */
function sample(text: string, name: string, label: string): string | undefined {
  return text
    .split('\n')
    .find((line) => line.startsWith(`${name}{`) && line.includes(label))
    ?.split(' ')
    .at(-1)
}

test('each number of the status is a metric of its partition', async () => {
  const text = await new InstanceMetrics('one').text(status(owner, follower))
  const of = (name: string, partition: number) => sample(text, name, `partition="${partition}"`)
  assert.equal(of('weir_records_total', 0), '100')
  assert.equal(of('weir_dead_letters_total', 0), '1')
  assert.equal(of('weir_transactions_total', 0), '6')
  assert.equal(of('weir_takeovers_total', 0), '3')
  assert.equal(of('weir_snapshot_failures_total', 1), '2')
  assert.equal(of('weir_snapshot_behind_entries', 1), '40')
  assert.equal(of('weir_schema_waiting_records', 0), '4')
  assert.equal(of('weir_commit_age_seconds', 0), '1.5')
  assert.equal(of('weir_source_lag_records', 0), '9')
  assert.equal(of('weir_partition_owned', 0), '1')
  assert.equal(of('weir_partition_owned', 1), '0')
  assert.equal(of('weir_partition_paused', 0), '1')
  assert.equal(of('weir_groups_impaired', 0), '1')
  assert.equal(of('weir_records_total', 1), undefined, 'a follower takes no records')
  assert.equal(of('weir_commit_age_seconds', 1), undefined, 'and commits nothing')
  assert.equal(of('weir_partition_hindered', 0), '0')
  assert.equal(sample(text, 'weir_life_cycle', 'state="live"'), '1')
  assert.equal(sample(text, 'weir_life_cycle', 'state="draining"'), '0')
})

test('a partition that stopped is failed until it does well again, and counters begin anew with an ownership', async () => {
  const metrics = new InstanceMetrics('one')
  const failed = await metrics.text(status({ ...owner, stage: 'failed', failure: 'the journal is foreign' }))
  assert.equal(sample(failed, 'weir_partition_failed', 'partition="0"'), '1')
  assert.equal(sample(failed, 'weir_partition_owned', 'partition="0"'), '0')
  const later = await metrics.text(status({ ...owner, records: 2 }))
  assert.equal(sample(later, 'weir_partition_failed', 'partition="0"'), '0')
  assert.equal(sample(later, 'weir_records_total', 'partition="0"'), '2')
})

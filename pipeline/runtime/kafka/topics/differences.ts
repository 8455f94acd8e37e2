/**
 * How topics and subjects that are there differ from what they should be. Pure.
 *
 * A difference says what may be done about it. Partitions are never changed: a group's place is a remainder of their number, so with
 * another number its records would be in two partitions, and its journal too.
 */
import type { TopicLayout } from './layout.js'

export interface TopicFound {
  readonly partitions: number
  /** Least number of copies of a partition. */
  readonly replication: number
  readonly settings: ReadonlyMap<string, string>
}

export interface TopicDifference {
  /** `partitions`, `replication`, or the name of a setting. */
  readonly key: string
  readonly wanted: string
  /** Empty when the topic says nothing. */
  readonly found: string
  /** Whether `weir topics apply --alter` may change it. */
  readonly alterable: boolean
  /** Why it is not changed, or what it does. */
  readonly note: string
}

const PARTITIONS_ARE_FIXED =
  'the number of partitions decides where each group lives; it cannot be changed without moving groups: use a new topic prefix'
const MORE_COPIES = 'copies are moved with the tools of the cluster (kafka-reassign-partitions)'

export function differencesOf(wanted: TopicLayout, found: TopicFound): TopicDifference[] {
  const differences: TopicDifference[] = []
  if (found.partitions !== wanted.partitions) {
    differences.push(fixed('partitions', wanted.partitions, found.partitions, PARTITIONS_ARE_FIXED))
  }
  // More copies than asked for do no harm.
  if (found.replication < wanted.replication) {
    differences.push(fixed('replication', wanted.replication, found.replication, MORE_COPIES))
  }
  for (const [key, value] of Object.entries(wanted.settings)) {
    const present = found.settings.get(key)
    if (present === undefined || !sameValue(key, value, present)) {
      differences.push({ key, wanted: value, found: present ?? '', alterable: true, note: noteOf(key) })
    }
  }
  return differences
}

function fixed(key: string, wanted: number, found: number, note: string): TopicDifference {
  return { key, wanted: String(wanted), found: String(found), alterable: false, note }
}

/** `cleanup.policy` is a list without order. */
function sameValue(key: string, wanted: string, found: string): boolean {
  if (key !== 'cleanup.policy') return wanted === found
  const sorted = (text: string): string =>
    text
      .split(',')
      .map((part) => part.trim())
      .sort()
      .join()
  return sorted(wanted) === sorted(found)
}

function noteOf(key: string): string {
  switch (key) {
    case 'cleanup.policy':
      return 'a source of events that is compacted loses events; reference data that is deleted is missing after a while'
    case 'max.message.bytes':
      return 'larger records are refused by the broker'
    case 'min.insync.replicas':
      return 'how many copies a write must have before it is acknowledged'
    case 'message.timestamp.type':
      return 'whose clock a record is stamped by'
    default:
      return 'how long records are kept'
  }
}

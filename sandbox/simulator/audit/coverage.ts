/**
 * Which cycles the records of the source topics are in: each exactly once in its group.
 *
 * A record for every group is in each group at most once, and from the first that a group has, it has all.
 * Depends on the broker's logs and the record types.
 */
import { EVERY_GROUP, UNROUTED_GROUP } from '../../../pipeline/ports.js'
import { partitionOf, sourceStreamOf } from '../../../pipeline/runtime/distributed/topics.js'
import { decodeRecord } from '../../../schemas/avro/registry.js'
import type { InputStream } from '../../../schemas/generated/schemas.js'
import type { Cycle } from '../../../schemas/generated/types.js'
import type { StoredRecord } from '../broker/partition-log.js'
import type { AuditedLogs } from './logs.js'
import { hold } from './violation.js'

export class Coverage {
  /** Groups whose cycles hold a record, by topic and offset. */
  readonly #holders = new Map<string, Map<number, string[]>>()
  readonly #checked = new Map<string, number>()
  readonly #groups = new Set<string>()

  constructor(
    private readonly cluster: AuditedLogs,
    private readonly partition: number,
    private readonly prefix: string,
  ) {}

  /** Takes the inputs of a committed cycle; `topicOf` names the topic of a source. */
  note(cycle: Cycle, topicOf: (source: number) => string): void {
    this.#groups.add(cycle.groupId)
    for (const { source, position } of cycle.inputs) {
      const topic = topicOf(source)
      const place = `${topic}/${this.partition}@${position} in cycle ${cycle.cycle} of ${cycle.groupId}`
      const record = this.cluster.logOf(topic, this.partition).records[position]
      const real = record?.kind === 'data' && record.state === 'committed'
      hold(real, 'accepted-input-once', () => `no record ${place}`)
      const holders = this.#holdersOf(topic)
      const groups = holders.get(position)
      if (groups === undefined) holders.set(position, [cycle.groupId])
      else {
        hold(!groups.includes(cycle.groupId), 'accepted-input-once', () => `a second time: ${place}`)
        groups.push(cycle.groupId)
      }
    }
  }

  /** The journal claims that every record of the topic before `offset` is in a cycle. */
  claim(topic: string, offset: number): void {
    const { records } = this.cluster.logOf(topic, this.partition)
    const holders = this.#holdersOf(topic)
    for (let at = this.#checked.get(topic) ?? 0; at < Math.min(offset, records.length); at++)
      this.#check(topic, records[at], holders.get(at) ?? [])
    this.#checked.set(topic, Math.max(offset, this.#checked.get(topic) ?? 0))
  }

  /** A record that the sources hold and no cycle has; undefined when there is none. */
  missing(): string | undefined {
    for (const log of this.#sources()) {
      const holders = this.#holdersOf(log.topic)
      for (const record of log.records) {
        if (record.kind === 'marker' || holders.has(record.offset)) continue
        const group = this.#groupOf(log.topic, record)
        if (group !== EVERY_GROUP)
          return `${log.topic}/${this.partition}@${record.offset} for ${group ?? 'nobody'}`
      }
    }
    return undefined
  }

  /** At the end: all records are in their cycles, those for every group without a gap in any. */
  finish(): void {
    for (const { topic, records } of this.#sources()) {
      this.claim(topic, records.length)
      const holders = this.#holdersOf(topic)
      for (const group of this.#groups) {
        if (group === UNROUTED_GROUP) continue
        let begun = false
        for (const record of records) {
          if (this.#groupOf(topic, record) !== EVERY_GROUP) continue
          const has = holders.get(record.offset)?.includes(group) === true
          const place = `${topic}/${this.partition}@${record.offset}, which is for every group, is not in ${group}`
          hold(has || !begun, 'accepted-input-once', () => place)
          begun ||= has
        }
      }
    }
  }

  #check(topic: string, record: StoredRecord, groups: readonly string[]): void {
    if (record.kind === 'marker') return
    const wanted = this.#groupOf(topic, record)
    if (wanted === EVERY_GROUP) return
    const place = `${topic}/${this.partition}@${record.offset}`
    const count = groups.length
    hold(count === 1, 'accepted-input-once', () => `${place} for ${wanted} is in ${count} cycles`)
    if (wanted === undefined || groups[0] === UNROUTED_GROUP) return
    const home = partitionOf(wanted, this.cluster.partitions) === this.partition
    hold(
      groups[0] === wanted || !home,
      'accepted-input-once',
      () => `${place} for ${wanted} is in ${groups[0]}`,
    )
  }

  #groupOf(topic: string, record: StoredRecord): string | undefined {
    const stream = sourceStreamOf(this.prefix, topic)!
    return groupOf(stream, this.cluster.schemaIdOf(stream), record)
  }

  *#sources() {
    for (const log of this.cluster.logs())
      if (log.partition === this.partition && sourceStreamOf(this.prefix, log.topic) !== undefined) yield log
  }

  #holdersOf(topic: string): Map<number, string[]> {
    let holders = this.#holders.get(topic)
    if (holders === undefined) {
      holders = new Map()
      this.#holders.set(topic, holders)
    }
    return holders
  }
}

const groupsOf = new WeakMap<StoredRecord, { readonly group: string | undefined }>()

/** Group that a source record is for; undefined when it cannot be told. */
function groupOf(stream: InputStream, schemaId: number, record: StoredRecord): string | undefined {
  let known = groupsOf.get(record)
  if (known === undefined) {
    known = { group: readGroup(stream, schemaId, record) }
    groupsOf.set(record, known)
  }
  return known.group
}

function readGroup(stream: InputStream, schemaId: number, { value }: StoredRecord): string | undefined {
  const bytes = Buffer.from(value ?? [])
  if (bytes.length < 6 || bytes[0] !== 0 || bytes.readUInt32BE(1) !== schemaId) return undefined
  try {
    return (decodeRecord(stream, bytes.subarray(5)) as { readonly groupId: string }).groupId
  } catch {
    return undefined
  }
}

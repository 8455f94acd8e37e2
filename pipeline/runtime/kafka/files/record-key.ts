/**
 * Key and partitions of a record of a source stream: the rules of `docs/kafka-topics.md`. Pure.
 *
 *   events           key GROUP            any producer that hashes its keys as Kafka does puts them right
 *   reference data   key GROUP/RECORD     the topic is compacted, so the key must name what is replaced
 *
 * The partition is that of the group in both cases, and so must be given for reference data. A record for every group
 * goes to each partition.
 */
import type { InputStream } from '../../../../schemas/generated/schemas.js'
import { partitionOf } from '../../distributed/topics.js'

/** The field that names what a reference record is about. */
export const RECORD_ID_FIELD = {
  account: 'accountId',
  calendar: 'calendarId',
  'collateral-asset': 'assetId',
  counterparty: 'counterpartyId',
  facility: 'facilityId',
  policy: 'policyId',
  rail: 'railId',
  'regulatory-constraint': 'constraintId',
  roster: 'rosterId',
} as const satisfies Partial<Record<InputStream, string>>

export type ReferenceStream = keyof typeof RECORD_ID_FIELD

/** Addresses every group. */
export const EVERY_GROUP = '*'

export function isReference(stream: InputStream): stream is ReferenceStream {
  return stream in RECORD_ID_FIELD
}

/** @param recordId what the record of a compacted stream is about; undefined for an event */
export function recordKey(groupId: string, recordId: string | undefined): Buffer {
  // A group with a slash in its name must not share a key with another's record.
  const key = recordId === undefined ? groupId : `${groupId.replace(/[%/]/g, encodeURIComponent)}/${recordId}`
  return Buffer.from(key, 'utf8')
}

/** Where a record of the group is written, in ascending order. */
export function partitionsOf(groupId: string, partitions: number): readonly number[] {
  if (groupId !== EVERY_GROUP) return [partitionOf(groupId, partitions)]
  return Array.from({ length: partitions }, (_, partition) => partition)
}

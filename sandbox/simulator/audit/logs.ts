/**
 * What the audits look at: logs as a committed reader sees them, of the simulated cluster or of a real one.
 * Depends on the record of a log.
 */
import type { StoredRecord } from '../broker/partition-log.js'

export interface AuditedLog {
  readonly topic: string
  readonly partition: number
  /** By offset, without a gap: control records are markers. */
  readonly records: readonly StoredRecord[]
  /** Committed records from `offset` on, and where to go on. */
  read(offset: number, most: number): { readonly records: readonly StoredRecord[]; readonly next: number }
}

export interface AuditedLogs {
  readonly partitions: number
  logOf(topic: string, partition: number): AuditedLog
  logs(): Iterable<AuditedLog>
  /** Id of the schema that records of the stream are written in. */
  schemaIdOf(stream: string): number
}

/** What the audits ask of a bank's ledger. */
export interface AuditedLedger {
  readonly entries: { has(instructionId: string): boolean }
  /** Settled instructions, in order. */
  readonly settled: readonly string[]
  /** Moved by them, minor units by `GROUP/ACCOUNT`. */
  readonly moved: ReadonlyMap<string, number>
}

export function readCommitted(
  records: readonly StoredRecord[],
  offset: number,
  end: number,
  most: number,
): { readonly records: readonly StoredRecord[]; readonly next: number } {
  const found: StoredRecord[] = []
  let next = offset
  for (; next < end && found.length < most; next++) {
    const record = records[next]
    if (record.kind === 'data' && record.state === 'committed') found.push(record)
  }
  return { records: found, next }
}

/**
 * Writes small input folders for tests of the runtime.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ContainerWriter, syncMarkerOf } from '../../../schemas/avro/container-writer.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import { type InputStream, SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import type { CashMovement, Policy, RecordOf } from '../../../schemas/generated/types.js'

export const DAY_START_MICROS = 1_773_820_800_000_000

/** Writes one file of records; `blockBytes` small, so that files have several blocks. */
export function writeInputFile<S extends InputStream>(
  directory: string,
  stream: S,
  name: string,
  records: readonly RecordOf[S][],
  blockBytes = 2_000,
): string {
  const chunks: Uint8Array[] = []
  const writer = new ContainerWriter({
    schemaJson: SCHEMA_JSON[stream],
    codec: 'null',
    sync: syncMarkerOf(`${stream}/${name}`),
    blockBytes,
    write: (chunk) => chunks.push(chunk),
  })
  for (const record of records) writer.append(encodeRecord(stream, record))
  writer.flush()
  const path = join(directory, stream, `${name}.avro`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, Buffer.concat(chunks))
  return path
}

export function policyOf(groupId: string, eventTime = DAY_START_MICROS): Policy {
  return {
    groupId,
    sourceId: 'policy',
    sourceSequence: -1,
    eventTime,
    policyId: `policy-${groupId}`,
    version: 1,
    document: '',
  }
}

export function movementOf(groupId: string, sequence: number, eventTime: number): CashMovement {
  const movementId = Buffer.alloc(16)
  movementId.writeUInt32BE(sequence, 0)
  movementId.write(groupId.slice(0, 8), 4, 'latin1')
  return {
    movementId,
    groupId,
    sourceId: 'bank-feed',
    sourceSequence: sequence,
    eventTime,
    accountId: `${groupId}-1`,
    currency: 'EUR',
    amountMinor: ((sequence * 7919) % 100_000) - 50_000,
    valueDate: 20_530,
    kind: 'CUSTOMER_PAYMENT',
    expectedFlowId: Buffer.alloc(16),
    counterpartyId: '',
  }
}

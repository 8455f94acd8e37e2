/** Stopgap until the production codec is there: JSON with a digest. */
import { createHash } from 'node:crypto'
import type { PartitionSnapshot } from '../../pipeline/runtime/distributed/ports.js'

export function encodeSnapshot(snapshot: PartitionSnapshot): Buffer {
  const text = JSON.stringify(snapshot, (_key, value) =>
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value?.type === 'Buffer' ? { base64: Buffer.from(value.data).toString('base64') } : value,
  )
  const body = Buffer.from(text)
  return Buffer.concat([createHash('sha256').update(body).digest(), body])
}

export function decodeSnapshot(bytes: Buffer): PartitionSnapshot | undefined {
  const body = bytes.subarray(32)
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(0, 32))) return undefined
  return JSON.parse(body.toString(), (_key, value) =>
    value?.base64 !== undefined ? Buffer.from(value.base64, 'base64') : value,
  )
}

/**
 * What a witness signs, and how its signature is laid out (c2sp.org/tlog-cosignature, Ed25519).
 *
 *   message     "cosignature/v1\n" | "time T\n" | text of the checkpoint
 *   signature   ┌────────────────────┬─────────────────────┐
 *               │ T, u64 BE, seconds │ Ed25519, 64 bytes   │
 *               └────────────────────┴─────────────────────┘
 *
 * Pure; depends on nothing.
 */

import { utf8 } from './text.js'
import { isTreeSize } from './tree.js'

const TIMESTAMP_BYTES = 8
const ED25519_BYTES = 64

export interface Cosignature {
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly timestamp: number
  readonly ed25519: Uint8Array
}

/** @param text of the checkpoint, ends in newline */
export function cosignedMessage(text: Uint8Array, timestamp: number): Uint8Array {
  return Buffer.concat([utf8(`cosignature/v1\ntime ${timestamp}\n`), text])
}

/** Undefined when it is not 72 bytes long, or its time is beyond 2^53 - 1 seconds. */
export function splitCosignature(signature: Uint8Array): Cosignature | undefined {
  if (signature.length !== TIMESTAMP_BYTES + ED25519_BYTES) return undefined
  const timestamp = Number(Buffer.from(signature.subarray(0, TIMESTAMP_BYTES)).readBigUInt64BE(0))
  if (!isTreeSize(timestamp)) return undefined
  return { timestamp, ed25519: signature.subarray(TIMESTAMP_BYTES) }
}

export function joinCosignature({ timestamp, ed25519 }: Cosignature): Uint8Array {
  const time = Buffer.alloc(TIMESTAMP_BYTES)
  time.writeBigUInt64BE(BigInt(timestamp))
  return Buffer.concat([time, ed25519])
}

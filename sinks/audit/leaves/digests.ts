/** SHA-256 as leaves write it. Depends on node:crypto. */
import { createHash } from 'node:crypto'

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

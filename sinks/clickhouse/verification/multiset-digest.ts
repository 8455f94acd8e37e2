/**
 * A digest of many rows that does not depend on their order and does on how often each is there. Depends on Node alone.
 */
import { createHash } from 'node:crypto'

const LANES = 4

/** Sums the first 128 bits of each row's SHA-256, in lanes of 32 bits. */
export class MultisetDigest {
  readonly #sums = new Uint32Array(LANES)
  rows = 0

  add(row: Uint8Array): void {
    const hash = createHash('sha256').update(row).digest()
    for (let lane = 0; lane < LANES; lane++) this.#sums[lane]! += hash.readUInt32LE(4 * lane)
    this.rows += 1
  }

  get hex(): string {
    return [...this.#sums].map((sum) => sum.toString(16).padStart(8, '0')).join('')
  }
}

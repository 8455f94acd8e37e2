/**
 * The tree of RFC 6962 as its text defines it: recursion over all leaves, nothing kept. The slow twin of everything that computes
 * roots and proofs. For tests and benchmarks; depends on node:crypto only.
 */
import { createHash } from 'node:crypto'

const digest = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Section 2.1, MTH. @param records the leaves before hashing */
export function slowRoot(records: readonly Uint8Array[]): Uint8Array {
  if (records.length === 0) return digest()
  if (records.length === 1) return digest(Uint8Array.of(0), records[0]!)
  const k = split(records.length)
  return digest(Uint8Array.of(1), slowRoot(records.slice(0, k)), slowRoot(records.slice(k)))
}

/** Section 2.1.1, PATH(m, D[n]). */
export function slowInclusion(m: number, records: readonly Uint8Array[]): Uint8Array[] {
  if (records.length === 1) return []
  const k = split(records.length)
  const [left, right] = [records.slice(0, k), records.slice(k)]
  return m < k
    ? [...slowInclusion(m, left), slowRoot(right)]
    : [...slowInclusion(m - k, right), slowRoot(left)]
}

/** Section 2.1.2, PROOF(m, D[n]). */
export function slowConsistency(m: number, records: readonly Uint8Array[]): Uint8Array[] {
  return subProof(m, records, true)
}

function subProof(m: number, records: readonly Uint8Array[], isWhole: boolean): Uint8Array[] {
  if (m === records.length) return isWhole ? [] : [slowRoot(records)]
  const k = split(records.length)
  const [left, right] = [records.slice(0, k), records.slice(k)]
  if (m <= k) return [...subProof(m, left, isWhole), slowRoot(right)]
  return [...subProof(m - k, right, false), slowRoot(left)]
}

function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

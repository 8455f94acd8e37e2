/**
 * Finds rows (or columns) that are multiples of each other: equal hashes of pattern and ratios first, then a comparison.
 * After Tomlin & Welch (1986), with hashing as in Achterberg et al. (2020) section 5.3. Depends on limits.ts.
 *
 * Ratios enter the hash rounded to single precision: multiples computed with other roundings share it, save for rare
 * ratios at the edge of a rounding interval, which are missed. Integer arithmetic only, so it is the same everywhere.
 */
import { PARALLEL, PARALLEL_CANDIDATES } from './limits.js'

/** Vectors in linked lists: the rows of a matrix, or its columns. */
export interface Bundle {
  readonly head: Int32Array
  readonly next: Int32Array
  readonly index: Int32Array
  readonly value: Float64Array
  readonly count: Int32Array
  readonly isThere: Uint8Array
  /** How many different indices there are. */
  readonly width: number
}

const single = new Float32Array(1)
const singleBits = new Int32Array(single.buffer)

/** Finalizer of MurmurHash3 (Austin Appleby, public domain): every bit of the input moves every bit of the result. */
function mix(bits: number): number {
  let h = bits
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Entry with the lowest index: the same one in every multiple, whatever the order of the list. */
function reference({ head, next, index }: Bundle, v: number): number {
  let first = head[v]
  for (let e = next[first]; e >= 0; e = next[e]) if (index[e] < index[first]) first = e
  return first
}

function ratioHash(bundle: Bundle, v: number): number {
  const { head, next, index, value } = bundle
  const unit = value[reference(bundle, v)]
  let sum = 0
  for (let e = head[v]; e >= 0; e = next[e]) {
    single[0] = value[e] / unit
    sum = (sum + mix(index[e] ^ mix(singleBits[0]))) | 0
  }
  return sum
}

/**
 * Calls `found(v, kept, factor)` for every v that is `factor` times a lower-numbered `kept`. It may take out either; it returns true
 * when v is gone. Returns the entries looked at.
 *
 * Ratios are hashed only where a pattern comes up twice: most come up once.
 */
export function findParallel(
  bundle: Bundle,
  found: (v: number, kept: number, factor: number) => boolean,
): number {
  const { count, isThere } = bundle
  const total = count.length
  let size = 16
  while (size < 2 * total) size *= 2
  const last = size - 1
  const hashes = new Int32Array(total)
  const patternCount = new Int32Array(size)
  let looked = hashPatterns(bundle, hashes, patternCount)
  const bucket = new Int32Array(size).fill(-1)
  const chain = new Int32Array(total)
  const valueAt = new Float64Array(bundle.width)
  for (let v = 0; v < total; v++) {
    if (isThere[v] === 0 || count[v] === 0 || patternCount[hashes[v] & last] === 1) continue
    const h = mix(hashes[v] ^ ratioHash(bundle, v))
    looked += 2 * count[v]
    hashes[v] = h
    const place = h & last
    let candidates = 0
    let isGone = false
    for (let w = bucket[place]; w >= 0 && !isGone && candidates < PARALLEL_CANDIDATES; w = chain[w]) {
      if (hashes[w] !== h || isThere[w] === 0 || count[w] !== count[v]) continue
      candidates++
      looked += 3 * count[v]
      const factor = factorBetween(bundle, v, w, valueAt)
      if (factor !== 0) isGone = found(v, w, factor)
    }
    if (isGone) continue
    chain[v] = bucket[place]
    bucket[place] = v
  }
  return looked
}

/** Writes the hash of each pattern, and how many patterns fall into each place of a table; returns the entries looked at. */
function hashPatterns(bundle: Bundle, hashes: Int32Array, patternCount: Int32Array): number {
  const { head, next, index, count, isThere, width } = bundle
  const weights = new Int32Array(width)
  for (let k = 0; k < width; k++) weights[k] = mix(k + 1)
  let looked = width
  for (let v = 0; v < hashes.length; v++) {
    if (isThere[v] === 0 || count[v] === 0) continue
    let sum = count[v]
    for (let e = head[v]; e >= 0; e = next[e]) sum = (sum + weights[index[e]]) | 0
    hashes[v] = mix(sum)
    patternCount[hashes[v] & (patternCount.length - 1)]++
    looked += count[v]
  }
  return looked
}

/** f with v = f w, 0 when there is none. `valueAt` is 0 everywhere, before and after. */
function factorBetween(bundle: Bundle, v: number, w: number, valueAt: Float64Array): number {
  for (let e = bundle.head[w]; e >= 0; e = bundle.next[e]) valueAt[bundle.index[e]] = bundle.value[e]
  const first = reference(bundle, v)
  const divisor = valueAt[bundle.index[first]]
  let factor = divisor === 0 ? 0 : bundle.value[first] / divisor
  for (let e = bundle.head[v]; e >= 0 && factor !== 0; e = bundle.next[e]) {
    const a = bundle.value[e]
    if (Math.abs(a - factor * valueAt[bundle.index[e]]) > PARALLEL * Math.abs(a)) factor = 0
  }
  for (let e = bundle.head[w]; e >= 0; e = bundle.next[e]) valueAt[bundle.index[e]] = 0
  return factor
}

/**
 * Seeded randomness of the sandbox: sfc32 and the distributions that are drawn from it.
 *
 * Each use gets its own stream by name, so that adding draws to one part leaves the others unchanged.
 * Same seed and name, same numbers, on any machine. Depends on `exact-functions.ts` and SHA-256.
 */
import { createHash } from 'node:crypto'
import { exp, log, normalQuantile } from './exact-functions.js'

export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** State from SHA-256 of the parts; the same parts give the same stream. */
  constructor(...parts: readonly (string | number | Uint8Array)[]) {
    const hash = createHash('sha256')
    for (const part of parts) {
      const bytes = typeof part === 'object' ? part : Buffer.from(String(part), 'utf8')
      hash.update(`${bytes.length}:`).update(bytes)
    }
    const digest = hash.digest()
    this.#a = digest.readInt32LE(0)
    this.#b = digest.readInt32LE(4)
    this.#c = digest.readInt32LE(8)
  }

  /** sfc32 by Chris Doty-Humphrey (PractRand): 32 bits a step, period at least 2^32. */
  nextUint32(): number {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result
    this.#c |= 0
    return result >>> 0
  }

  /** Uniform in (0, 1), never an end. */
  uniform(): number {
    return (this.nextUint32() + 0.5) / 4294967296
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform()
  }

  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.uniform() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]
  }

  normal(): number {
    return normalQuantile(this.uniform())
  }

  /** e^(sigma Z): median 1. */
  logNormal(sigma: number): number {
    return exp(sigma * this.normal())
  }

  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * log(this.uniform())
  }

  /** Pareto with minimum 1: (1 - u)^(-1/alpha). */
  pareto(alpha: number): number {
    return exp(-log(this.uniform()) / alpha)
  }

  /** Poisson count; the normal approximation above 50, where its error is below the noise of a day. */
  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const limit = exp(-mean)
    let count = 0
    for (let product = this.uniform(); product > limit; product *= this.uniform()) count++
    return count
  }

  /** Sixteen random bytes marked as a UUID of version 4. */
  uuid(): Uint8Array {
    const bytes = Buffer.alloc(16)
    for (let offset = 0; offset < 16; offset += 4) bytes.writeUInt32BE(this.nextUint32(), offset)
    bytes[6] = (bytes[6] & 0x0f) | 0x40
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    return bytes
  }
}

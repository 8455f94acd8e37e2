/**
 * Percentiles of durations in constant memory: log-linear buckets, as in HdrHistogram.
 *
 * 64 buckets for each doubling, so a percentile is at most 1.6 % too high. Depends on nothing.
 */

const BUCKETS_PER_DOUBLING = 64
/** 2^-4 µs up to 2^28 µs (4.5 minutes); what is outside counts at the edge. */
const LOWEST_EXPONENT = -4
const DOUBLINGS = 32

export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

export class LatencyHistogram {
  readonly #counts = new Float64Array(DOUBLINGS * BUCKETS_PER_DOUBLING)
  #total = 0

  record(micros: number): void {
    this.#counts[bucketOf(micros)]++
    this.#total++
  }

  /** Upper edge of the bucket below which `share` of the values lie; 0 when there are none. */
  percentile(share: number): number {
    if (this.#total === 0) return 0
    let left = Math.ceil(share * this.#total)
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket]
      if (left <= 0) return upperEdge(bucket)
    }
    return upperEdge(this.#counts.length - 1)
  }

  percentiles(): Percentiles {
    return {
      count: this.#total,
      p50: this.percentile(0.5),
      p99: this.percentile(0.99),
      p999: this.percentile(0.999),
    }
  }
}

function bucketOf(micros: number): number {
  if (!(micros > 2 ** LOWEST_EXPONENT)) return 0
  const exponent = Math.floor(Math.log2(micros))
  const within = Math.floor((micros / 2 ** exponent - 1) * BUCKETS_PER_DOUBLING)
  const bucket = (exponent - LOWEST_EXPONENT) * BUCKETS_PER_DOUBLING + Math.max(0, within)
  return Math.min(bucket, DOUBLINGS * BUCKETS_PER_DOUBLING - 1)
}

function upperEdge(bucket: number): number {
  const exponent = Math.floor(bucket / BUCKETS_PER_DOUBLING) + LOWEST_EXPONENT
  return 2 ** exponent * (1 + ((bucket % BUCKETS_PER_DOUBLING) + 1) / BUCKETS_PER_DOUBLING)
}

/**
 * Where the times of a run begin in an encoded `weir.CycleResult`.
 *
 * `measured` is the last field and ends the record: two doubles and the worker's number. What comes before is a pure function
 * of the state and the cycle, and is compared byte by byte in a replay. Depends on the varint codec.
 */
import { longLength } from '../../../schemas/avro/varint.js'

const DOUBLES_BYTES = 16

/** Offset of `measured` in a result that worker number `worker` made. */
export function measuredOffset(result: Uint8Array, worker: number): number {
  return result.length - DOUBLES_BYTES - longLength(worker)
}

/**
 * Entry bundles: the records themselves, 256 to a file (c2sp.org/tlog-tiles, "Log entries").
 *
 *   ┌──────────┬──────────────┬──────────┬────────────┬─ ─
 *   │ u16 BE n │ n bytes      │ u16 BE n │ n bytes    │      1 to 256 entries, nothing behind them
 *   └──────────┴──────────────┴──────────┴────────────┴─ ─
 *
 * Pure; depends on nothing.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { TILE_WIDTH } from './tiles.js'

/** What a length of 16 bits can tell. */
export const MAX_RECORD_BYTES = 65_535
const LENGTH_BYTES = 2

/** @throws WeirError WEIR_INPUT when a record is empty or longer than its length can tell */
export function checkRecord(record: Uint8Array, place: string): void {
  if (record.length > 0 && record.length <= MAX_RECORD_BYTES) return
  throw new WeirError('WEIR_INPUT', `a record of ${record.length} bytes cannot be logged`, {
    place,
    remedy: `log 1 to ${MAX_RECORD_BYTES} bytes, and of large content its digest`,
  })
}

/** The entry's bytes in a bundle: length and record. */
export function encodeEntry(record: Uint8Array): Uint8Array {
  const entry = new Uint8Array(LENGTH_BYTES + record.length)
  entry[0] = record.length >> 8
  entry[1] = record.length & 255
  entry.set(record, LENGTH_BYTES)
  return entry
}

export function encodeBundle(records: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(records.map(encodeEntry))
}

/**
 * The first `width` records of a bundle, as views of its bytes.
 * @param isWhole whether the bundle may hold nothing behind them
 * @throws WeirError WEIR_AUDIT when an entry is cut short or empty, or the bundle holds too few or too many
 */
export function decodeBundle(bytes: Uint8Array, width: number, place: string, isWhole = true): Uint8Array[] {
  const records: Uint8Array[] = []
  let at = 0
  while (records.length < Math.min(width, TILE_WIDTH)) {
    const length = at + LENGTH_BYTES <= bytes.length ? bytes[at]! * 256 + bytes[at + 1]! : 0
    const end = at + LENGTH_BYTES + length
    if (length === 0 || end > bytes.length)
      throw damaged(`entry ${records.length} is missing, empty or cut short`, place)
    records.push(bytes.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  if (isWhole && at !== bytes.length)
    throw damaged(`there are ${bytes.length - at} bytes behind its ${width} entries`, place)
  return records
}

function damaged(what: string, place: string): WeirError {
  return new WeirError('WEIR_AUDIT', `the entry bundle is damaged: ${what}`, { place })
}

/**
 * Entries of a bank's ledger as lines of its file: a checksum, a space, JSON.
 *
 * A line that is whole was written whole; anything else can only be the end of the file after a crash. Pure.
 */
import { crc32 } from 'node:zlib'

/** First line: whose ledger it is. With another seed the same instruction would meet another fate. */
export interface StartEntry {
  readonly kind: 'start'
  readonly version: 1
  readonly venueId: string
  readonly seed: string
}

/** The bank has an instruction; from here on it is carried out, whatever happens. */
export interface TakenEntry {
  readonly kind: 'taken'
  readonly id: string
  readonly atMicros: number
  /** `weir.Instruction`, Avro in base64. */
  readonly instruction: string
  /** Reason for which the bank's own book refused it when it came; missing for one that is carried out. */
  readonly refused?: string
}

/** A step of its fate was carried out; a settled one moves money. */
export interface StepEntry {
  readonly kind: 'step'
  readonly id: string
  readonly step: number
  readonly atMicros: number
}

/** The report on a step was acknowledged, so that a restart need not tell it again. */
export interface ReportedEntry {
  readonly kind: 'reported'
  readonly id: string
  readonly step: number
}

export type LedgerEntry = StartEntry | TakenEntry | StepEntry | ReportedEntry

const CHECKSUM_DIGITS = 8
const LINE_FEED = 0x0a

export function lineOf(entry: LedgerEntry): string {
  const json = JSON.stringify(entry)
  return `${checksumOf(json)} ${json}\n`
}

function checksumOf(json: string): string {
  return crc32(json).toString(16).padStart(CHECKSUM_DIGITS, '0')
}

export interface ReadEntries {
  readonly entries: readonly LedgerEntry[]
  /** Bytes of the whole lines; what follows is a torn end, or damage. */
  readonly wholeBytes: number
  /** A line that is not whole is followed by further lines: no crash does that. */
  readonly damaged: boolean
}

export function readEntries(bytes: Buffer): ReadEntries {
  const entries: LedgerEntry[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf(LINE_FEED, at)
    if (end < 0) return { entries, wholeBytes: at, damaged: false }
    const line = bytes.toString('utf8', at, end)
    const json = line.slice(CHECKSUM_DIGITS + 1)
    if (line.slice(0, CHECKSUM_DIGITS) !== checksumOf(json))
      return { entries, wholeBytes: at, damaged: end + 1 < bytes.length }
    entries.push(JSON.parse(json) as LedgerEntry)
    at = end + 1
  }
}

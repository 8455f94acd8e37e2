/**
 * A leaf of the audit log: what an outsider is shown of one decision, instruction, command, policy version or roster.
 *
 * A leaf is canonical JSON of at most 64 KiB. What is larger, or is told elsewhere byte for byte, stands in it as its SHA-256:
 *
 *   { "leaf": 3, "kind": "decision", "group": "europe", "sequence": 7,
 *     "journal": { "partition": 0, "entry": 345, "ordinal": 0 }, ... }
 *
 * `sequence` counts the leaves of a group from 0 without a gap: a leaf that was left out is missed. `journal` tells which entry it was
 * made from, and its place among the leaves of that entry. Times are microseconds since 1970, amounts minor units, ids and
 * digests lower-case hex. Pure.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'

/** Changes with the meaning of any field. */
export const LEAF_VERSION = 4

/** C2SP tlog-tiles writes the length of an entry in 16 bits. */
export const LEAF_BYTES_MOST = 65_535

export type LeafKind = 'roster' | 'policy' | 'command' | 'decision' | 'instruction' | 'instruction-event'

export interface LeafPlace {
  readonly partition: number
  /** Number of the journal's entry. */
  readonly entry: number
  /** Place among the leaves of the entry, from 0. */
  readonly ordinal: number
}

export interface Leaf {
  readonly kind: LeafKind
  readonly group: string
  readonly sequence: number
  readonly journal: LeafPlace
  readonly fields: Readonly<Record<string, Json>>
}

/** @throws WeirError WEIR_JOURNAL when the leaf is too large: the fields of a journal's records are bounded well below */
export function leafBytes({ kind, group, sequence, journal, fields }: Leaf): Buffer {
  const { partition, entry, ordinal } = journal
  const text = canonicalJson({
    ...fields,
    leaf: LEAF_VERSION,
    kind,
    group,
    sequence,
    journal: { partition, entry, ordinal },
  })
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= LEAF_BYTES_MOST) return bytes
  throw new WeirError(
    'WEIR_JOURNAL',
    `a leaf of ${bytes.length} bytes does not fit into the audit log, which takes ${LEAF_BYTES_MOST}`,
    {
      place: `journal partition ${partition}, entry ${entry}`,
      remedy: 'report it: no record should be so large',
    },
  )
}

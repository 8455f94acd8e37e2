/**
 * A bundle: what the audit log holds of one decision, with the proofs that it holds it. JSON, one document.
 *
 *   { "format": "weir-audit-bundle/1",
 *     "decision": "5f0c...",              id, hex
 *     "checkpoint": "origin\n...",        signed note over the log, C2SP tlog-checkpoint
 *     "leaves": [ { "index": 12, "record": "BASE64", "proof": ["BASE64", ...] }, ... ] }
 *
 * Leaves are in the order of the log. Nothing in a bundle is believed before it was verified; the reader takes this form and no other.
 * Pure; depends on the log's text forms.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { base64Of, hashOf, toBase64 } from '../log/text.js'

const FORMAT = 'weir-audit-bundle/1'
const NAMES = 'checkpoint,decision,format,leaves'
const LEAF_NAMES = 'index,proof,record'

/** A decision has some instructions, and each some events. */
const LEAVES_MOST = 4_096
/** A tree of 2^53 leaves is not higher. */
const PROOF_MOST = 53
export const BUNDLE_BYTES_MOST = 64 * 1024 * 1024

export interface BundledLeaf {
  /** In the log, from 0. */
  readonly index: number
  readonly record: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export interface Bundle {
  readonly decision: string
  readonly checkpoint: Uint8Array
  readonly leaves: readonly BundledLeaf[]
}

export function formatBundle({ decision, checkpoint, leaves }: Bundle): string {
  const document = {
    format: FORMAT,
    decision,
    checkpoint: Buffer.from(checkpoint).toString('utf8'),
    leaves: leaves.map(({ index, record, proof }) => ({
      index,
      record: toBase64(record),
      proof: proof.map((hash) => toBase64(hash)),
    })),
  }
  return `${JSON.stringify(document, undefined, 1)}\n`
}

/** @throws WeirError WEIR_AUDIT when it is no bundle of this form */
export function parseBundle(text: string, place: string): Bundle {
  if (text.length > BUNDLE_BYTES_MOST) throw malformed(`it is longer than ${BUNDLE_BYTES_MOST} bytes`, place)
  const { format, decision, checkpoint, leaves } = objectOf(parsed(text, place), NAMES, 'bundle', place)
  if (format !== FORMAT) throw malformed(`its format is not ${FORMAT}`, place)
  if (typeof decision !== 'string' || !/^[0-9a-f]{32}$/.test(decision))
    throw malformed('its decision is no id in hex', place)
  if (typeof checkpoint !== 'string') throw malformed('it has no checkpoint', place)
  if (!Array.isArray(leaves) || leaves.length === 0 || leaves.length > LEAVES_MOST)
    throw malformed(`it has not 1 to ${LEAVES_MOST} leaves`, place)
  return {
    decision,
    checkpoint: Buffer.from(checkpoint, 'utf8'),
    leaves: leaves.map((leaf, at) => leafOf(leaf, `${place}, leaf ${at}`)),
  }
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw malformed('it is no JSON', place, cause)
  }
}

function leafOf(value: unknown, place: string): BundledLeaf {
  const { index, record, proof } = objectOf(value, LEAF_NAMES, 'leaf', place)
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0)
    throw malformed('its index is no number of a leaf', place)
  const bytes = typeof record === 'string' ? base64Of(record) : undefined
  if (bytes === undefined) throw malformed('its record is no base64', place)
  if (!Array.isArray(proof) || proof.length > PROOF_MOST)
    throw malformed('its proof is no list of hashes', place)
  const hashes = proof.map((hash) => (typeof hash === 'string' ? hashOf(hash) : undefined))
  if (hashes.includes(undefined)) throw malformed('its proof holds what is no hash in base64', place)
  return { index, record: bytes, proof: hashes as Uint8Array[] }
}

/** Exactly these names: what a reader passes over could mean something to another one. */
function objectOf(value: unknown, names: string, what: string, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== names)
    throw malformed(`a ${what} has the members ${names.replaceAll(',', ', ')} and no others`, place)
  return value as Record<string, unknown>
}

function malformed(what: string, place: string, cause?: unknown): WeirError {
  return new WeirError('WEIR_AUDIT', `the bundle cannot be read: ${what}`, {
    place,
    remedy: 'export it again: weir audit export DECISION --out FILE',
    ...(cause === undefined ? {} : { cause }),
  })
}

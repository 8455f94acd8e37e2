/**
 * A bundle: all that it takes to prove a decision and to make it again, as one document of canonical JSON (RFC 8785) and a line feed.
 *
 *   { "format": "weir-audit-bundle/3",
 *     "decision": "5f0c...",             id, hex
 *     "checkpoint": "origin\n...",       signed note over the log, C2SP tlog-checkpoint
 *     "since": null | { "checkpoint": "...", "proof": [BASE64, ...] },       an earlier one, and that the log has grown from it
 *     "leaves": [ { "index": 12, "record": BASE64, "proof": [BASE64, ...] }, ... ],  in the order of the log
 *     "snapshot": null | { "digest": HEX, "state": BASE64 },   the agent after the decision before; null: from the group's beginning
 *     "sources": [BASE64, ...],          weir.SourceDeclaration, of the sources that have inputs here, rising by number
 *     "cycles": [BASE64, ...],           weir.Cycle, from the snapshot to the decision
 *     "wasm": null | BASE64,             module of the optimizer
 *     "policy": "...",                   the document
 *     "explanation": BASE64,             weir.Explanation
 *     "instructions": [BASE64, ...],     weir.Instruction
 *     "certificate": null | "...",       wasm-core/host/exact/certificate-document.ts
 *     "rosters": [BASE64, ...],          documents, one for each leaf of a roster
 *     "commands": [BASE64, ...] }        weir.Command, one for each leaf of an order that it rests on, people/bundled-people.ts
 *
 * Nothing in a bundle is believed before it was verified. The reader takes what the writer writes, byte by byte, and nothing else.
 * Pure; depends on the log's text forms.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { canonicalJson } from '../../../schemas/canonical-json.js'
import { toBase64 } from '../log/text.js'
import { BundleFields, malformed } from './bundle-fields.js'

const FORMAT = 'weir-audit-bundle/3'

/** Of all leaves of a group up to a decision, too. */
const LEAVES_MOST = 262_144
/** A tree of 2^53 leaves is not higher. */
const PROOF_MOST = 53
/** Two nodes a level. */
const CONSISTENCY_MOST = 2 * PROOF_MOST
const CYCLES_MOST = 262_144
/** Sources are topics or files, by their schemas. */
const SOURCES_MOST = 65_536
/** More than any policy allows in a cycle. */
const INSTRUCTIONS_MOST = 4_096
/** Of all that has ever governed the group; a roster has 256 KiB at most. */
const ROSTERS_MOST = 65_536
const COMMANDS_MOST = 65_536
export const BUNDLE_BYTES_MOST = 64 * 1024 * 1024

export interface BundledLeaf {
  /** In the log, from 0. */
  readonly index: number
  readonly record: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export interface EarlierCheckpoint {
  readonly checkpoint: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export interface BundledState {
  /** SHA-256 of the bytes, hex: finds damage; whoever has it from elsewhere knows that it is the state. */
  readonly digest: string
  readonly state: Uint8Array
}

export interface Bundle {
  readonly decision: string
  readonly checkpoint: Uint8Array
  readonly since: EarlierCheckpoint | null
  readonly leaves: readonly BundledLeaf[]
  readonly snapshot: BundledState | null
  readonly sources: readonly Uint8Array[]
  readonly cycles: readonly Uint8Array[]
  readonly wasm: Uint8Array | null
  readonly policy: string
  readonly explanation: Uint8Array
  readonly instructions: readonly Uint8Array[]
  readonly certificate: string | null
  /** YAML documents in UTF-8, and commands, in the order of their leaves. */
  readonly rosters: readonly Uint8Array[]
  readonly commands: readonly Uint8Array[]
}

/** @throws WeirError WEIR_INPUT when it would be longer than a reader takes */
export function formatBundle(bundle: Bundle): string {
  const { decision, checkpoint, since, leaves, snapshot, wasm, policy, explanation, certificate } = bundle
  const list = (parts: readonly Uint8Array[]): string[] => parts.map((part) => toBase64(part))
  const text = canonicalJson({
    format: FORMAT,
    decision,
    checkpoint: noteText(checkpoint),
    since: since === null ? null : { checkpoint: noteText(since.checkpoint), proof: list(since.proof) },
    leaves: leaves.map(({ index, record, proof }) => ({
      index,
      record: toBase64(record),
      proof: list(proof),
    })),
    snapshot: snapshot === null ? null : { digest: snapshot.digest, state: toBase64(snapshot.state) },
    sources: list(bundle.sources),
    cycles: list(bundle.cycles),
    wasm: wasm === null ? null : toBase64(wasm),
    policy,
    explanation: toBase64(explanation),
    instructions: list(bundle.instructions),
    certificate,
    rosters: list(bundle.rosters),
    commands: list(bundle.commands),
  })
  if (Buffer.byteLength(text) < BUNDLE_BYTES_MOST) return `${text}\n`
  throw new WeirError('WEIR_INPUT', `the bundle would be longer than ${BUNDLE_BYTES_MOST} bytes`, {
    place: `decision ${decision}`,
    remedy: 'export it without --from-start',
  })
}

function noteText(note: Uint8Array): string {
  return Buffer.from(note).toString('utf8')
}

/** @throws WeirError WEIR_AUDIT when it is no bundle of this form */
export function parseBundle(text: string, place: string): Bundle {
  if (Buffer.byteLength(text) > BUNDLE_BYTES_MOST)
    throw malformed(`it is longer than ${BUNDLE_BYTES_MOST} bytes`, place)
  const fields = BundleFields.parse(text, place)
  if (fields.text('format') !== FORMAT) throw malformed(`its format is not ${FORMAT}`, place)
  const bundle: Bundle = {
    decision: fields.hex('decision', 32),
    checkpoint: Buffer.from(fields.text('checkpoint'), 'utf8'),
    since: fields.isNull('since') ? null : sinceOf(fields.object('since')),
    leaves: fields.objects('leaves', LEAVES_MOST).map(leafOf),
    snapshot: fields.isNull('snapshot') ? null : snapshotOf(fields.object('snapshot')),
    sources: fields.blobs('sources', SOURCES_MOST),
    cycles: fields.blobs('cycles', CYCLES_MOST),
    wasm: fields.isNull('wasm') ? null : fields.blob('wasm'),
    policy: fields.text('policy'),
    explanation: fields.blob('explanation'),
    instructions: fields.blobs('instructions', INSTRUCTIONS_MOST),
    certificate: fields.isNull('certificate') ? null : fields.text('certificate'),
    rosters: fields.blobs('rosters', ROSTERS_MOST),
    commands: fields.blobs('commands', COMMANDS_MOST),
  }
  if (bundle.leaves.length === 0) throw malformed('it has no leaves', place)
  if (!isWrittenAs(bundle, text)) throw malformed('it is not as Weir writes it', place)
  return bundle
}

/** One text a bundle: what is doubled, left over, reordered or spelled in another way shows here. */
function isWrittenAs(bundle: Bundle, text: string): boolean {
  try {
    return formatBundle(bundle) === text
  } catch {
    return false
  }
}

function sinceOf(fields: BundleFields): EarlierCheckpoint {
  return {
    checkpoint: Buffer.from(fields.text('checkpoint'), 'utf8'),
    proof: fields.hashes('proof', CONSISTENCY_MOST),
  }
}

function leafOf(fields: BundleFields): BundledLeaf {
  return {
    index: fields.index('index'),
    record: fields.blob('record'),
    proof: fields.hashes('proof', PROOF_MOST),
  }
}

function snapshotOf(fields: BundleFields): BundledState {
  return { digest: fields.hex('digest', 64), state: fields.blob('state') }
}

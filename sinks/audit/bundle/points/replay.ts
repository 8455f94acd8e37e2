/**
 * Point 10: the same state, the same cycles and the same module give the same bytes: every leaf, the explanation, the instructions, and
 * the digest over all decisions so far. Depends on the replay.
 */
import { NO_DIGEST, toHex } from '../../../../pipeline/identity.js'
import { leafBytes } from '../../leaves/leaf.js'
import { sha256Hex } from '../../leaves/leaf-fields.js'
import type { ReplayOutcome } from '../../replay/replay-job.js'
import type { Evidence } from '../evidence.js'
import { demand, type Finding } from './point.js'

export async function replayPoint(evidence: Evidence): Promise<Finding> {
  const { bundle, decision, previous, trust } = evidence
  demandTrusted(evidence)
  const outcome = await evidence.replayed()
  const { before, after } = outcome
  demand(
    before.chain === (previous?.digests.chain ?? toHex(NO_DIGEST)),
    'the state is not one that the decisions before have led to',
  )
  demand(bundle.snapshot === null || before.state === bundle.snapshot.digest, 'the state is not canonical')
  demandLeaves(outcome, evidence)
  demand(after.chain === decision.digests.chain, 'the replay comes to another digest of all decisions')
  demandBytes('explanation', outcome.explanations, [bundle.explanation])
  demand(
    sha256Hex(bundle.explanation) === decision.digests.explanation,
    'the explanation is not the one logged',
  )
  demandBytes('instructions', outcome.instructions, bundle.instructions)
  const module = bundle.wasm === null ? 'none needed' : sha256Hex(bundle.wasm)
  const known =
    trust.wasmDigest === undefined && bundle.wasm !== null ? ' (compare it with one that you trust)' : ''
  return {
    detail: `${evidence.cycles.length} cycles give the same bytes; state ${after.state}; module ${module}${known}`,
    facts: { before: { ...before }, after: { ...after }, module },
  }
}

/** What the verifier has from elsewhere is what the bundle has. */
function demandTrusted({ bundle, trust }: Evidence): void {
  if (trust.wasmDigest !== undefined && bundle.wasm !== null)
    demand(
      sha256Hex(bundle.wasm) === trust.wasmDigest,
      'the module is another one than the one that is trusted',
    )
  if (trust.stateDigest !== undefined)
    demand(
      bundle.snapshot?.digest === trust.stateDigest,
      'it does not go on from the state that the decision before ended in',
    )
}

/** Byte by byte, with the entries of the journal as the log has them: the replay does not know the journal. */
function demandLeaves({ leaves }: ReplayOutcome, { arranged }: Evidence): void {
  const { made } = arranged
  let entry = -1
  leaves.forEach((leaf, at) => {
    const logged = made[at]
    demand(logged !== undefined, `the replay gives more leaves than the ${made.length} that are there`)
    const { partition, entry: itsEntry } = logged.journal
    if (leaf.journal.ordinal === 0) {
      demand(itsEntry > entry, `leaf ${logged.index} is of the entry before`)
      entry = itsEntry
    }
    const bytes = leafBytes({ ...leaf, journal: { partition, entry, ordinal: leaf.journal.ordinal } })
    demand(bytes.equals(logged.record), `the replay gives another leaf ${logged.index}`)
  })
  demand(leaves.length === made.length, `the replay gives ${leaves.length} leaves, ${made.length} are there`)
}

function demandBytes(what: string, made: readonly Uint8Array[], given: readonly Uint8Array[]): void {
  const isSame =
    made.length === given.length &&
    made.every((bytes, at) => Buffer.compare(bytes, given[at] as Uint8Array) === 0)
  demand(isSame, `the replay gives other ${what}`)
}

/**
 * Point 1: the checkpoint is signed and cosigned, every leaf is in the log, and the log has grown from an earlier checkpoint. Pure.
 */
import { openCheckpoint } from '../../log/checkpoint.js'
import { leafHash, sameHash } from '../../log/hashing.js'
import { verifyConsistency, verifyInclusion } from '../../log/proofs.js'
import type { Evidence } from '../evidence.js'
import { demand, type Finding } from './point.js'

export function logPoint(evidence: Evidence): Finding {
  const { note, checkpoint } = evidence.checkpoint
  const { origin, size, root } = checkpoint
  for (const { index, record, proof } of evidence.bundle.leaves)
    demand(
      verifyInclusion({ leafHash: leafHash(record), index, size, root, proof }),
      `the log of size ${size} has another leaf at ${index}`,
    )
  const since = sinceOf(evidence)
  const leaves = `${evidence.leaves.length} of ${size} leaves of ${origin}`
  return { detail: `${leaves}, ${note.signatures.length} signatures, ${since}` }
}

/** The earlier checkpoint of the bundle is one of this log, and the one that the verifier kept. */
function sinceOf({ bundle, trust, checkpoint }: Evidence): string {
  const kept = trust.since === undefined ? undefined : openEarlier(trust.since, trust, 'kept checkpoint')
  if (bundle.since === null) {
    demand(
      kept === undefined || isSame(kept, checkpoint.checkpoint),
      'it has no proof that the log has grown from the checkpoint that was kept',
    )
    return 'no earlier checkpoint'
  }
  const earlier = openEarlier(bundle.since.checkpoint, trust, 'earlier checkpoint')
  demand(
    kept === undefined || isSame(kept, earlier),
    'its proof begins at another checkpoint than the one that was kept',
  )
  const { size, root } = checkpoint.checkpoint
  const claim = { oldSize: earlier.size, oldRoot: earlier.root, size, root, proof: bundle.since.proof }
  demand(verifyConsistency(claim), `the log has not grown from its ${earlier.size} leaves of before`)
  return `grown from ${earlier.size} leaves`
}

/** Cosignatures of an earlier one are asked for nowhere: the log's own signature binds it. */
function openEarlier(bytes: Uint8Array, trust: Evidence['trust'], place: string) {
  return openCheckpoint(bytes, { ...trust, witnessQuorum: 0 }, place).checkpoint
}

interface Tree {
  readonly size: number
  readonly root: Uint8Array
}

const isSame = (a: Tree, b: Tree): boolean => a.size === b.size && sameHash(a.root, b.root)

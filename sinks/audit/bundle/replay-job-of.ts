/**
 * What a bundle's replay needs, taken from the bundle when it is what the log names: no module runs that no decision was made by.
 * Pure.
 */
import { fromHex, NO_DIGEST, toHex } from '../../../pipeline/identity.js'
import { HISTORY_BEGIN } from '../leaves/history.js'
import { sha256Hex } from '../leaves/leaf-fields.js'
import type { ReplayJob } from '../replay/replay-job.js'
import type { DecisionLeaf, Evidence } from './evidence.js'
import { demand } from './points/point.js'

const NOTHING_SOLVED = toHex(NO_DIGEST)

export function replayJobOf(evidence: Evidence): ReplayJob {
  const { bundle, group, sources, cycles, previous, arranged } = evidence
  demandModule(evidence)
  if (bundle.snapshot !== null)
    demand(sha256Hex(bundle.snapshot.state) === bundle.snapshot.digest, 'the state is not that of its digest')
  return {
    group,
    decision: bundle.decision,
    snapshot: bundle.snapshot?.state,
    sources: sources.map(({ record }) => record),
    cycles: cycles.map(({ record }) => record),
    wasm: bundle.wasm ?? undefined,
    memory: {
      sequence: arranged.made[0]?.sequence ?? 0,
      history: previous === undefined ? HISTORY_BEGIN : fromHex(previous.digests.history),
      governing: previous?.governing ?? 0,
    },
  }
}

/** All decisions that are made again must be of the one module that is there; there is none when nothing was solved. */
function demandModule({ bundle, arranged }: Evidence): void {
  const named = arranged.made
    .filter(({ kind }) => kind === 'decision')
    .map(({ fields }) => (fields as unknown as DecisionLeaf).solver.wasm)
    .filter((digest) => digest !== NOTHING_SOLVED)
  if (bundle.wasm === null) {
    demand(named.length === 0, 'the module of the optimizer is not there')
    return
  }
  const digest = sha256Hex(bundle.wasm)
  demand(named.length > 0, 'there is a module, and nothing was solved')
  demand(
    named.every((name) => name === digest),
    `the module is ${digest}, decisions name ${[...new Set(named)].join(', ')}`,
  )
}

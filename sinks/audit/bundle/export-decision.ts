/**
 * Makes the bundle of a decision from the audit log and the journal: the leaves with their proofs, and what makes the decision again.
 *
 * The decision is made again here too, so that a bundle that could not be verified is not written. Depends on the log, the journal
 * and the replay.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { fromHex, NO_DIGEST, toHex } from '../../../pipeline/identity.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import { compileOptimizer, readOptimizer } from '../../../wasm-core/host/compile.js'
import type { ProjectedJournal } from '../../journal/journal-port.js'
import { HISTORY_BEGIN } from '../leaves/history.js'
import { sha256Hex } from '../leaves/leaf-fields.js'
import { parseSignedCheckpoint } from '../log/checkpoint.js'
import { replayDecision } from '../replay/replay-decision.js'
import type { ExaminedDecision, ReplayOutcome } from '../replay/replay-job.js'
import type { Bundle, EarlierCheckpoint } from './bundle.js'
import { certificateOf } from './certificate-of.js'
import { type ChosenLeaves, chooseLeaves, type ProvingLog } from './choose-leaves.js'
import { type CollectedCycles, collectCycles } from './collect-cycles.js'
import { collectOrders } from './collect-orders.js'

const NOTHING_SOLVED = toHex(NO_DIGEST)

export interface ExportOptions {
  /** The whole history of the group instead of a state: nothing is taken on trust then. */
  readonly fromStart?: boolean
  /** An earlier checkpoint of the log, signed: the bundle proves that the log has grown from it. */
  readonly since?: Uint8Array
}

/**
 * @param decision id, 32 lower-case hex digits
 * @returns undefined when the log has no such decision
 * @throws WeirError WEIR_JOURNAL when the journal does not give what the log has; as log and certificates do
 */
export async function exportDecision(
  log: ProvingLog,
  journal: ProjectedJournal,
  decision: string,
  { fromStart = false, since }: ExportOptions = {},
): Promise<Bundle | undefined> {
  const chosen = await chooseLeaves(log, decision, fromStart)
  if (chosen === undefined) return undefined
  const wasm = await moduleFor(chosen)
  const { group, previous, entry } = chosen
  const wanted = { group, after: previous?.cycle ?? -1, until: chosen.decision.cycle, entry }
  const collected = await collectCycles(journal, wanted, await compileOptimizer())
  const outcome = await replayDecision({
    group,
    decision,
    ...collected,
    wasm,
    memory: {
      sequence: chosen.firstMade,
      history: previous === undefined ? HISTORY_BEGIN : fromHex(previous.digests.history),
      governing: previous?.governing ?? 0,
    },
  })
  const examined = demandSame(outcome, chosen)
  return {
    ...(await proofsOf(log, decision, chosen.indices, since)),
    ...partsOf(collected),
    wasm: hasSolved(outcome) ? wasm : null,
    policy: examined.policyDocument,
    explanation: outcome.explanations[0] ?? new Uint8Array(0),
    instructions: outcome.instructions,
    certificate: examined.solve === undefined ? null : certificateOf(examined.solve),
    ...(await peopleOf(journal, chosen)),
  }
}

async function peopleOf(
  journal: ProjectedJournal,
  { group, rosters, commands }: ChosenLeaves,
): Promise<Pick<Bundle, 'rosters' | 'commands'>> {
  const orders = await collectOrders(journal, group, [...rosters, ...commands])
  return {
    rosters: orders.flatMap((order) =>
      order.kind === 'roster' ? [Buffer.from(order.record.document, 'utf8')] : [],
    ),
    commands: orders.flatMap((order) =>
      order.kind === 'command' ? [encodeRecord('command', order.record)] : [],
    ),
  }
}

async function proofsOf(
  log: ProvingLog,
  decision: string,
  indices: readonly number[],
  since: Uint8Array | undefined,
): Promise<Pick<Bundle, 'decision' | 'checkpoint' | 'since' | 'leaves'>> {
  const leaves = []
  for (const index of indices)
    leaves.push({
      index,
      record: await log.record(index),
      proof: await log.inclusionProof(index, log.size),
    })
  const earlier = since === undefined ? null : await grownFrom(log, since)
  return { decision, checkpoint: log.checkpoint(), since: earlier, leaves }
}

function partsOf({
  snapshot,
  sources,
  cycles,
}: CollectedCycles): Pick<Bundle, 'snapshot' | 'sources' | 'cycles'> {
  return {
    snapshot: snapshot === undefined ? null : { digest: sha256Hex(snapshot), state: snapshot },
    sources: sources.map((source) => encodeRecord('source-declaration', source)),
    cycles: cycles.map((cycle) => encodeRecord('cycle', cycle)),
  }
}

async function moduleFor({ decision }: ChosenLeaves): Promise<Uint8Array> {
  const wasm = await readOptimizer()
  const digest = sha256Hex(wasm)
  if (decision.solver.wasm === NOTHING_SOLVED || decision.solver.wasm === digest) return wasm
  throw new WeirError('WEIR_INPUT', `the decision was made by another optimizer, ${decision.solver.wasm}`, {
    place: `decision ${decision.id}`,
    remedy: `export it with the version of Weir that made the run; this one has ${digest}`,
  })
}

const hasSolved = ({ leaves }: ReplayOutcome): boolean =>
  leaves.some(
    ({ kind, fields }) =>
      kind === 'decision' && (fields.solver as { readonly wasm: string }).wasm !== NOTHING_SOLVED,
  )

/** What was made again is what was logged; anything else is told before a bundle is written that nobody could verify. */
function demandSame(
  { before, after, examined }: ReplayOutcome,
  { decision, previous }: ChosenLeaves,
): ExaminedDecision {
  const began = previous?.digests.chain ?? NOTHING_SOLVED
  if (before.chain === began && after.chain === decision.digests.chain && examined !== undefined)
    return examined
  throw new WeirError('WEIR_JOURNAL', 'the journal does not give the decision that the audit log has', {
    place: `decision ${decision.id}, cycle ${decision.cycle}`,
    remedy:
      'look for the first difference: weir audit check, weir replay; another version of Weir decides in another way',
  })
}

async function grownFrom(log: ProvingLog, since: Uint8Array): Promise<EarlierCheckpoint> {
  const { size } = parseSignedCheckpoint(since, 'earlier checkpoint').checkpoint
  if (size < 1 || size > log.size)
    throw new WeirError(
      'WEIR_INPUT',
      `the earlier checkpoint is of ${size} leaves, the log has ${log.size}`,
      {
        place: 'earlier checkpoint',
        remedy: 'give one that this log has had, of 1 leaf or more',
      },
    )
  return { checkpoint: since, proof: await log.consistencyProof(size, log.size) }
}

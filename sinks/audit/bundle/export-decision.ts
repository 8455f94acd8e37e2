/**
 * Finds what the log holds of a decision: its leaf, that of the policy version it rests on, its instructions, and what became of them.
 *
 * The log is read from its beginning, a leaf at a time: there is no index beside it that could be wrong. Depends on the log and the leaves.
 */
import { WeirError } from '../../../pipeline/errors.js'
import type { Bundle } from './bundle.js'

/** What a log must be able to do. */
export interface ProvingLog {
  readonly size: number
  record(index: number): Promise<Uint8Array>
  inclusionProof(index: number, size: number): Promise<readonly Uint8Array[]>
  checkpoint(): Uint8Array
}

interface LeafText {
  readonly kind: string
  readonly group: string
  readonly id?: string
  readonly decision?: string
  readonly instruction?: string
  readonly digest?: string
  readonly policy?: { readonly digest: string }
}

/**
 * @param decision id, 32 lower-case hex digits
 * @throws WeirError WEIR_INPUT when the log has no such decision; as the log does
 */
export async function exportDecision(log: ProvingLog, decision: string): Promise<Bundle> {
  const { size } = log
  const found = await findOwn(log, size, decision)
  const [first] = found
  if (first === undefined)
    throw new WeirError('WEIR_INPUT', `the audit log has no decision ${decision}`, {
      remedy:
        'bring the log up to date: weir audit append, or look the id up: weir sql "SELECT decision_id FROM decisions"',
    })
  const policy = await findPolicy(log, first.index, first.leaf)
  const indices = [...(policy === undefined ? [] : [policy]), ...found.map(({ index }) => index)]
  const leaves = await Promise.all(
    indices.map(async (index) => ({
      index,
      record: await log.record(index),
      proof: await log.inclusionProof(index, size),
    })),
  )
  return { decision, checkpoint: log.checkpoint(), leaves }
}

/** The decision's leaf, then those of its instructions and their events, which come after it. */
async function findOwn(
  log: ProvingLog,
  size: number,
  decision: string,
): Promise<{ index: number; leaf: LeafText }[]> {
  const found: { index: number; leaf: LeafText }[] = []
  const ids = [decision]
  for (let index = 0; index < size; index++) {
    const record = Buffer.from(await log.record(index))
    // Cheap first: few leaves name any of the ids.
    if (!ids.some((id) => record.includes(id))) continue
    const leaf = JSON.parse(record.toString('utf8')) as LeafText
    if (leaf.kind === 'decision' && leaf.id === decision) found.push({ index, leaf })
    else if (leaf.kind === 'instruction' && leaf.decision === decision) {
      ids.push(leaf.id as string)
      found.push({ index, leaf })
    } else if (leaf.kind === 'instruction-event' && ids.includes(leaf.instruction ?? ''))
      found.push({ index, leaf })
  }
  return found
}

/** The latest leaf before the decision by which its group was given the policy version. */
async function findPolicy(log: ProvingLog, before: number, decision: LeafText): Promise<number | undefined> {
  const digest = decision.policy?.digest ?? ''
  for (let index = before - 1; index >= 0; index--) {
    const record = Buffer.from(await log.record(index))
    if (!record.includes(digest)) continue
    const leaf = JSON.parse(record.toString('utf8')) as LeafText
    if (leaf.kind === 'policy' && leaf.digest === digest && leaf.group === decision.group) return index
  }
  return undefined
}

/**
 * Finds in a log the leaves that a bundle has: those of the group from the decision before (or its beginning) to the end of the entry
 * that decided, all before them that say what governs the group, and after them what became of the instructions, with what was ordered
 * about the plan and about what governs until then.
 *
 * The log is read from its beginning, a leaf at a time: there is no index beside it that could be wrong. Depends on the log's port.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { isGoverning } from '../leaves/governing.js'
import type { DecisionLeaf } from './evidence.js'
import { isEvidence, subjectOf } from './people/bundled-people.js'
import { previousDecision } from './previous-decision.js'

/** What a log must be able to do. */
export interface ProvingLog {
  readonly size: number
  record(index: number): Promise<Uint8Array>
  inclusionProof(index: number, size: number): Promise<readonly Uint8Array[]>
  consistencyProof(oldSize: number, size: number): Promise<readonly Uint8Array[]>
  checkpoint(): Uint8Array
}

/** A leaf of the log as far as it is read here: it was made by Weir. */
interface ReadLeaf {
  readonly index: number
  readonly kind: string
  readonly group: string
  readonly sequence: number
  readonly journal: { readonly partition: number; readonly entry: number }
  readonly id?: string
  readonly decision?: string
  readonly instruction?: string
  readonly subject?: string
  readonly order?: string
  readonly input?: number
  /** Of a decision that was made beside the policy in force. */
  readonly arm?: string
}

/** Where the journal has a record that the bundle carries. */
export interface RecordPlace {
  readonly entry: number
  /** Place among the inputs of the entry's cycle. */
  readonly input: number
}

export interface ChosenLeaves {
  /** In the order of the log. */
  readonly indices: readonly number[]
  readonly group: string
  /** Entry of the journal that has the decision. */
  readonly entry: number
  readonly decision: DecisionLeaf
  /** The decision that the bundle's state was left by; undefined from the group's beginning. */
  readonly previous: DecisionLeaf | undefined
  /** Number of the first leaf that the cycles of the bundle make. */
  readonly firstMade: number
  /** Of rosters and of orders that it rests on, in the order of their leaves. */
  readonly rosters: readonly RecordPlace[]
  readonly commands: readonly RecordPlace[]
}

/**
 * @param decision id, 32 lower-case hex digits
 * @returns undefined when the log has no such decision
 * @throws WeirError WEIR_INPUT for one that was made beside the policy in force: what a bundle proves is what the group did
 */
export async function chooseLeaves(
  log: ProvingLog,
  decision: string,
  fromStart: boolean,
): Promise<ChosenLeaves | undefined> {
  const found = await findDecision(log, decision)
  if (found === undefined) return undefined
  if (found.arm !== undefined)
    throw new WeirError(
      'WEIR_INPUT',
      `it was made beside the policy in force (${found.arm}), without effect`,
      {
        place: `decision ${decision}`,
        remedy: 'export the decision in force of the same cycle',
      },
    )
  const leaves = await leavesOf(log, found.group)
  const at = leaves.findIndex(({ index }) => index === found.index)
  const isOfEntry = (leaf: ReadLeaf): boolean => leaf.journal.entry === found.journal.entry
  const before = leaves.slice(0, at)
  const previous = fromStart ? undefined : previousDecision(leaves, found)
  const first = previous?.sequence ?? 0
  const gapless = leaves.filter(
    (leaf) => leaf.sequence >= first && (leaf.index < found.index || isOfEntry(leaf)),
  )
  const early = before.filter((leaf) => leaf.sequence < first && isGoverning(leaf.kind, { ...leaf }))
  const own = new Set(gapless.filter((leaf) => leaf.decision === decision).map(({ id }) => id))
  const after = leaves.filter((leaf) => leaf.index > found.index && !isOfEntry(leaf))
  const lastEvent = after.findLast(({ instruction }) => own.has(instruction))?.index ?? 0
  const later = after.filter(
    (leaf) =>
      leaf.index <= lastEvent &&
      (own.has(leaf.instruction) ||
        isGoverning(leaf.kind, { ...leaf }) ||
        (leaf.kind === 'command' && leaf.subject === subjectOf(decision))),
  )
  const all = [...early, ...gapless, ...later]
  const made = gapless.find(({ journal }) => journal.entry > (previous?.journal.entry ?? -1))
  return {
    indices: all.map(({ index }) => index),
    group: found.group,
    entry: found.journal.entry,
    decision: asDecision(found),
    previous: previous === undefined ? undefined : asDecision(await readLeaf(log, previous.index)),
    firstMade: made?.sequence ?? found.sequence,
    rosters: all.filter(({ kind }) => kind === 'roster').map(placeOf),
    commands: all
      .filter((leaf) => isEvidence({ ...leaf, fields: { ...leaf } }, decision, found.journal.entry))
      .map(placeOf),
  }
}

const placeOf = ({ journal, input = 0 }: ReadLeaf): RecordPlace => ({ entry: journal.entry, input })

const asDecision = (leaf: ReadLeaf): DecisionLeaf => leaf as unknown as DecisionLeaf

async function findDecision(log: ProvingLog, decision: string): Promise<ReadLeaf | undefined> {
  for (let index = 0; index < log.size; index++) {
    const record = Buffer.from(await log.record(index))
    // Cheap first: few leaves name the id.
    if (!record.includes(decision)) continue
    const leaf = parsed(record, index)
    if (leaf.kind === 'decision' && leaf.id === decision) return leaf
  }
  return undefined
}

/** All leaves of a group, without what decisions hold at length. */
async function leavesOf(log: ProvingLog, group: string): Promise<ReadLeaf[]> {
  const mark = `"group":${JSON.stringify(group)}`
  const leaves: ReadLeaf[] = []
  for (let index = 0; index < log.size; index++) {
    const record = Buffer.from(await log.record(index))
    if (!record.includes(mark)) continue
    const {
      kind,
      group: itsGroup,
      sequence,
      journal,
      id,
      decision,
      instruction,
      subject,
      order,
      input,
    } = parsed(record, index)
    if (itsGroup !== group) continue
    leaves.push({
      ...{ index, kind, group, sequence, journal },
      ...(id === undefined ? {} : { id }),
      ...(decision === undefined ? {} : { decision }),
      ...(instruction === undefined ? {} : { instruction }),
      ...(subject === undefined ? {} : { subject }),
      ...(order === undefined ? {} : { order }),
      ...(input === undefined ? {} : { input }),
    })
  }
  return leaves
}

async function readLeaf(log: ProvingLog, index: number): Promise<ReadLeaf> {
  return parsed(Buffer.from(await log.record(index)), index)
}

function parsed(record: Buffer, index: number): ReadLeaf {
  try {
    return { ...(JSON.parse(record.toString('utf8')) as ReadLeaf), index }
  } catch (cause) {
    throw new WeirError('WEIR_AUDIT', `leaf ${index} of the audit log is no JSON`, {
      place: `audit log, leaf ${index}`,
      remedy: 'compare the log with its journal: weir audit check',
      cause,
    })
  }
}

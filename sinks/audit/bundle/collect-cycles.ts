/**
 * Takes from the journal what led to a decision: the agent's state after the decision before, which is made by living through all
 * cycles of the group up to it, and the cycles since with the sources of their inputs. Depends on the agent and the journal's port.
 */
import { createAgent } from '../../../pipeline/agent.js'
import { WeirError } from '../../../pipeline/errors.js'
import type { Agent } from '../../../pipeline/ports.js'
import type { Cycle, SourceDeclaration } from '../../../schemas/generated/types.js'
import type { CompiledOptimizer } from '../../../wasm-core/host/compile.js'
import { JOURNAL_BEGIN, type ProjectedJournal } from '../../journal/journal-port.js'
import { sourcesOf } from '../leaves/history.js'

export interface WantedCycles {
  readonly group: string
  /** The cycle after which the state is taken; -1 for the group's beginning. */
  readonly after: number
  /** The last cycle. */
  readonly until: number
  /** Entry of the journal that has the last cycle's result: what comes behind is not read. */
  readonly entry: number
}

export interface CollectedCycles {
  /** Undefined from the group's beginning. */
  readonly snapshot: Uint8Array | undefined
  readonly sources: readonly SourceDeclaration[]
  readonly cycles: readonly Cycle[]
}

/** @throws WeirError WEIR_JOURNAL when the journal ends before the last cycle, as one of another run does */
export async function collectCycles(
  journal: ProjectedJournal,
  { group, after, until, entry }: WantedCycles,
  { module, digest }: CompiledOptimizer,
): Promise<CollectedCycles> {
  const agent: Agent = createAgent(group, { optimizer: module, optimizerDigest: digest, nowMicros: () => 0 })
  const declared = new Map<number, SourceDeclaration>()
  const cycles: Cycle[] = []
  for await (const batch of journal.read(JOURNAL_BEGIN, entry + 1)) {
    for (const reader of batch) {
      const body = reader.decode()
      if ('weir.SourceDeclaration' in body) {
        const declaration = body['weir.SourceDeclaration']
        declared.set(declaration.source, declaration)
        agent.declareSource(declaration)
      } else if ('weir.Cycle' in body && body['weir.Cycle'].groupId === group) {
        const cycle = body['weir.Cycle']
        if (cycle.cycle <= after) agent.apply(cycle)
        else if (cycle.cycle <= until) cycles.push(cycle)
      }
    }
  }
  if (agent.nextCycle !== after + 1 || cycles.at(-1)?.cycle !== until)
    throw new WeirError('WEIR_JOURNAL', `the journal does not have cycle ${until} of ${group}`, {
      place: `journal partition ${journal.partition}`,
      remedy: 'give the journal that the audit log was made from: weir audit check',
    })
  const used = new Set(cycles.flatMap(sourcesOf))
  return {
    snapshot: after < 0 ? undefined : agent.snapshot(),
    sources: [...declared.values()].filter(({ source }) => used.has(source)),
    cycles,
  }
}

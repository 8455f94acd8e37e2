/**
 * Point 2: the cycles are exactly those that the agent applied from the state before to the decision, none left out, and the
 * declarations are those by which their inputs were read. Pure but for the replay, which tells how fresh the feeds were.
 */
import { fromHex, toHex } from '../../../../pipeline/identity.js'
import { extendHistory, HISTORY_BEGIN, sourcesOf } from '../../leaves/history.js'
import { sha256Hex } from '../../leaves/leaf-fields.js'
import type { FeedFreshness } from '../../replay/replay-job.js'
import type { Evidence } from '../evidence.js'
import { demand, type Finding } from './point.js'

const MICROS_PER_SECOND = 1_000_000

export async function inputsPoint(evidence: Evidence): Promise<Finding> {
  const { bundle, decision, previous, cycles } = evidence
  demand(cycles.length > 0, 'there are no cycles')
  if (bundle.snapshot !== null)
    demand(sha256Hex(bundle.snapshot.state) === bundle.snapshot.digest, 'the state is not that of its digest')
  demandCycles(evidence, previous === undefined ? 0 : previous.cycle + 1)
  const last = cycles.at(-1)
  demand(
    toHex(last?.digest ?? HISTORY_BEGIN) === decision.digests.cycle,
    'the last cycle is not the one decided in',
  )
  demand(last?.record.closedAt === decision.decidedAt, 'the last cycle was not closed when it was decided')
  demand(
    historyOf(evidence) === decision.digests.history,
    'cycles or sources are not those that the agent has applied',
  )
  const feeds = await freshness(evidence)
  const inputs = cycles.reduce((sum, { record }) => sum + record.inputs.length, 0)
  const stale = feeds.map(({ ageMicros }) => ageMicros).sort((a, b) => b - a)[0]
  const age =
    stale === undefined
      ? ''
      : `, ${feeds.length} feeds, the oldest ${(stale / MICROS_PER_SECOND).toFixed(0)} s`
  const from = bundle.snapshot === null ? 'from the beginning' : `from state ${bundle.snapshot.digest}`
  return {
    detail: `${cycles.length} cycles, ${inputs} inputs of ${bundle.sources.length} sources${coordinates(evidence)}, ${from}${age}`,
    facts: { feeds: feeds.map((feed) => ({ ...feed })) },
  }
}

function demandCycles({ cycles, group, decision }: Evidence, first: number): void {
  cycles.forEach(({ record }, at) => {
    demand(record.groupId === group, `cycle ${at} is of another group`)
    demand(record.cycle === first + at, `cycle ${first + at} is missing`)
  })
  demand(first + cycles.length - 1 === decision.cycle, `cycle ${decision.cycle} is not the last one`)
}

/** The chain over all cycles, from the leaf before to that of the decision; every source in it must be declared, and no other. */
function historyOf({ cycles, sources, previous }: Evidence): string {
  const digests = new Map(sources.map(({ record, digest }) => [record.source, digest]))
  const numbers = sources.map(({ record }) => record.source)
  demand(
    numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0)),
    'sources do not rise by number',
  )
  const used = new Set<number>()
  let history = previous === undefined ? HISTORY_BEGIN : fromHex(previous.digests.history)
  for (const { record, digest } of cycles) {
    const own = sourcesOf(record).map((source) => {
      const declared = digests.get(source)
      demand(declared !== undefined, `source ${source} is not declared`)
      used.add(source)
      return declared
    })
    history = extendHistory(history, digest, own)
  }
  demand(used.size === sources.length, 'a source is declared that no cycle has inputs of')
  return toHex(history)
}

/** A record is read once, unless a source was read again from an earlier place; its id then makes it a duplicate. */
function coordinates({ cycles }: Evidence): string {
  const seen = new Set<string>()
  let again = 0
  for (const { record } of cycles)
    for (const { source, position } of record.inputs) {
      const coordinate = `${source}/${position}`
      if (seen.has(coordinate)) again++
      seen.add(coordinate)
    }
  return again === 0 ? '' : ` (${again} were read again)`
}

/** Told as far as the replay comes; what it does not come to is for its own point to say. */
async function freshness(evidence: Evidence): Promise<readonly FeedFreshness[]> {
  try {
    return (await evidence.replayed()).examined?.feeds ?? []
  } catch {
    return []
  }
}

/**
 * Takes from the journal the records of people that a bundle carries, by the places that their leaves name. Nothing is read when there are none.
 * Depends on the leaves' readers and the journal's port.
 */
import { WeirError } from '../../../pipeline/errors.js'
import type { Cycle } from '../../../schemas/generated/types.js'
import { JOURNAL_BEGIN, type ProjectedJournal } from '../../journal/journal-port.js'
import { type OrderReader, orderReader, type TakenOrder, takenOrders } from '../leaves/orders.js'
import type { RecordPlace } from './choose-leaves.js'

/** The records, in the order of the places. @throws WeirError WEIR_JOURNAL when the journal does not have one */
export async function collectOrders(
  journal: ProjectedJournal,
  group: string,
  places: readonly RecordPlace[],
): Promise<TakenOrder[]> {
  const wanted = new Set(places.map(keyOf))
  const found = new Map<string, TakenOrder>()
  const until = Math.max(-1, ...places.map(({ entry }) => entry)) + 1
  const readers = new Map<number, OrderReader>()
  const pending = new Map<number, Cycle>()
  for await (const batch of until === 0 ? [] : journal.read(JOURNAL_BEGIN, until))
    for (const reader of batch) {
      const body = reader.decode()
      if ('weir.SourceDeclaration' in body) {
        const declaration = body['weir.SourceDeclaration']
        const read = orderReader(declaration)
        if (read === undefined) readers.delete(declaration.source)
        else readers.set(declaration.source, read)
      } else if ('weir.Cycle' in body && body['weir.Cycle'].groupId === group)
        pending.set(body['weir.Cycle'].cycle, body['weir.Cycle'])
      else if ('weir.CycleResult' in body && body['weir.CycleResult'].groupId === group) {
        const result = body['weir.CycleResult']
        const cycle = pending.get(result.cycle)
        pending.delete(result.cycle)
        for (const order of (cycle && takenOrders(cycle, result, readers)) ?? []) {
          const key = keyOf({ entry: reader.sequence, input: order.input })
          if (wanted.has(key)) found.set(key, order)
        }
      }
    }
  return places.map((place) => found.get(keyOf(place)) ?? missing(place, journal))
}

const keyOf = ({ entry, input }: RecordPlace): string => `${entry}/${input}`

function missing({ entry, input }: RecordPlace, { partition }: ProjectedJournal): never {
  throw new WeirError(
    'WEIR_JOURNAL',
    `the journal does not have the order that was logged of input ${input}`,
    {
      place: `journal partition ${partition}, entry ${entry}`,
      remedy: 'give the journal that the audit log was made from: weir audit check',
    },
  )
}

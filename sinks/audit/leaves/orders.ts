/**
 * What a cycle took of commands, policies and rosters, in the order in which it took effect, which is not that of arrival: an approval that came
 * after the activation may have been made before it.
 *
 * The order is that of `pipeline/perception/fold-cycle.ts`, told anew here from the records alone. Depends on the readers of records.
 */
import { STREAM_ORDER } from '../../../pipeline/perception/decoded-input.js'
import type { Json } from '../../../schemas/canonical-json.js'
import type { Command, Cycle, CycleResult, Policy, Roster } from '../../../schemas/generated/types.js'
import { recordReader } from '../../journal/record-reader.js'
import { commandFields, policyFields, rosterFields } from './leaf-fields.js'

/** As the agent judged the input: it had effect, in time or late. */
const ACCEPTED = 0
const LATE = 3

type OrderRecord =
  | { readonly kind: 'command'; readonly record: Command }
  | { readonly kind: 'policy'; readonly record: Policy }
  | { readonly kind: 'roster'; readonly record: Roster }

/** An order with the coordinates of its input. */
export type TakenOrder = OrderRecord & {
  readonly input: number
  readonly source: number
  readonly position: number
}

/** Undefined for bytes that are no record of the source's schema. */
export type OrderReader = (payload: Uint8Array) => OrderRecord | undefined

/** Undefined for a stream of which no record becomes a leaf. */
export function orderReader({
  stream: kind,
  writerSchema,
}: {
  readonly stream: string
  readonly writerSchema: string
}): OrderReader | undefined {
  if (kind !== 'command' && kind !== 'policy' && kind !== 'roster') return undefined
  const read = recordReader(kind, writerSchema)
  return (payload) => {
    const record = read(payload)
    return record === undefined ? undefined : ({ kind, record } as OrderRecord)
  }
}

/** @returns undefined when one was taken that cannot be read */
export function takenOrders(
  { inputs }: Cycle,
  { dispositions }: CycleResult,
  readers: ReadonlyMap<number, OrderReader>,
): readonly TakenOrder[] | undefined {
  const orders: TakenOrder[] = []
  for (const [input, { source, position, payload }] of inputs.entries()) {
    const reader = readers.get(source)
    if (reader === undefined) continue
    const disposition = dispositions[input]
    if (disposition !== ACCEPTED && disposition !== LATE) continue
    const order = reader(payload)
    if (order === undefined) return undefined
    orders.push({ ...order, input, source, position })
  }
  return orders.length < 2 ? orders : orders.sort(byEffect)
}

export function orderFields(order: TakenOrder, taken: number): Readonly<Record<string, Json>> {
  const how = { input: order.input, taken }
  if (order.kind === 'command') return commandFields(order.record, how)
  return order.kind === 'policy' ? policyFields(order.record, how) : rosterFields(order.record, how)
}

function byEffect(a: TakenOrder, b: TakenOrder): number {
  return (
    a.record.eventTime - b.record.eventTime ||
    STREAM_ORDER[a.kind] - STREAM_ORDER[b.kind] ||
    byText(a.record.sourceId, b.record.sourceId) ||
    a.record.sourceSequence - b.record.sourceSequence ||
    a.source - b.source ||
    a.position - b.position ||
    a.input - b.input
  )
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

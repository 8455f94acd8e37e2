/**
 * Leaves and rows of ClickHouse as the same texts: which columns say what a leaf says, and how either is written so that both can be
 * compared by eye and by byte.
 *
 * Numbers are decimal, times microseconds, ids hex, doubles the decimal number of their 64 bits, because two programs round a double to
 * digits in two ways. Pure.
 */

/** What of a leaf is read here; leaves were compared with the journal before. */
export interface LoggedLeaf {
  readonly kind: string
  readonly group: string
  readonly journal: { readonly entry: number; readonly ordinal: number }
  readonly [name: string]: unknown
}

interface Column {
  readonly name: string
  /** Expression that gives the text. */
  readonly sql: string
  readonly of: (leaf: LoggedLeaf) => string
}

export interface RowTable {
  readonly table: string
  /** Kind of the leaves that are its rows. */
  readonly kind: string
  /** Orders the rows of one entry of the journal, as its leaves are ordered. */
  readonly rank: string
  readonly rankOf: (leaf: LoggedLeaf) => number
  /** The first one is the id. */
  readonly columns: readonly Column[]
}

const at = (leaf: LoggedLeaf, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], leaf)

const text = (name: string, path: string): Column => ({
  name,
  sql: `toString(${name})`,
  of: (leaf) => String(at(leaf, path)),
})

const micros = (name: string, path: string): Column => ({
  ...text(name, path),
  sql: `toString(toUnixTimestamp64Micro(${name}))`,
})

const id = (name: string, path: string): Column => ({
  ...text(name, path),
  sql: `replaceAll(toString(${name}), '-', '')`,
})

/** No id is NULL in a row and zeros in a leaf. */
const optionalId = (name: string, path: string): Column => ({
  ...text(name, path),
  sql: `ifNull(replaceAll(toString(${name}), '-', ''), repeat('0', 32))`,
})

/** Minus zero has no text of its own in JSON. */
const double = (name: string, path: string): Column => ({
  name,
  sql: `toString(reinterpretAsUInt64(if(${name} = 0, 0., ${name})))`,
  of: (leaf) => bitsOf(Number(at(leaf, path))),
})

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value === 0 ? 0 : value)
  return view.getBigUint64(0).toString()
}

export const ROW_TABLES: readonly RowTable[] = [
  {
    table: 'decisions',
    kind: 'decision',
    // An entry has one at most.
    rank: 'cycle',
    rankOf: ({ cycle }) => Number(cycle),
    columns: [
      id('decision_id', 'id'),
      text('group_id', 'group'),
      text('cycle', 'cycle'),
      text('previous_cycle', 'previousCycle'),
      micros('decided_at', 'decidedAt'),
      text('policy_id', 'policy.id'),
      text('policy_version', 'policy.version'),
      text('policy_digest', 'policy.digest'),
      text('outcome', 'outcome'),
      text('reason', 'reason'),
      text('trigger', 'trigger'),
      text('solver_status', 'solver.status'),
      double('objective', 'solver.objective'),
      double('executed_cost', 'costs.executed'),
      double('do_nothing_cost', 'costs.doNothing'),
      text('instructions', 'instructions'),
    ],
  },
  {
    table: 'instructions',
    kind: 'instruction',
    rank: 'leg',
    rankOf: ({ leg }) => Number(leg),
    columns: [
      id('instruction_id', 'id'),
      id('decision_id', 'decision'),
      text('group_id', 'group'),
      text('cycle', 'cycle'),
      text('leg', 'leg'),
      text('kind', 'action'),
      text('channel_id', 'channel'),
      text('venue_id', 'venue'),
      text('source_account_id', 'source'),
      text('destination_account_id', 'destination'),
      text('currency', 'pays.currency'),
      text('amount_minor', 'pays.amountMinor'),
      text('counter_currency', 'brings.currency'),
      text('counter_amount_minor', 'brings.amountMinor'),
      micros('created_at', 'createdAt'),
      micros('expires_at', 'expiresAt'),
    ],
  },
  {
    table: 'instruction_events',
    kind: 'instruction-event',
    rank: 'ordinal',
    rankOf: ({ step }) => Number(step),
    columns: [
      id('instruction_id', 'instruction'),
      text('group_id', 'group'),
      text('cycle', 'cycle'),
      text('ordinal', 'step'),
      micros('event_time', 'at'),
      text('state', 'state'),
      text('reason_code', 'reason'),
      optionalId('execution_id', 'execution'),
    ],
  },
]

/** Where a row stands among those of its table. */
export interface RowPlace {
  readonly entry: number
  readonly rank: number
}

export interface ComparedRow extends RowPlace {
  /** In the order of the columns. */
  readonly values: readonly string[]
}

export function rowOf({ rankOf, columns }: RowTable, leaf: LoggedLeaf): ComparedRow {
  return { entry: leaf.journal.entry, rank: rankOf(leaf), values: columns.map(({ of }) => of(leaf)) }
}

/** Rows of a partition before an entry, in the order of the journal; every value is a text. */
export function selectRows({ table, rank, columns }: RowTable): string {
  // Names of columns stay what they are in the conditions: the expressions get others.
  const values = columns.map(({ sql }, index) => `${sql} AS v${index}`)
  return `SELECT toString(sequence) AS s, toString(${rank}) AS r, ${values.join(', ')} FROM ${table}
    WHERE journal_partition = {partition: UInt32} AND sequence < {entries: UInt64} ORDER BY sequence, ${rank}`
}

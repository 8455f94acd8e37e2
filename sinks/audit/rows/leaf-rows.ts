/**
 * Leaves and rows of ClickHouse as the same texts: which columns say what a leaf says, and how either is written so that both can be
 * compared by eye and by byte.
 *
 * Numbers are decimal, times microseconds, ids hex, doubles the decimal number of their 64 bits, because two programs round a double to
 * digits in two ways. Pure; depends on the leaves' fields.
 */

import { DETAIL_BYTES_MOST } from '../leaves/leaf-fields.js'

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
  /** Orders the rows of one entry of the journal, and its leaves. */
  readonly rank: string
  readonly rankOf: (leaf: LoggedLeaf) => number
  /** Rows that have leaves, in SQL; all when left out. */
  readonly where?: string
  /** Leaves of the kind that have rows; all when left out. */
  readonly has?: (leaf: LoggedLeaf) => boolean
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

/** A long detail of a command is a digest in its leaf. */
const detail: Column = {
  name: 'detail',
  sql: `if(length(detail) > ${DETAIL_BYTES_MOST}, lower(hex(SHA256(detail))), detail)`,
  of: ({ detail: text, detailDigest }) => String(text) + String(detailDigest),
}

const EFFECTIVE = "disposition IN ('accepted', 'late')"
/** Orders that are a person's voice on something. */
const VOICES: ReadonlySet<unknown> = new Set(['APPROVE', 'REJECT', 'LIFT'])

/** What of an input became a row: as it stood in its cycle. */
const inputRank = (column: string): Pick<RowTable, 'rank' | 'rankOf'> => ({
  rank: column,
  rankOf: ({ input }) => Number(input),
})

/** By the first 48 bits of the id, which a double holds: a cycle may have several decisions, with plans of people beside the agent's. */
const idRank = (column: string): Pick<RowTable, 'rank' | 'rankOf'> => ({
  rank: `reinterpretAsUInt64(reverse(unhex(substring(replaceAll(toString(${column}), '-', ''), 1, 12))))`,
  rankOf: (leaf) => Number.parseInt(String(leaf.id).slice(0, 12), 16),
})

/** Nothing is empty in a leaf and zeros in a row. */
const boundDigest: Column = {
  name: 'digest',
  sql: 'digest',
  of: ({ digest }) => (digest === '' ? '0'.repeat(64) : String(digest)),
}

const PEOPLE_TABLES: readonly RowTable[] = [
  {
    table: 'commands',
    kind: 'command',
    ...inputRank('input_index'),
    where: EFFECTIVE,
    columns: [
      id('command_id', 'id'),
      text('group_id', 'group'),
      text('kind', 'order'),
      text('subject', 'subject'),
      boundDigest,
      text('author', 'author'),
      text('roster_id', 'roster'),
      text('reason', 'reason'),
      detail,
      {
        name: 'signed_in',
        sql: "if(signed_in, 'yes', 'no')",
        of: ({ credential }) => (credential === '' ? 'no' : 'yes'),
      },
      text('signature', 'signature'),
      micros('event_time', 'at'),
      micros('expires_at', 'expires'),
      micros('closed_at', 'taken'),
    ],
  },
  {
    table: 'approvals',
    kind: 'command',
    ...inputRank('ordinal'),
    has: ({ order }) => VOICES.has(order),
    columns: [
      {
        name: 'subject',
        sql: "concat(subject_kind, ':', subject_id)",
        of: ({ subject }) => String(subject),
      },
      text('group_id', 'group'),
      { name: 'verdict', sql: 'upper(verdict)', of: ({ order }) => String(order) },
      text('author', 'author'),
      text('reason', 'reason'),
      micros('event_time', 'at'),
      boundDigest,
      micros('expires_at', 'expires'),
      micros('closed_at', 'taken'),
    ],
  },
  {
    table: 'rosters',
    kind: 'roster',
    ...inputRank('input_index'),
    where: EFFECTIVE,
    columns: [
      text('roster_id', 'id'),
      text('group_id', 'group'),
      text('version', 'version'),
      text('roster_digest', 'digest'),
      { name: 'document', sql: 'lower(hex(SHA256(document)))', of: ({ digest }) => String(digest) },
      micros('event_time', 'at'),
      micros('closed_at', 'taken'),
    ],
  },
]

export const ROW_TABLES: readonly RowTable[] = [
  ...PEOPLE_TABLES,
  {
    table: 'decisions',
    kind: 'decision',
    ...idRank('decision_id'),
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
    ...idRank('instruction_id'),
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
      text('asset_id', 'collateral.asset'),
      text('asset_parts', 'collateral.parts'),
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
export function selectRows({ table, rank, columns, where = '1' }: RowTable): string {
  // Names of columns stay what they are in the conditions: the expressions get others.
  const values = columns.map(({ sql }, index) => `${sql} AS v${index}`)
  return `SELECT toString(sequence) AS s, toString(${rank}) AS r, ${values.join(', ')} FROM ${table}
    WHERE ${where} AND journal_partition = {partition: UInt32} AND sequence < {entries: UInt64} ORDER BY sequence, ${rank}`
}

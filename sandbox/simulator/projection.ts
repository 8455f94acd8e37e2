/**
 * The sink as a process: it reads the committed journal in ranges and inserts their rows, as the projector does, into a ClickHouse
 * that comes and goes.
 *
 * A range is inserted table by table; a retry writes the same rows under the same token, which the store takes once. Rows
 * come from the production fold. Depends on the fold, on cluster and network.
 */
import { createHash } from 'node:crypto'
import type { JournalBody } from '../../pipeline/ports.js'
import { JournalChain } from '../../pipeline/runtime/distributed/journal-entries.js'
import { JOURNAL_STREAM, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { journalSchema, segmentSchema } from '../../pipeline/runtime/journal/record-types.js'
import { Projection } from '../../sinks/clickhouse/projector/projection.js'
import { RangeRows } from '../../sinks/clickhouse/projector/range.js'
import { Random } from '../random.js'
import type { AuditedEntry } from './audit/journal-audit.js'
import { hold } from './audit/violation.js'
import { type FetchedRecord, Fetcher, type World } from './clients/fetcher.js'
import { request } from './network.js'
import { Process } from './process.js'
import { MILLISECOND, SECOND } from './scheduler.js'

const RANGE_ENTRIES_MOST = 64
const TIMEOUT_MICROS = 2 * SECOND
const BACK_OFF_MICROS = { least: 50 * MILLISECOND, most: SECOND }

/** What ClickHouse holds of one partition: blocks by table, each token once, and how far the ledger says they go. */
class Store {
  readonly tables = new Map<string, Buffer[]>()
  readonly #tokens = new Set<string>()
  /** First entry that is not projected. */
  next = 0

  insert(table: string, token: string, bytes: Buffer): void {
    if (this.#tokens.has(token)) return
    this.#tokens.add(token)
    const blocks = this.tables.get(table)
    if (blocks === undefined) this.tables.set(table, [bytes])
    else blocks.push(bytes)
  }
}

/** Positions of sources are the runtime's own book-keeping: no table has them. */
function isProjected(body: JournalBody): boolean {
  return !('weir.SourcePositions' in body)
}

class ProjectedPartition {
  readonly #store = new Store()
  readonly #random: Random
  readonly #bodies: JournalBody[] = []
  readonly #chain = new JournalChain()
  readonly #projection = new Projection()
  #fetcher: Fetcher
  #busy = false

  constructor(
    private readonly world: World,
    private readonly process: Process,
    readonly partition: number,
    prefix: string,
    private readonly gone: () => boolean,
  ) {
    this.#random = new Random('projection', world.seed, partition)
    const from = new Map([[topicOf(prefix, JOURNAL_STREAM), 0]])
    this.#fetcher = new Fetcher(world, process, partition, from, () => this.#read())
  }

  get projected(): number {
    return this.#store.next
  }

  /** The tables hold the rows of exactly these entries. */
  finish(entries: readonly AuditedEntry[]): void {
    const place = `partition ${this.partition}`
    const { next } = this.#store
    hold(
      next === entries.length,
      'projection-equals-journal',
      () => `${place}: ${next} of ${entries.length} entries`,
    )
    const projection = new Projection()
    const rows = new RangeRows(this.partition)
    for (const { entry, body } of entries)
      if (isProjected(body)) projection.add(rows, { sequence: entry.sequence, decode: () => body })
    const wanted = new Map(rows.inserts().map(({ table, bytes }) => [table, digestOf([bytes])]))
    const tables = [...this.#store.tables].map(([table, blocks]) => [table, digestOf(blocks)] as const)
    for (const [table, digest] of tables)
      hold(
        wanted.get(table) === digest,
        'projection-equals-journal',
        () => `${place}: table ${table} differs`,
      )
    hold(wanted.size === tables.length, 'projection-equals-journal', () => `${place}: a table is missing`)
  }

  #read(): void {
    for (const record of this.#fetcher.poll(RANGE_ENTRIES_MOST)) this.#accept(record)
    this.#project()
  }

  #accept({ value, offset }: FetchedRecord): void {
    if (value === null) return
    const entry = this.#chain.accept(Buffer.from(value), segmentSchema(journalSchema), `journal@${offset}`)
    this.#bodies.push(entry.decode())
  }

  /** Inserts the next range. */
  #project(): void {
    const store = this.#store
    const from = store.next
    if (this.#busy || from >= this.#bodies.length) return
    const until = Math.min(this.#bodies.length, from + RANGE_ENTRIES_MOST)
    this.#busy = true
    const inserts = this.#rowsOf(from, until)
    const insertNext = (index: number): void => {
      if (index === inserts.length) {
        store.next = until
        this.#busy = false
        this.#project()
        return
      }
      const { table, bytes } = inserts[index]
      this.#insert(
        () => store.insert(table, `${table}/${from}-${until}`, bytes),
        () => insertNext(index + 1),
      )
    }
    insertNext(0)
  }

  #rowsOf(from: number, until: number): { readonly table: string; readonly bytes: Buffer }[] {
    const rows = new RangeRows(this.partition)
    for (let sequence = from; sequence < until; sequence++) {
      const body = this.#bodies[sequence]
      if (isProjected(body)) this.#projection.add(rows, { sequence, decode: () => body })
    }
    return rows.inserts().map(({ table, bytes }) => ({ table, bytes: Buffer.from(bytes) }))
  }

  #insert(take: () => void, then: () => void): void {
    const attempt = (): void =>
      request<'ok'>(this.world.network, this.process, {
        to: 'clickhouse',
        label: `insert ${this.partition}`,
        timeoutMicros: TIMEOUT_MICROS,
        repeatable: true,
        serve: (answer) => {
          if (this.gone()) return
          take()
          answer('ok')
        },
        settle: (answer) => {
          if (answer === 'ok') {
            then()
            return
          }
          const { least, most } = BACK_OFF_MICROS
          this.process.after(this.#random.integer(least, most), 'insert again', attempt)
        },
      })
    attempt()
  }
}

function digestOf(blocks: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const block of blocks) hash.update(block)
  return hash.digest('hex')
}

export class SimulatedProjection {
  readonly partitions: ProjectedPartition[] = []
  #goneUntilMicros = -1

  constructor(
    private readonly world: World,
    partitions: number,
    prefix: string,
  ) {
    const process = new Process('projector', world.cluster.scheduler)
    const gone = (): boolean => this.#goneUntilMicros > world.cluster.scheduler.nowMicros
    for (let partition = 0; partition < partitions; partition++)
      this.partitions.push(new ProjectedPartition(world, process, partition, prefix, gone))
  }

  /** ClickHouse is gone for that long. */
  leave(durationMicros: number): void {
    this.#goneUntilMicros = this.world.cluster.scheduler.nowMicros + durationMicros
  }
}

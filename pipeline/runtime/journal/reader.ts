/**
 * Reads a range of the journal, also from another thread or process while it is being written.
 *
 * Safe as long as `until` is not beyond what the writer called durable: commits before that are whole and never
 * change. Every entry is checked again, so a wrong one is never given. Depends on the layout and node:fs.
 */
import { WeirError } from '../../errors.js'
import type { JournalBody } from '../../ports.js'
import { BlockFile } from './block-file.js'
import { EntryReader } from './layout.js'
import { listSegments } from './open.js'
import { type SegmentSchema, segmentSchema } from './record-types.js'

/** One entry as read. */
export class JournalRecord {
  readonly sequence: number
  /** Branch of the schema's union: see `entryKinds`. */
  readonly kind: number
  /** Avro bytes of the record, in the schema that the segment was written with. */
  readonly record: Buffer
  readonly #schema: SegmentSchema

  constructor(sequence: number, kind: number, record: Buffer, schema: SegmentSchema) {
    this.sequence = sequence
    this.kind = kind
    this.record = record
    this.#schema = schema
  }

  /** Whether `record` is in the current schema, and not in an older one. */
  get current(): boolean {
    return this.#schema.current
  }

  /** Decodes the record, schema resolution included. */
  decode(): JournalBody {
    return this.#schema.decode(this.kind, this.record)
  }
}

/**
 * Yields the entries with `from <= sequence < until`, a batch for each commit, in order and without gaps.
 * Ends early where the journal ends.
 * @throws WeirError WEIR_JOURNAL when a block or entry in the range is damaged
 */
export async function* readJournal(
  directory: string,
  from: number,
  until: number,
): AsyncGenerator<readonly JournalRecord[], void, void> {
  const segments = await listSegments(directory)
  let first = segments.findLastIndex((segment) => segment.firstSequence <= from)
  if (first < 0) first = 0
  for (const segment of segments.slice(first)) {
    if (segment.firstSequence >= until) return
    yield* readSegment(segment.path, segment.firstSequence, from, until)
  }
}

async function* readSegment(
  path: string,
  firstSequence: number,
  from: number,
  until: number,
): AsyncGenerator<readonly JournalRecord[], void, void> {
  const file = await BlockFile.open(path)
  try {
    if (file.header === undefined) throw damaged(path, 0, 'the header of the segment is damaged')
    const schema = segmentSchema(file.header.schema)
    const entries = new EntryReader(schema.walkers)
    let sequence = firstSequence
    while (sequence < until) {
      const offset = file.offset
      const read = await file.next()
      if ('end' in read) return
      if ('damaged' in read) throw damaged(path, offset, read.damaged)
      const { count, data } = read.block
      // Blocks before the range need no check: they are not given to anyone.
      if (sequence + count > from) {
        const batch = readBlock(entries, schema, data, count, sequence)
        if (batch === undefined) throw damaged(path, offset, 'an entry of the block is damaged')
        yield batch.filter((record) => record.sequence >= from && record.sequence < until)
      }
      sequence += count
    }
  } finally {
    await file.close()
  }
}

function readBlock(
  entries: EntryReader,
  schema: SegmentSchema,
  data: Buffer,
  count: number,
  first: number,
): JournalRecord[] | undefined {
  const batch: JournalRecord[] = []
  let position = 0
  for (let index = 0; index < count; index++) {
    if (!entries.read(data, position, data.length) || entries.sequence !== first + index) return undefined
    batch.push(
      new JournalRecord(
        entries.sequence,
        entries.kind,
        data.subarray(entries.recordStart, entries.end),
        schema,
      ),
    )
    position = entries.end
  }
  return position === data.length ? batch : undefined
}

function damaged(path: string, offset: number, reason: string): WeirError {
  return new WeirError('WEIR_JOURNAL', reason, {
    place: `${path} at byte ${offset}`,
    remedy: 'stop the run, then start it again: it checks the whole journal and says what can be done',
  })
}

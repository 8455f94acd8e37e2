/**
 * Writes a simulated day as Avro object container files: `DIR/<stream>/<name>.avro`, codec null.
 *
 * The bytes depend on the day alone: sync markers come from the seed, and no compressor is involved, whose output
 * differs from machine to machine. Depends on avsc for the encoding of records and on the file system.
 */
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import { WeirError } from '../../pipeline/errors.js'
import { SCHEMA_JSON, STREAMS, type StreamName } from '../../schemas/generated/schemas.js'
import type { Day, DayFile, DayOptions } from './day.js'
import { EncodedRecord } from './faulty-records.js'

/** Records in a block: what a reader loses at most when a file is cut short. */
const BLOCK_RECORDS = 500

export interface WriteOptions {
  /** Replace the streams of an earlier day in the folder. */
  readonly force?: boolean
}

export interface WrittenDay {
  readonly files: number
  readonly bytes: number
  /** Records of each stream. */
  readonly records: Readonly<Record<string, number>>
}

/**
 * Writes the files of a day below `dir`, which is made when it does not exist.
 *
 * Throws `WEIR_INPUT` when the folder holds anything and `force` is not given, or cannot be written.
 */
export function writeDay(dir: string, day: Day, { force = false }: WriteOptions = {}): WrittenDay {
  const records: Record<string, number> = {}
  let bytes = 0
  try {
    mkdirSync(dir, { recursive: true })
    clear(dir, force)
    for (const file of day.files) {
      mkdirSync(join(dir, file.stream), { recursive: true })
      bytes += writeContainer(join(dir, file.stream, `${file.name}.avro`), file, day.seed)
      records[file.stream] = (records[file.stream] ?? 0) + file.records.length
    }
  } catch (cause) {
    if (cause instanceof WeirError) throw cause
    throw new WeirError('WEIR_INPUT', `the day cannot be written: ${(cause as Error).message}`, {
      place: dir,
      remedy: 'give a folder that can be written, with space for some 20 MB',
      cause,
    })
  }
  return { files: day.files.length, bytes, records }
}

/** The example policies that come with Weir, in the order of their names. */
export function examplePolicies(): DayOptions['policies'] {
  // Compiled code is in dist/sandbox/day, three folders below the package.
  const folder = new URL('../../../policies/', import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return names
    .sort()
    .map((name) => ({ text: readFileSync(new URL(name, folder), 'utf8'), place: `policies/${name}` }))
}

/** Only folders of streams are removed: `--force` on a wrong folder must not cost anything else. */
function clear(dir: string, force: boolean): void {
  const present = readdirSync(dir)
  if (present.length === 0) return
  if (!force) {
    throw new WeirError('WEIR_INPUT', 'the folder is not empty', {
      place: dir,
      remedy: 'give another folder, or --force to replace the streams in it',
    })
  }
  for (const name of present) {
    if ((STREAMS as readonly string[]).includes(name)) rmSync(join(dir, name), { recursive: true })
  }
}

/*
 * Object container file:  'Obj' 1 | metadata map | sync marker (16)
 *   then for each block:  record count (long) | bytes of the records (long) | records | sync marker (16)
 */
const LONG = avro.Type.forSchema('long')
const METADATA = avro.Type.forSchema({ type: 'map', values: 'bytes' })
const MAGIC = Buffer.from([0x4f, 0x62, 0x6a, 0x01])

/** Returns the number of bytes written. */
function writeContainer(path: string, { stream, name, records }: DayFile, seed: number): number {
  const schema = SCHEMA_JSON[stream as StreamName]
  const type = avro.Type.forSchema(JSON.parse(schema) as avro.Schema)
  const sync = createHash('sha256').update(`${seed}/${stream}/${name}`).digest().subarray(0, 16)
  const metadata = { 'avro.schema': Buffer.from(schema), 'avro.codec': Buffer.from('null') }
  const file = openSync(path, 'w')
  try {
    let bytes = writeSync(file, Buffer.concat([MAGIC, METADATA.toBuffer(metadata), sync]))
    for (let start = 0; start < records.length; start += BLOCK_RECORDS) {
      const block = records
        .slice(start, start + BLOCK_RECORDS)
        .map((record) => (record instanceof EncodedRecord ? record.bytes : type.toBuffer(record)))
      const body = Buffer.concat(block)
      const head = [LONG.toBuffer(block.length), LONG.toBuffer(body.length)]
      bytes += writeSync(file, Buffer.concat([...head, body, sync]))
    }
    return bytes
  } finally {
    closeSync(file)
  }
}

/**
 * Writes a simulated day as Avro object container files: `DIR/<stream>/<name>.avro`, codec null.
 *
 * The bytes depend on the day alone: sync markers come from the seed, and no compressor is involved, whose output
 * differs from machine to machine. Depends on avsc for the encoding of records and on the file system.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import { WeirError } from '../../pipeline/errors.js'
import { ContainerWriter, syncMarkerOf } from '../../schemas/avro/container-writer.js'
import { SCHEMA_JSON, STREAMS, type StreamName } from '../../schemas/generated/schemas.js'
import type { Day, DayFile, DayOptions } from './day.js'
import { EncodedRecord } from './faulty-records.js'

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

/** Returns the number of bytes written. */
function writeContainer(path: string, { stream, name, records }: DayFile, seed: number): number {
  const schemaJson = SCHEMA_JSON[stream as StreamName]
  const type = avro.Type.forSchema(JSON.parse(schemaJson) as avro.Schema)
  const file = openSync(path, 'w')
  let bytes = 0
  try {
    const writer = new ContainerWriter({
      schemaJson,
      codec: 'null',
      sync: syncMarkerOf(`${seed}/${stream}/${name}`),
      write: (chunk) => {
        bytes += writeSync(file, chunk)
      },
    })
    for (const record of records) {
      writer.append(record instanceof EncodedRecord ? record.bytes : type.toBuffer(record))
    }
    writer.flush()
    return bytes
  } finally {
    closeSync(file)
  }
}

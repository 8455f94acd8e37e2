/**
 * The drop folder of a run: what people send to an agent that is at work, beside the files that it began with.
 *
 *   DIR/NAME/STREAM/*.avro     one drop, an input folder of its own; written elsewhere and renamed into DIR as a whole
 *   DIR/.refused/NAME          what could not be used, with `reason.txt`
 *
 * Only streams of people are taken: facts of the world come with the input, whose order is the order of their times. A drop is removed
 * when the journal holds it, so one that was taken and not yet journaled is found again after a crash. Depends on the input files.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import { WeirError } from '../../errors.js'
import { openInputFolder } from './input-folder.js'
import { MergedFiles } from './merged-files.js'

export const DROP_STREAMS = ['command', 'policy', 'roster'] as const
export type DropStream = (typeof DROP_STREAMS)[number]

export interface DroppedRecord {
  readonly stream: DropStream
  readonly groupId: string
  /** The record in Weir's own schema of the stream. */
  readonly bytes: Buffer
}

export interface Drop {
  readonly name: string
  readonly records: readonly DroppedRecord[]
}

/** A change of 256 policies and its proposal; more is work for several drops. */
const MOST_RECORDS = 1_000
/** A policy has 256 KiB at most; what is far beyond a change is a mistake. */
const MOST_BYTES = 16 * 1024 * 1024

const REFUSED = '.refused'
export const REASON_FILE = 'reason.txt'

/** Where a refused drop is. */
export function refusedPath(directory: string, name: string): string {
  return join(directory, REFUSED, name)
}

export class DropFolder {
  readonly #directory: string

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#directory = directory
  }

  /** Names of the drops that are there, in their order. */
  names(): string[] {
    return readdirSync(this.#directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort()
  }

  /** @throws WeirError for a drop that cannot be used as a whole: half of a proposal is none */
  read(name: string): Drop {
    const directory = join(this.#directory, name)
    const folder = openInputFolder(directory)
    for (const { stream, writerSchema, fullPath } of folder.files) {
      if (!isDropStream(stream))
        throw unusable(
          fullPath,
          `the stream ${stream} is not taken here`,
          `it takes ${DROP_STREAMS.join(', ')}`,
        )
      if (JSON.stringify(JSON.parse(writerSchema)) !== JSON.stringify(JSON.parse(SCHEMA_JSON[stream])))
        throw unusable(fullPath, 'it is in another schema', 'write it with the version of weir that runs')
    }
    const size = folder.files.reduce((sum, { bytes }) => sum + bytes, 0)
    if (size > MOST_BYTES) throw unusable(directory, `it has ${size} bytes`, `send at most ${MOST_BYTES}`)
    const files = new MergedFiles(folder, new Map())
    try {
      return { name, records: recordsOf(files, directory) }
    } finally {
      files.close()
    }
  }

  remove(name: string): void {
    rmSync(join(this.#directory, name), { recursive: true, force: true })
  }

  /** Puts a drop aside with the reason beside it. */
  refuse(name: string, reason: string): void {
    const aside = refusedPath(this.#directory, name)
    rmSync(aside, { recursive: true, force: true })
    mkdirSync(join(this.#directory, REFUSED), { recursive: true })
    renameSync(join(this.#directory, name), aside)
    writeFileSync(join(aside, REASON_FILE), `${reason}\n`)
  }
}

function recordsOf(files: MergedFiles, directory: string): DroppedRecord[] {
  const records: DroppedRecord[] = []
  for (let input = files.current; input !== undefined; input = files.current) {
    if (input.isFault) {
      const { detail } = JSON.parse(Buffer.from(input.bytes).toString('utf8')) as { detail: string }
      throw unusable(input.file.fullPath, detail, 'send it anew')
    }
    if (records.length >= MOST_RECORDS)
      throw unusable(directory, `it has more than ${MOST_RECORDS} records`, 'send several smaller ones')
    const { groupId, bytes, start, end } = input
    const stream = input.file.stream as DropStream
    records.push({ stream, groupId, bytes: Buffer.from(bytes.subarray(start, end)) })
    files.advance()
  }
  if (records.length === 0) throw unusable(directory, 'it holds no record', 'send it anew')
  return records
}

function isDropStream(stream: string): stream is DropStream {
  return (DROP_STREAMS as readonly string[]).includes(stream)
}

function unusable(place: string, what: string, remedy: string): WeirError {
  return new WeirError('WEIR_INPUT', `the drop is not used: ${what}`, { place, remedy })
}

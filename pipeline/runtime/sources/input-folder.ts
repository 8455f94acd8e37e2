/**
 * Finds the files of an input folder, `DIR/STREAM/*.avro`, and checks what can be checked before anything runs.
 *
 * Sources are numbered by sorted path, so that the same folder gives the same run on any machine.
 * Depends on node:fs and the container reader.
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type ContainerReader, isFault, openContainer, remedyOf } from '../../../schemas/avro/container.js'
import { createScanner } from '../../../schemas/avro/scanner.js'
import { INPUT_STREAMS, type InputStream } from '../../../schemas/generated/schemas.js'
import { WeirError } from '../../errors.js'
import { EXACT_LIMIT } from '../../ports.js'
import { FileBytes } from './file-bytes.js'

export interface InputFile {
  /** Number of the source, from 0. */
  readonly source: number
  /** Path below the input folder, with `/`. */
  readonly path: string
  readonly fullPath: string
  readonly bytes: number
  readonly stream: InputStream
  /** Writer schema as JSON text. */
  readonly writerSchema: string
}

export interface InputFolder {
  readonly files: readonly InputFile[]
  /** Least event time of the first records; nothing arrives before it. Microseconds; 0 when no record has a time. */
  readonly startMicros: number
}

function isInputStream(name: string): name is InputStream {
  return (INPUT_STREAMS as readonly string[]).includes(name)
}

/** All files are open at a time; far below the usual limit of open files. */
const MOST_FILES = 1_000

/**
 * Reads the folder's names and each file's header and first record.
 * @throws WeirError WEIR_INPUT for what is not an input folder; WEIR_SCHEMA for a schema that cannot be read as its stream's
 */
export function openInputFolder(directory: string): InputFolder {
  return inspectAll(directory, listFiles(directory))
}

/**
 * The same for files of one stream: one file, or the *.avro files of a folder, which may have any name.
 * @throws WeirError WEIR_INPUT, WEIR_SCHEMA
 */
export function openStreamFiles(path: string, stream: InputStream): InputFolder {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  if (!isFolder) return inspectAll(dirname(path), [{ path: basename(path), stream }])
  const files = list(path)
    .filter(({ name }) => name.endsWith('.avro'))
    .map(({ name }) => ({ path: name, stream }))
  if (files.length === 0) throw refused(path, 'it has no file named *.avro', 'check --input')
  return inspectAll(
    path,
    files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  )
}

function inspectAll(
  directory: string,
  paths: readonly { readonly path: string; readonly stream: InputStream }[],
): InputFolder {
  if (paths.length > MOST_FILES)
    throw refused(
      directory,
      `it has ${paths.length} files`,
      `put them together: at most ${MOST_FILES} are read`,
    )
  let startMicros = Number.POSITIVE_INFINITY
  const files = paths.map(({ path, stream }, source) => {
    const { file, firstMicros } = inspect(directory, path, stream, source)
    if (firstMicros !== undefined) startMicros = Math.min(startMicros, firstMicros)
    return file
  })
  return { files, startMicros: startMicros === Number.POSITIVE_INFINITY ? 0 : startMicros }
}

function listFiles(directory: string): { path: string; stream: InputStream }[] {
  const files: { path: string; stream: InputStream }[] = []
  for (const entry of list(directory)) {
    // Files beside the stream folders, such as a README, are none of our business.
    if (!entry.isDirectory()) continue
    const stream = entry.name
    const folder = join(directory, stream)
    if (!isInputStream(stream)) throw unknownStream(folder)
    const inside = list(folder)
    if (inside.length === 0)
      throw refused(folder, 'the folder is empty', 'put .avro files in it or remove it')
    for (const { name } of inside) {
      if (!name.endsWith('.avro'))
        throw refused(join(folder, name), 'it is not named *.avro', 'rename it, or move it out of the folder')
      files.push({ path: `${stream}/${name}`, stream })
    }
  }
  if (files.length === 0)
    throw refused(
      directory,
      'it has no stream folder with .avro files',
      'see docs/streams.md for what it holds',
    )
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function list(directory: string): { name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw refused(directory, 'there is no such folder', 'check --input')
    if (code === 'ENOTDIR') throw refused(directory, 'it is a file and not a folder', 'check --input')
    throw refused(directory, `it cannot be read (${code})`, 'check its permissions')
  }
}

function inspect(
  directory: string,
  path: string,
  stream: InputStream,
  source: number,
): { file: InputFile; firstMicros: number | undefined } {
  const fullPath = join(directory, path)
  const bytes = openBytes(fullPath)
  try {
    const reader = openReader(fullPath, bytes)
    const writerSchema = reader.header.schemaJson
    const firstMicros = firstEventTime(fullPath, reader, stream)
    return { file: { source, path, fullPath, bytes: bytes.size, stream, writerSchema }, firstMicros }
  } finally {
    bytes.close()
  }
}

export function openBytes(fullPath: string): FileBytes {
  try {
    return new FileBytes(fullPath)
  } catch (error) {
    throw refused(
      fullPath,
      `it cannot be opened (${(error as NodeJS.ErrnoException).code})`,
      'check its permissions',
    )
  }
}

export function openReader(fullPath: string, bytes: FileBytes): ContainerReader {
  const reader = openContainer(bytes)
  if (isFault(reader)) throw refused(fullPath, reader.detail, remedyOf(reader))
  return reader
}

/** @throws WeirError WEIR_SCHEMA when records of the schema cannot be read as the stream's */
export function openScanner(fullPath: string, stream: InputStream, writerSchema: string) {
  try {
    return createScanner(stream, writerSchema)
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    throw new WeirError(error.code, error.message, {
      place: fullPath,
      cause: error,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    })
  }
}

function firstEventTime(fullPath: string, reader: ContainerReader, stream: InputStream): number | undefined {
  const scanner = openScanner(fullPath, stream, reader.header.schemaJson)
  const block = reader.next()
  if (block === undefined || block.recordCount === 0) return undefined
  if (scanner.scan(block.bytes, 0, block.bytes.length) < 0) return undefined
  return isUsableTime(scanner.eventTimeMicros) ? scanner.eventTimeMicros : undefined
}

/** Times out of range are refused by the agent; they must not move the clock before that. */
export function isUsableTime(micros: number): boolean {
  return micros >= 0 && micros < EXACT_LIMIT
}

function unknownStream(folder: string): WeirError {
  return refused(
    folder,
    'there is no input stream of this name',
    `input streams are ${INPUT_STREAMS.join(', ')}`,
  )
}

function refused(place: string, message: string, remedy: string): WeirError {
  return new WeirError('WEIR_INPUT', message, { place, remedy })
}

/**
 * An Avro container file that grows record by record, or the same on standard output.
 * Depends on the container writer and node:fs.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { WeirError } from '../pipeline/errors.js'
import type { TopicStream } from '../pipeline/runtime/distributed/topics.js'
import { schemaJsonOf } from '../pipeline/runtime/registry/stream-schemas.js'
import { ContainerWriter, syncMarkerOf } from '../schemas/avro/container-writer.js'

const STANDARD_OUTPUT = '-'

export class AvroOutput {
  readonly #writer: ContainerWriter
  readonly #file: number | undefined
  readonly #path: string

  /** @throws WeirError WEIR_USAGE when the file cannot be written, or is there already */
  constructor(path: string, stream: TopicStream) {
    const file = path === STANDARD_OUTPUT ? undefined : create(path)
    this.#file = file
    this.#path = path
    this.#writer = new ContainerWriter({
      schemaJson: schemaJsonOf(stream),
      codec: 'deflate',
      sync: syncMarkerOf(`weir consume ${stream}`),
      write: (chunk) => {
        if (file === undefined) process.stdout.write(chunk)
        else writeAll(file, chunk)
      },
    })
  }

  append(record: Uint8Array): void {
    this.#writer.append(record)
  }

  /** Writes what is left; the file is whole then. */
  close(): void {
    this.#writer.flush()
    if (this.#file !== undefined) closeSync(this.#file)
  }

  /** Removes a file that no record came into, so that the same command can be given again after a failure. */
  discardIfEmpty(): void {
    if (this.#file !== undefined && this.#writer.recordCount === 0) rmSync(this.#path, { force: true })
  }
}

function create(path: string): number {
  try {
    return openSync(path, 'wx')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const exists = code === 'EEXIST'
    throw new WeirError(
      'WEIR_USAGE',
      exists ? 'there is such a file already' : `it cannot be written (${code})`,
      {
        place: path,
        remedy: exists ? 'give another name, or remove it' : 'check the folder and its permissions',
        cause,
      },
    )
  }
}

function writeAll(file: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at)
}

/**
 * Reads an MPS file, or a pipe that brings one, up to a bound. Depends on Node and reader.ts.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { WeirError } from '../../../pipeline/errors.js'
import { MPS_LIMITS, type MpsModel, type MpsOptions } from './mps-model.js'
import { readMps } from './reader.js'

const CHUNK_BYTES = 1 << 20

export function readMpsFile(path: string, options: Omit<MpsOptions, 'source'> = {}): MpsModel {
  return readMps(readBounded(path, MPS_LIMITS.fileBytes), { ...options, source: path })
}

/**
 * All bytes of a file or pipe. The bound holds for what is read, since the size that the file system tells is not known
 * of a pipe and old news of a file. Throws `WEIR_INPUT`.
 */
export function readBounded(path: string, limitBytes: number): Uint8Array {
  const chunks: Buffer[] = []
  let total = 0
  try {
    const file = openSync(path, 'r')
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
        const count = readSync(file, chunk)
        if (count === 0) return Buffer.concat(chunks, total)
        total += count
        if (total > limitBytes) throw tooLarge(path, limitBytes)
        chunks.push(chunk.subarray(0, count))
      }
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    if (cause instanceof WeirError) throw cause
    throw new WeirError('WEIR_INPUT', reasonOf(cause), {
      place: path,
      remedy: 'give the path of a file',
      cause,
    })
  }
}

function tooLarge(path: string, limitBytes: number): WeirError {
  return new WeirError('WEIR_INPUT', `is larger than ${limitBytes / 2 ** 20} MiB`, {
    place: path,
    remedy: 'split the file',
  })
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file'
  return code === 'EISDIR' ? 'is a folder' : message
}

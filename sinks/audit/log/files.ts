/**
 * The file operations of a log, as a port: one method is one step after which a process can end.
 *
 * Paths are relative to one folder, with forward slashes. `FolderFiles` is a folder of a real file system; tests have one in memory
 * that stops, fills up or loses what was not synced. Depends on node:fs and the lock of data directories.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { WeirError } from '../../../pipeline/errors.js'
import { lockDataDirectory } from '../../../pipeline/runtime/data-directory.js'
import { syncDirectory } from '../../../pipeline/runtime/encoding/files.js'

export interface LogFiles {
  /** For messages. */
  readonly name: string
  /** Keeps other processes out until it is released. */
  lock(): Promise<{ release(): Promise<void> }>
  /** Whole content, or undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Names in a folder, in any order; none where there is no such folder. */
  list(path: string): Promise<string[]>
  /** Creates one folder whose parent is there; one that is there is left as it is. */
  makeFolder(path: string): Promise<void>
  /** Creates or replaces a file. A crash may leave any part of it. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** As `write`, and the content is durable when it returns. */
  writeDurably(path: string, bytes: Uint8Array): Promise<void>
  /** Replaces `to` in one step. */
  rename(from: string, to: string): Promise<void>
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>
  /** Removes a file; nothing where there is none. */
  remove(path: string): Promise<void>
  /** Removes an empty folder; nothing where there is none. */
  removeFolder(path: string): Promise<void>
}

export class FolderFiles implements LogFiles {
  readonly name: string

  constructor(folder: string) {
    this.name = folder
  }

  lock(): Promise<{ release(): Promise<void> }> {
    return lockDataDirectory(this.name)
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return unlessAbsent(readFile(join(this.name, path)), undefined)
  }

  list(path: string): Promise<string[]> {
    return unlessAbsent(readdir(join(this.name, path)), [])
  }

  async makeFolder(path: string): Promise<void> {
    await mkdir(join(this.name, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await withFile(join(this.name, path), 'w', (file) => file.writeFile(bytes))
  }

  async writeDurably(path: string, bytes: Uint8Array): Promise<void> {
    await withFile(join(this.name, path), 'w', async (file) => {
      await file.writeFile(bytes)
      await file.sync()
    })
  }

  rename(from: string, to: string): Promise<void> {
    return rename(join(this.name, from), join(this.name, to))
  }

  syncFolder(path: string): Promise<void> {
    return syncDirectory(join(this.name, path))
  }

  remove(path: string): Promise<void> {
    return rm(join(this.name, path), { force: true })
  }

  removeFolder(path: string): Promise<void> {
    return unlessAbsent(rmdir(join(this.name, path)), undefined)
  }
}

async function withFile(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}

async function unlessAbsent<T>(result: Promise<T>, absent: T): Promise<T> {
  try {
    return await result
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent
    throw error
  }
}

/** What a failed file operation means to whoever runs the log. */
export function asFileError(error: unknown, place: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof WeirError || typeof code !== 'string') return error
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const message = isFull ? 'the disk is full' : `its files cannot be used (${code})`
  return new WeirError('WEIR_AUDIT', `${message}; what a checkpoint has told of is kept`, {
    place,
    remedy: isFull ? 'free space, then open the log again' : 'mend the cause, then open the log again',
    cause: error,
  })
}

/**
 * File operations that survive a crash: the name is as durable as the content.
 *
 * Depends on node:fs only.
 */
import { open, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the names in a directory durable: creation, renaming and removal. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes a file so that after a crash either the old content or the whole new one is there. */
export async function replaceFile(path: string, parts: readonly Uint8Array[] | string): Promise<void> {
  const temporary = `${path}.tmp`
  await writeFile(temporary, typeof parts === 'string' ? parts : Buffer.concat(parts))
  const handle = await open(temporary, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/**
 * What files of snapshots have in common, whatever is in them: a number as the name.
 *
 * Depends on node:fs.
 */
import { readdir } from 'node:fs/promises'

const EXTENSION = '.snapshot'

/** Numbers of the snapshots in a folder, newest first; none when there is no folder. */
export async function snapshotNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => /^\d+\.snapshot$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => b - a)
}

/** Name of the file of a number, with leading zeros to `digits`, so that names sort as numbers do. */
export function snapshotName(number: number, digits: number): string {
  return `${String(number).padStart(digits, '0')}${EXTENSION}`
}

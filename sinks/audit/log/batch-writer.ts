/**
 * Writes files so that each is whole or absent, many of them at the price of few waits for the disk.
 *
 *   1 write    every file, durable, under a name of its own in `incoming/`
 *   2 rename   every file to its place
 *   3 sync     every folder that got a name, and every folder that was made
 *
 * A step begins when the one before is over for all files, so what is in its place is durable in itself. Several operations are
 * under way at once: file systems join their syncs. Depends on the file port.
 */
import type { LogFiles } from './files.js'

/** Node's pool has four threads; more would only wait there. */
const AT_ONCE = 4

export const INCOMING = 'incoming'

export interface NewFile {
  readonly path: string
  readonly bytes: Uint8Array
}

export class BatchWriter {
  readonly #files: LogFiles
  /** Folders that are known to be there and durable. */
  readonly #folders = new Set<string>([''])

  readonly #incoming: string

  /** @param incoming folder for drafts; writers that are at work at the same time have one each */
  constructor(files: LogFiles, incoming = INCOMING) {
    this.#files = files
    this.#incoming = incoming
  }

  /** All of the files are durable under their names when it returns. What it throws leaves some in place and some not. */
  async write(list: readonly NewFile[]): Promise<void> {
    const folders = new Set(list.map(({ path }) => folderOf(path)))
    const changed = new Set(folders)
    for (const folder of [this.#incoming, ...folders]) await this.#make(folder, changed)
    const drafts = list.map((file, i) => ({ ...file, draft: `${this.#incoming}/${i}` }))
    await each(drafts, ({ draft, bytes }) => this.#files.writeDurably(draft, bytes))
    await each(drafts, ({ draft, path }) => this.#files.rename(draft, path))
    await each([...changed], (folder) => this.#files.syncFolder(folder))
  }

  /** Replaces a file in one step and does not wait for the disk: for what can be made again. */
  async publish({ path, bytes }: NewFile): Promise<void> {
    await this.#make(this.#incoming, new Set())
    const draft = `${this.#incoming}/published`
    await this.#files.write(draft, bytes)
    await this.#files.rename(draft, path)
  }

  /** A folder was removed: it has to be made anew. */
  forget(folder: string): void {
    this.#folders.delete(folder)
  }

  /** Makes a folder and those above it; the parents of what was made have a new name. */
  async #make(folder: string, changed: Set<string>): Promise<void> {
    if (this.#folders.has(folder)) return
    const parent = folderOf(folder)
    await this.#make(parent, changed)
    await this.#files.makeFolder(folder)
    changed.add(parent)
    this.#folders.add(folder)
  }
}

/** Folder of a path; that of a name alone is ''. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** Runs over a list, some at once; the first error is thrown when all that were begun have ended. */
async function each<T>(list: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  let hasFailed = false
  const lane = async (): Promise<void> => {
    while (next < list.length && !hasFailed) {
      try {
        await run(list[next++]!)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, list.length) }, lane))
  const failed = ended.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

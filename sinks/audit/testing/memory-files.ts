/**
 * Files of a log in memory that stop, fill up or lose power at a chosen operation. For tests only.
 *
 * Content and names are two things, as on a disk: content counts from its sync on, a name from `syncFolder` on. At a loss of power each
 * name that was not synced is the old or the new one, by chance, and content that was not synced is any beginning of it. When only the
 * process ends, all that was done stays, and a write that was under way has done a part. Depends on the file port.
 */
import { folderOf } from '../log/batch-writer.js'
import type { LogFiles } from '../log/files.js'

interface Content {
  bytes: Uint8Array
  isSynced: boolean
}

const FOLDER: Content = { bytes: new Uint8Array(0), isSynced: true }

/** Thrown by every operation after the process was stopped. */
export class Stopped extends Error {}

export class MemoryFiles implements LogFiles {
  readonly name = 'memory'
  /** Operations so far that change something. */
  operations = 0
  /** The operation at which the process is stopped. */
  stopAt = Number.POSITIVE_INFINITY
  /** Gives the error that an operation fails with, or undefined. */
  failWith: (operation: string, path: string) => string | undefined = () => undefined
  #names = new Map<string, Content>()
  #durable = new Map<string, Content>()
  isStopped = false
  #isLocked = false

  /** Paths and contents as a reader sees them. */
  contents(): Map<string, Uint8Array> {
    return new Map(
      [...this.#names].filter(([, content]) => content !== FOLDER).map(([path, { bytes }]) => [path, bytes]),
    )
  }

  /** What a new process finds after the old one has ended. */
  afterStop(): MemoryFiles {
    const files = new MemoryFiles()
    files.#names = new Map(
      [...this.#names].map(([path, content]) => [path, content === FOLDER ? FOLDER : { ...content }]),
    )
    files.#durable = new Map(this.#durable)
    return files
  }

  /** What is there after the power was lost. @param random 0 to 1, decides what was lost */
  afterPowerLoss(random: () => number): MemoryFiles {
    const files = new MemoryFiles()
    const paths = [...new Set([...this.#names.keys(), ...this.#durable.keys()])].sort()
    for (const path of paths) {
      const content = (random() < 0.5 ? this.#names : this.#durable).get(path)
      const parent = folderOf(path)
      if (content === undefined || (parent !== '' && !files.#names.has(parent))) continue
      files.#names.set(path, content === FOLDER ? FOLDER : survivor(content, random))
    }
    files.#durable = new Map(files.#names)
    return files
  }

  async lock(): Promise<{ release(): Promise<void> }> {
    if (this.#isLocked) throw new Error('the files are locked')
    this.#isLocked = true
    return {
      release: async () => {
        this.#isLocked = false
      },
    }
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    if (this.isStopped) throw new Stopped()
    const content = this.#names.get(path)
    return content === undefined || content === FOLDER ? undefined : content.bytes.slice()
  }

  async list(path: string): Promise<string[]> {
    if (this.isStopped) throw new Stopped()
    return [...this.#names.keys()]
      .filter((name) => folderOf(name) === path)
      .map((name) => name.slice(path.length + 1))
  }

  async makeFolder(path: string): Promise<void> {
    this.#begin('makeFolder', path)
    this.#names.set(path, FOLDER)
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    try {
      this.#begin('write', path)
    } catch (error) {
      this.#names.set(path, { bytes: bytes.slice(0, bytes.length >> 1), isSynced: false })
      throw error
    }
    this.#names.set(path, { bytes: bytes.slice(), isSynced: false })
  }

  /** Two operations: there may be an end between them. */
  async writeDurably(path: string, bytes: Uint8Array): Promise<void> {
    await this.write(path, bytes)
    this.#begin('sync', path)
    this.#names.get(path)!.isSynced = true
  }

  async rename(from: string, to: string): Promise<void> {
    this.#begin('rename', to)
    this.#names.set(to, this.#names.get(from)!)
    this.#names.delete(from)
  }

  async syncFolder(path: string): Promise<void> {
    this.#begin('syncFolder', path)
    for (const name of this.#durable.keys())
      if (folderOf(name) === path && !this.#names.has(name)) this.#durable.delete(name)
    for (const [name, content] of this.#names) if (folderOf(name) === path) this.#durable.set(name, content)
  }

  async remove(path: string): Promise<void> {
    this.#begin('remove', path)
    this.#names.delete(path)
  }

  async removeFolder(path: string): Promise<void> {
    this.#begin('removeFolder', path)
    if ((await this.list(path)).length > 0) throw Object.assign(new Error('not empty'), { code: 'ENOTEMPTY' })
    this.#names.delete(path)
  }

  #begin(operation: string, path: string): void {
    if (this.isStopped) throw new Stopped()
    const parent = folderOf(path)
    if (parent !== '' && !this.#names.has(parent)) throw Object.assign(new Error(path), { code: 'ENOENT' })
    if (this.operations++ === this.stopAt) {
      this.isStopped = true
      throw new Stopped()
    }
    const code = this.failWith(operation, path)
    if (code !== undefined) throw Object.assign(new Error(code), { code })
  }
}

function survivor({ bytes, isSynced }: Content, random: () => number): Content {
  return {
    bytes: isSynced ? bytes : bytes.slice(0, Math.floor(random() * (bytes.length + 1))),
    isSynced: true,
  }
}

/**
 * The lock of a data directory: one process at a time.
 *
 * `DIR/lock` holds the process id and, where the system tells it, the time the process began, because ids are used
 * again. The lock of a process that is gone is taken over. The lock guards against a second start by mistake on one machine;
 * it is no protection on a file system shared by several. Depends on node:fs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { link, mkdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { WeirError } from '../errors.js'

const GUARD_TRIES = 50
const GUARD_PAUSE_MS = 20

/** Names of drafts differ also between two tries of one process. */
let drafts = 0

interface Holder {
  readonly pid: number
  /** Start of the process in ticks since boot; empty where the system does not tell. */
  readonly started: string
}

export interface DataDirectoryLock {
  release(): Promise<void>
}

/**
 * Creates `directory` if needed and locks it.
 * @throws WeirError WEIR_LOCKED when a living process holds it; WEIR_INPUT when it cannot be a data directory
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock> {
  const path = join(directory, 'lock')
  const me: Holder = { pid: process.pid, started: startOf(process.pid) }
  try {
    await makeFolder(resolve(directory))
    if (!(await tryCreate(path, me))) await takeOver(path, me)
  } catch (error) {
    throw asUsable(error, directory)
  }
  return {
    release: async () => {
      const holder = await readHolder(path)
      if (holder !== undefined && isSame(holder, me)) await unlink(path)
    },
  }
}

/**
 * Creates a folder and those above it. Not Node's recursive `mkdir`: that never ends where a file system answers ENOENT below a
 * folder that exists, as /proc does.
 */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.push(at)
  for (const at of missing.reverse()) {
    await mkdir(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
  if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
}

/** What is wrong with a directory that cannot be used, in the words of whoever gave it. */
function asUsable(error: unknown, directory: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof WeirError || code === undefined) return error
  const message = code === 'ENOTDIR' ? 'it is not a folder' : `it cannot be written (${code})`
  const remedy = code === 'ENOSPC' ? 'free space on the disk' : 'give another --data-dir'
  return new WeirError('WEIR_INPUT', message, { place: directory, remedy, cause: error })
}

/** Creates the file with its content in one step: nobody ever sees it empty and takes it for stale. */
async function tryCreate(path: string, me: Holder): Promise<boolean> {
  const draft = `${path}.${me.pid}.${drafts++}`
  await writeFile(draft, `${JSON.stringify(me)}\n`)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * Replaces a lock whose process is gone. A second lock guards the look and the replacement, so that two processes
 * that find the same stale lock cannot both take it.
 */
async function takeOver(path: string, me: Holder): Promise<void> {
  const guard = `${path}.takeover`
  for (let tries = 0; tries < GUARD_TRIES; tries++) {
    if (await tryCreate(guard, me)) {
      try {
        const holder = await readHolder(path)
        if (holder !== undefined && isAlive(holder)) throw locked(path, holder.pid)
        await rm(path, { force: true })
        if (await tryCreate(path, me)) return
      } finally {
        await rm(guard, { force: true })
      }
    }
    const taker = await readHolder(guard)
    if (taker !== undefined && !isAlive(taker)) await rm(guard, { force: true })
    await new Promise((resolve) => setTimeout(resolve, GUARD_PAUSE_MS))
  }
  throw locked(path, (await readHolder(path))?.pid ?? 0)
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    // A lock that cannot be read was being written by a process that is gone.
    return undefined
  }
}

function isSame(a: Holder, b: Holder): boolean {
  return a.pid === b.pid && a.started === b.started
}

function isAlive(holder: Holder): boolean {
  if (!Number.isInteger(holder.pid) || holder.pid <= 0) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return holder.started === startOf(holder.pid)
}

/** Field 22 of /proc/PID/stat; the second field may hold spaces, so fields are counted from its bracket on. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function locked(path: string, pid: number): WeirError {
  return new WeirError('WEIR_LOCKED', `process ${pid} is using this data directory`, {
    place: path,
    remedy: 'wait until it ends, or give another --data-dir',
    retry: 'backoff',
  })
}

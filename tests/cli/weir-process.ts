/**
 * Runs the `weir` command as a user does, in a process of its own, and finds processes that it left behind.
 * Depends on Node alone.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { root } from '../house/repository.js'

/** Far above what any command of the tests takes; a hanging one must not hang the tests. */
const BOUND_MS = 180_000

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Command lines of processes that outlived the command. */
  readonly left: readonly string[]
}

export interface WeirOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Far above what the command takes; three minutes unless given. */
  readonly boundMs?: number
  /** As a shell starts it: a signal can then be sent to it with all that it has started. */
  readonly ownGroup?: boolean
  /** Called with the process once it was started. */
  readonly onStart?: (child: ChildProcess) => void
  /** Called with each piece of standard error, to act on the running process. */
  readonly onStderr?: (text: string, child: ChildProcess) => void
}

export function weir(args: readonly string[], options: WeirOptions = {}): Promise<Outcome> {
  // Children inherit it, so whatever a command starts can be found by it.
  const mark = `WEIR_TEST_MARK=${randomUUID()}`
  const [name = '', value = ''] = mark.split('=')
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env, [name]: value }
  for (const unwanted of ['WEIR_LOG', 'WEIR_DEBUG', 'FORCE_COLOR', 'NODE_TEST_CONTEXT']) {
    if (options.env?.[unwanted] === undefined) delete env[unwanted]
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'weir.mjs'), ...args], {
      cwd: options.cwd ?? os.tmpdir(),
      env,
      detached: options.ownGroup === true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    options.onStart?.(child)
    const timer = setTimeout(() => child.kill('SIGKILL'), options.boundMs ?? BOUND_MS)
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
      options.onStderr?.(text, child)
    })
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, ...output, left: processesWith(mark) })
    })
  })
}

/** Linux tells the environment of a process; elsewhere nothing is found. */
function processesWith(mark: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark)) return []
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()]
      } catch {
        // It ended while we looked, or belongs to somebody else.
        return []
      }
    })
}

/** A folder that is removed after `use`, whatever happens in it. */
export async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(os.tmpdir(), 'weir-test-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

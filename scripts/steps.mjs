/**
 * What the scripts share: one printed line a step, bounded child processes, digests of files.
 *
 * Runs before anything is installed, so it depends on Node alone.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = dirname(dirname(fileURLToPath(import.meta.url)))

/** A failure with a message meant for the user; anything else is a bug and keeps its stack. */
export class StepFailure extends Error {}

/** @param {string} area @param {string} text @param {number} [startedMs] value of `performance.now()` at the start */
export function say(area, text, startedMs) {
  const seconds = startedMs === undefined ? '' : ` (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`
  process.stderr.write(`${`${area}:`.padEnd(9)} ${text}${seconds}\n`)
}

/**
 * Runs a program without a shell and collects what it prints; never throws.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs: number, inherit?: boolean, input?: string }} options
 * @returns {Promise<{ ok: boolean, code: number | null, output: string, timedOut: boolean }>}
 */
export function run(
  program,
  args,
  { cwd = repository, env = process.env, timeoutMs, inherit = false, input },
) {
  return new Promise((resolve) => {
    const stdin = input === undefined ? 'ignore' : 'pipe'
    // Its own process group: a compiler's children must not outlive the bound on its time.
    const grouped = !inherit && process.platform !== 'win32'
    const child = spawn(program, args, {
      cwd,
      env,
      detached: grouped,
      stdio: inherit ? 'inherit' : [stdin, 'pipe', 'pipe'],
    })
    const chunks = []
    let timedOut = false
    const kill = () => {
      try {
        if (grouped) process.kill(-child.pid, 'SIGKILL')
        else child.kill('SIGKILL')
      } catch {
        // It ended by itself between the decision and the signal.
      }
    }
    const interrupted = (signal) => {
      // A child on our terminal has had its own Ctrl-C and cleans up; we wait for its exit code.
      if (inherit) return signal === 'SIGTERM' ? child.kill('SIGTERM') : undefined
      kill()
      process.exit(130)
    }
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, timeoutMs)
    process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
    const finish = (code, extra = '') => {
      clearTimeout(timer)
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
      resolve({ ok: code === 0, code, output: Buffer.concat(chunks).toString('utf8') + extra, timedOut })
    }
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    child.stdin?.end(input)
    child.once('error', (error) => finish(null, error.message))
    child.once('close', (code) => finish(code))
  })
}

/** npm as a program and its first arguments: the npm that runs this script, where there is one. */
export function npmCommand() {
  const path = process.env.npm_execpath
  if (path !== undefined && /\.[cm]?js$/.test(path)) return { program: process.execPath, first: [path] }
  return { program: process.platform === 'win32' ? 'npm.cmd' : 'npm', first: [] }
}

/** All files below a folder of the repository, sorted by path. @param {string} folder @param {RegExp} pattern */
export function filesBelow(folder, pattern) {
  let entries
  try {
    entries = readdirSync(join(repository, folder), { withFileTypes: true, recursive: true })
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(repository.length + 1))
    .filter((path) => !/(^|[\\/])node_modules[\\/]/.test(path))
    .sort()
}

/** SHA-256 over names and contents. @param {string[]} files @param {string} [salt] */
export function digestOf(files, salt = '') {
  const hash = createHash('sha256').update(salt)
  for (const file of files) {
    const bytes = readFileSync(join(repository, file))
    hash.update(`\n${file} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

/** The last lines that say something, for the message of a failed program. @param {string} output @param {number} lines */
export function tail(output, lines) {
  return output.trimEnd().split('\n').slice(-lines).join('\n')
}

/** Runs a script's main function; a `StepFailure` becomes its message and exit code 1. @param {() => Promise<number | undefined>} main */
export async function asScript(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error
    process.stderr.write(`weir: ${error.message}\n`)
    process.exitCode = 1
  }
}

/** @param {string} moduleUrl @returns {boolean} whether Node was started with this module */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && fileURLToPath(moduleUrl) === process.argv[1]
}

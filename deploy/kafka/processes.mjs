/**
 * Processes that outlive the one that started them: begun in their own session, known by id and start time, ended by both.
 *
 * Ids are used again, so an id alone never names a process: the time it began belongs to it, as in
 * `pipeline/runtime/data-directory.ts`. Depends on Node alone.
 */
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

const POLL_MS = 50

/**
 * @typedef {{ pid: number, started: string }} ProcessId `started` is empty where the system does not tell; such a
 * process is never ended by a later command
 */

/**
 * @param {string} program @param {string[]} args @param {{ logFile: string, cwd: string }} options
 * @returns {ProcessId}
 */
export function startDetached(program, args, { logFile, cwd }) {
  const log = openSync(logFile, 'a')
  try {
    const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', log, log] })
    // Without a listener a program that cannot be started would end this process; without a pid we say so ourselves.
    child.once('error', () => {})
    child.unref()
    if (child.pid === undefined) throw new Error(`${program} cannot be started`)
    return { pid: child.pid, started: startOf(child.pid) }
  } finally {
    closeSync(log)
  }
}

/** @param {ProcessId} process_ @returns {boolean} */
export function isAlive({ pid, started }) {
  return started !== '' && startOf(pid) === started
}

/** @param {ProcessId} target @param {NodeJS.Signals} signal @returns {boolean} whether it was there */
export function signal(target, signal) {
  if (!isAlive(target)) return false
  try {
    process.kill(target.pid, signal)
    return true
  } catch {
    // It ended by itself between the look and the signal.
    return false
  }
}

/** Asks all to end, waits, and kills those that did not. @param {ProcessId[]} targets @param {number} graceMs */
export async function end(targets, graceMs) {
  // A stopped process takes no SIGTERM until it goes on.
  for (const target of targets) if (signal(target, 'SIGTERM')) signal(target, 'SIGCONT')
  await gone(targets, graceMs)
  for (const target of targets) signal(target, 'SIGKILL')
  await gone(targets, graceMs)
}

/** @param {ProcessId[]} targets @param {number} boundMs */
export async function gone(targets, boundMs) {
  const deadline = performance.now() + boundMs
  while (targets.some(isAlive) && performance.now() < deadline) await sleep(POLL_MS)
}

/** @param {number} durationMs @returns {Promise<void>} */
export function sleep(durationMs) {
  return new Promise((done) => setTimeout(done, durationMs))
}

/**
 * When a living process began: ticks since boot on Linux, a date elsewhere; empty when there is none.
 *
 * @param {number} pid @returns {string}
 */
export function startOf(pid) {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim()
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field may hold spaces, so fields are counted from its bracket on.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; where nobody reaps it, it would seem to live for ever.
    return fields[0] === 'Z' ? '' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

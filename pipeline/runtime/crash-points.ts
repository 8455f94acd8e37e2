/**
 * Places where a test can kill the process, as `kill -9` would.
 *
 * `WEIR_TEST_CRASH=NAME:N` kills the process at the N-th passing of the place NAME. Without the variable a place costs
 * one comparison. Depends on nothing.
 */
import { isMainThread } from 'node:worker_threads'

const setting = /^([a-z-]+):(\d+)$/.exec(process.env.WEIR_TEST_CRASH ?? '')
const place = setting === null || !isMainThread ? undefined : setting[1]
let left = setting === null ? 0 : Number(setting[2])

/** Kills the process when the variable says so. */
export function crashPoint(name: string): void {
  if (place === undefined || place !== name || --left > 0) return
  process.kill(process.pid, 'SIGKILL')
  // The signal is delivered asynchronously; nothing more may happen in this thread until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** Whether the process is to die at this place, so that half of something must be done before. */
export function hasCrashPoint(name: string): boolean {
  return place === name
}

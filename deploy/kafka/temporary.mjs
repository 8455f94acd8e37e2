/**
 * A local cluster that lives no longer than the process that asked for it: for tests.
 *
 * Its data is in a temporary folder and its ports are free ones. A watchdog holds the other end of a pipe: when the
 * pipe closes, because `stop` closed it or because this process is gone for whatever reason, it kills the cluster and
 * removes the folder. Nothing here keeps this process alive. Depends on Node.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster } from './cluster.mjs'
import { deployFolder } from './parts.mjs'
import { freePorts } from './ports.mjs'
import { PORTS_AT_MOST } from './state.mjs'

/**
 * @param {{ brokers: 1 | 3, registry: boolean, secure: boolean, proxied?: number, tuned?: boolean, keepsData?: boolean,
 *   tell?: (text: string) => void }} options `keepsData`: the folder stays, for whoever wants to look into it
 * @returns {Promise<{ directory: string, state: import('./state.mjs').ClusterState, stop: () => Promise<void> }>}
 */
export async function startTemporaryCluster(options) {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'weir-kafka-'))
  const stop = watch(directory, options.keepsData === true)
  const ports = await freePorts(PORTS_AT_MOST + 2 * options.brokers * (options.proxied ?? 0))
  try {
    const state = await startCluster(directory, { ...options, ports })
    return { directory, state, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @param {string} directory @param {boolean} keepsData @returns {() => Promise<void>} ends the cluster and its folder; may be called again */
function watch(directory, keepsData) {
  // In a session of its own: a Ctrl-C for this process must not end the one that cleans up after it.
  const watchdog = spawn(
    process.execPath,
    [join(deployFolder, 'watchdog.mjs'), directory, keepsData ? 'keep' : 'remove'],
    {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  /** @type {Promise<void>} */
  const ended = new Promise((done) => {
    watchdog.once('exit', () => done())
    watchdog.once('error', () => done())
  })
  const pipe = /** @type {import('node:net').Socket} */ (watchdog.stdin)
  watchdog.unref()
  pipe.unref()
  return async () => {
    watchdog.ref()
    pipe.end()
    await ended
  }
}

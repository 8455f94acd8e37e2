/**
 * Waits until its standard input closes, then kills the cluster of the folder it was given and removes the folder.
 *
 * Started by temporary.mjs, never imported. Whoever holds the other end of the pipe need not end in order: the system
 * closes the pipe of a killed process too. Depends on Node.
 */
import { rmSync } from 'node:fs'
import { killCluster } from './cluster.mjs'

const [, , directory = ''] = process.argv
// A terminal that goes away must not take the watchdog with it.
process.on('SIGHUP', () => {})

process.stdin.resume()
process.stdin.once('close', async () => {
  await killCluster(directory)
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})

/**
 * Waits until its standard input closes, then kills the cluster of the folder it was given and removes the folder,
 * unless it is to be kept.
 *
 * Started by temporary.mjs, never imported. Whoever holds the other end of the pipe need not end in order: the system
 * closes the pipe of a killed process too. Depends on Node.
 */
import { rmSync } from 'node:fs'
import { killCluster } from './cluster.mjs'

const [, , directory = '', fate = 'remove'] = process.argv
// A terminal that goes away must not take the watchdog with it.
process.on('SIGHUP', () => {})

process.stdin.resume()
process.stdin.once('close', async () => {
  await killCluster(directory)
  if (fate === 'remove') rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})

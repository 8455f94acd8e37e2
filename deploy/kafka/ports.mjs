/**
 * Ports of the loopback interface that nobody uses. Depends on Node alone.
 */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { HOST } from './properties.mjs'

// Below the range from which Linux takes ports of outgoing connections (32768 on): a port of that range could be
// taken between our look and the broker's start, or while a broker is down.
const LOWEST = 20_000
const BEYOND = 32_000
const TRIES_PER_PORT = 50

/** @param {number} port @returns {Promise<boolean>} */
export function isFree(port) {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ host: HOST, port, exclusive: true }, () => server.close(() => done(true)))
  })
}

/** @param {number} count @returns {Promise<number[]>} distinct, in no order */
export async function freePorts(count) {
  /** @type {Set<number>} */
  const found = new Set()
  for (let tries = 0; tries < count * TRIES_PER_PORT && found.size < count; tries++) {
    const port = randomInt(LOWEST, BEYOND)
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  if (found.size < count) throw new Error(`no ${count} free ports between ${LOWEST} and ${BEYOND}`)
  return [...found]
}

/**
 * The two requests that a local cluster needs of Kafka's protocol: who is in the cluster, and grant this.
 *
 * Set-up runs before any package is installed, and the client that Weir uses cannot grant. Both are sent in their
 * oldest version that brokers accept, whose layout is fixed; nothing else should ever be added here.
 *
 * ```
 * request   int32 size | int16 api | int16 version | int32 correlation | string client | body
 * response  int32 size | int32 correlation | body                        string: int16 length (-1: null), bytes
 * ```
 * Depends on Node alone.
 */
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

const METADATA = { api: 3, version: 1 }
const CREATE_ACLS = { api: 30, version: 1 }
const CORRELATION = 1
const REQUEST_BOUND_MS = 5_000
// An answer to either request is below 1 kB; more is not a broker.
const ANSWER_BYTES_AT_MOST = 1 << 20

/** Codes of the protocol, by the names that Kafka's tools use. */
export const resourceTypes = Object.freeze({ topic: 2, group: 3, cluster: 4, transactionalId: 5 })
export const patternTypes = Object.freeze({ literal: 3, prefixed: 4 })
export const operations = Object.freeze({
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  describe: 8,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
})
const ALLOW = 3

/**
 * @typedef {{ host: string, port: number, tls?: { ca: string, cert: string, key: string } }} Address with TLS, the
 * certificates as PEM text
 * @typedef {{ principal: string, resource: keyof typeof resourceTypes, name: string,
 *   pattern: keyof typeof patternTypes, operation: keyof typeof operations }} Grant
 */

/** Ids of the brokers that one broker knows to be there. @param {Address} address @returns {Promise<number[]>} */
export async function brokersSeenBy(address) {
  const noTopics = int32(0)
  const answer = new Reader(await exchange(address, METADATA, noTopics))
  return Array.from({ length: answer.int32() }, () => {
    const id = answer.int32()
    answer.string()
    answer.int32()
    answer.string()
    return id
  })
}

/** @param {Address} address @param {readonly Grant[]} grants */
export async function createGrants(address, grants) {
  const entries = grants.map(({ principal, resource, name, pattern, operation }) =>
    Buffer.concat([
      int8(resourceTypes[resource]),
      string(name),
      int8(patternTypes[pattern]),
      string(`User:${principal}`),
      string('*'),
      int8(operations[operation]),
      int8(ALLOW),
    ]),
  )
  const answer = new Reader(
    await exchange(address, CREATE_ACLS, Buffer.concat([int32(entries.length), ...entries])),
  )
  answer.int32()
  const count = answer.int32()
  for (let index = 0; index < count; index++) {
    const code = answer.int16()
    const message = answer.string()
    if (code !== 0)
      throw new Error(`the broker refused a grant: ${message ?? 'no reason given'} (code ${code})`)
  }
}

/**
 * @param {Address} address @param {{ api: number, version: number }} request @param {Buffer} body
 * @returns {Promise<Buffer>} the answer's body
 */
function exchange({ host, port, tls }, { api, version }, body) {
  const content = Buffer.concat([int16(api), int16(version), int32(CORRELATION), string('weir-local'), body])
  return new Promise((done, fail) => {
    const socket = tls === undefined ? connect({ host, port }) : connectTls({ host, port, ...tls })
    const refuse = (/** @type {Error} */ error) => {
      socket.destroy()
      fail(error)
    }
    let received = Buffer.alloc(0)
    socket.setTimeout(REQUEST_BOUND_MS, () => refuse(new Error(`${host}:${port} does not answer`)))
    socket.on('error', refuse)
    socket.on('close', () => refuse(new Error(`${host}:${port} closed the connection`)))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4) return
      const size = received.readInt32BE(0)
      if (size < 4 || size > ANSWER_BYTES_AT_MOST)
        return refuse(new Error(`${host}:${port} is not a Kafka broker`))
      if (received.length < 4 + size) return
      done(received.subarray(8, 4 + size))
      socket.destroy()
    })
    socket.write(Buffer.concat([int32(content.length), content]))
  })
}

/** @param {number} value */
function int8(value) {
  return Buffer.from([value])
}

/** @param {number} value */
function int16(value) {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

/** @param {number} value */
function int32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** @param {string} text */
function string(text) {
  return Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])
}

class Reader {
  #bytes
  #at = 0

  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.#bytes = bytes
  }

  int16() {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32() {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  /** @returns {string | undefined} */
  string() {
    const length = this.int16()
    if (length < 0) return undefined
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }
}

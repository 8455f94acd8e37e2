/**
 * One connection to a broker, plain or TLS, for requests that the native client does not have: one at a time, bounded in
 * time and bytes. Depends on node:net and node:tls.
 *
 * ```
 * request   int32 size | int16 api | int16 version | int32 correlation | string client | body
 * response  int32 size | int32 correlation | body
 * ```
 */
import { readFileSync } from 'node:fs'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { WeirError } from '../../../errors.js'
import type { TlsSettings } from '../settings.js'
import { WireReader, WireWriter } from './wire.js'

export interface RequestKind {
  readonly api: number
  readonly version: number
}

const REQUEST_BOUND_MS = 10_000
/** Thirty topics with all their settings take some 100 KiB. */
const ANSWER_BYTES_AT_MOST = 16 * 2 ** 20
const SIZE_BYTES = 4

const NOT_A_BROKER = 'the answer is not that of a broker'

interface Waiting {
  readonly correlation: number
  resolve(body: Buffer): void
  reject(error: Error): void
}

export class BrokerConnection {
  readonly #socket: Socket
  readonly #address: string
  readonly #client: string
  #correlation = 0
  #received = Buffer.alloc(0)
  #waiting: Waiting | undefined
  #broken: Error | undefined

  private constructor(socket: Socket, address: string, client: string) {
    this.#socket = socket
    this.#address = address
    this.#client = client
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#break(error))
    socket.on('close', () => this.#break(new Error('the broker closed the connection')))
  }

  /** @throws WeirError WEIR_KAFKA */
  static async open(
    address: string,
    tls: TlsSettings | undefined,
    client: string,
  ): Promise<BrokerConnection> {
    const at = address.lastIndexOf(':')
    const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1')
    const port = Number(address.slice(at + 1))
    const socket =
      tls === undefined ? connectPlain({ host, port }) : connectTls({ host, port, ...tlsOptions(tls, host) })
    try {
      await connected(socket, tls === undefined ? 'connect' : 'secureConnect')
    } catch (cause) {
      socket.destroy()
      throw connectionFault(address, cause)
    }
    return new BrokerConnection(socket, address, client)
  }

  /** Body of the answer. @throws WeirError WEIR_KAFKA */
  async request({ api, version }: RequestKind, body: Buffer): Promise<WireReader> {
    const correlation = ++this.#correlation
    const head = new WireWriter().int16(api).int16(version).int32(correlation).string(this.#client).finish()
    const size = new WireWriter().int32(head.length + body.length).finish()
    const timer = setTimeout(
      () => this.#break(new Error(`no answer within ${REQUEST_BOUND_MS} ms`)),
      REQUEST_BOUND_MS,
    )
    try {
      const answer = await new Promise<Buffer>((resolve, reject) => {
        if (this.#broken !== undefined) return reject(this.#broken)
        this.#waiting = { correlation, resolve, reject }
        this.#socket.write(Buffer.concat([size, head, body]))
      })
      return new WireReader(answer)
    } catch (cause) {
      throw connectionFault(this.#address, cause)
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    if (this.#received.length < SIZE_BYTES) return
    const size = this.#received.readInt32BE(0)
    if (size < SIZE_BYTES || size > ANSWER_BYTES_AT_MOST) {
      this.#break(new Error(NOT_A_BROKER))
      return
    }
    if (this.#received.length < SIZE_BYTES + size) return
    const correlation = this.#received.readInt32BE(SIZE_BYTES)
    const body = this.#received.subarray(2 * SIZE_BYTES, SIZE_BYTES + size)
    this.#received = this.#received.subarray(SIZE_BYTES + size)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting?.correlation === correlation) waiting.resolve(body)
    else this.#break(new Error(NOT_A_BROKER))
  }

  #break(error: Error): void {
    this.#broken ??= error
    this.#waiting?.reject(this.#broken)
    this.#waiting = undefined
    this.#socket.destroy()
  }
}

function tlsOptions(tls: TlsSettings, host: string): object {
  const read = (file: string | undefined): Buffer | undefined =>
    file === undefined ? undefined : readFileSync(file)
  return {
    ca: read(tls.caFile),
    cert: read(tls.certificateFile),
    key: read(tls.keyFile),
    passphrase: tls.keyPassword?.(),
    // A name is told to the broker; an address must not be.
    ...(isIP(host) === 0 ? { servername: host } : {}),
  }
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no connection within ${REQUEST_BOUND_MS} ms`)),
      REQUEST_BOUND_MS,
    )
    socket.once(event, () => {
      clearTimeout(timer)
      socket.off('error', reject)
      resolve()
    })
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
  })
}

export function connectionFault(address: string, cause: unknown): WeirError {
  const { code, message } = cause as NodeJS.ErrnoException
  return new WeirError('WEIR_KAFKA', `the broker cannot be asked: ${code ?? message}`, {
    place: address,
    remedy: 'check kafka.bootstrapServers, kafka.tls and that the broker is up',
    retry: 'backoff',
    cause,
  })
}

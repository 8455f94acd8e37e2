/**
 * A TCP proxy on loopback that can cut, stall, delay and throttle what goes through it.
 *
 *   cut      connections are reset and new ones refused: a process that lost its network card
 *   stalled  connections stay and nothing passes: a cable that was pulled; what was on its way arrives when it is plugged in again
 *
 * Depends on node:net.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const HOST = '127.0.0.1'
/** What one direction of a connection holds back; beyond it the sender feels the back-pressure. */
const HELD_BYTES_MOST = 4 * 1024 * 1024
const STALL_LOOK_MS = 10

export class TcpProxy {
  /** Each piece arrives so much later; the order stays. */
  delayMs = 0
  /** Of each direction of each connection; 0: as fast as it goes. */
  bytesPerSecond = 0
  stalled = false
  /** Connections that were accepted so far. */
  accepted = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #targetPort: number
  #isCut = false

  private constructor(server: Server, targetPort: number) {
    this.#server = server
    this.#targetPort = targetPort
    server.on('connection', (socket) => this.#accept(socket))
  }

  static async listen(port: number, targetPort: number): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true })
    const proxy = new TcpProxy(server, targetPort)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: HOST }, resolve)
    })
    return proxy
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  heal(): void {
    this.#isCut = false
    this.stalled = false
    this.delayMs = 0
    this.bytesPerSecond = 0
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      client.resetAndDestroy()
      return
    }
    this.accepted++
    const target = dial({ port: this.#targetPort, host: HOST })
    for (const socket of [client, target]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      // The other side learns of it by the close that follows.
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        target.destroy()
      })
    }
    this.#pass(client, target)
    this.#pass(target, client)
  }

  #pass(from: Socket, to: Socket): void {
    let before = Promise.resolve()
    let heldBytes = 0
    from.on('data', (piece) => {
      const dueMs = performance.now() + this.delayMs
      heldBytes += piece.length
      if (heldBytes > HELD_BYTES_MOST) from.pause()
      before = before.then(async () => {
        await this.#holdBack(dueMs, piece.length, from)
        if (!to.destroyed) to.write(piece)
        heldBytes -= piece.length
        if (from.isPaused() && heldBytes <= HELD_BYTES_MOST) from.resume()
      })
    })
    from.on('end', () => {
      before = before.then(() => void to.end())
    })
    from.resume()
  }

  async #holdBack(dueMs: number, bytes: number, from: Socket): Promise<void> {
    while (this.stalled && !from.destroyed) await pause(STALL_LOOK_MS)
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await pause(waitMs)
    if (this.bytesPerSecond > 0) await pause((bytes * 1_000) / this.bytesPerSecond)
  }
}

/**
 * Stands between a projector and the engine and holds back the end of an insert that has begun: a projector that was stopped in the
 * middle of a request. Not used by product code.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const HELD_BYTES = 1_000
/** So long after the last byte the server has begun the statement and waits for the rest. */
const BEGUN_MS = 1_000

export class SlowProxy {
  readonly #server: Server
  readonly #target: URL
  readonly #isHeld: (query: string) => boolean
  #release: () => void = () => undefined
  readonly #released: Promise<void>
  #told: () => void = () => undefined
  /** Resolves when an insert is held: the engine has begun it, its last rows are not there. */
  readonly held: Promise<void>

  /** @param isHeld tells of a statement whether it is held */
  constructor(target: string, isHeld: (query: string) => boolean) {
    this.#target = new URL(target)
    this.#isHeld = isHeld
    this.#released = new Promise((resolve) => {
      this.#release = resolve
    })
    this.held = new Promise((resolve) => {
      this.#told = resolve
    })
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing))
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  release(): void {
    this.#release()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { hostname, port } = this.#target
    const { url: path, method, headers } = incoming
    const onward = request({ hostname, port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    const query = new URL(path ?? '/', this.#target).searchParams.get('query') ?? ''
    if (this.#isHeld(query)) void this.#hold(incoming, onward)
    else incoming.pipe(onward)
  }

  async #hold(incoming: IncomingMessage, onward: ReturnType<typeof request>): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    // The server reads the first 256 KiB before it looks at the statement at all.
    const sent = body.length - HELD_BYTES
    onward.write(body.subarray(0, sent))
    await new Promise((resolve) => setTimeout(resolve, BEGUN_MS))
    this.#told()
    await this.#released
    onward.end(body.subarray(sent))
  }
}

/** The proxy passes bytes on in order, and cuts, stalls and delays them when told to. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { TcpProxy } from './tcp-proxy.js'

/** Not `once`, which fails by the error that comes before the close of a connection that was reset. */
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

async function echoBehindProxy(context: TestContext): Promise<TcpProxy> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await TcpProxy.listen(0, (server.address() as AddressInfo).port)
  context.after(async () => {
    await proxy.close()
    server.close()
  })
  return proxy
}

async function client(context: TestContext, proxy: TcpProxy) {
  const socket = connect(proxy.port, '127.0.0.1')
  socket.on('error', () => {})
  context.after(() => socket.destroy())
  let received = Buffer.alloc(0)
  socket.on('data', (piece) => {
    received = Buffer.concat([received, piece])
  })
  await once(socket, 'connect')
  const until = async (bytes: number): Promise<Buffer> => {
    while (received.length < bytes) await once(socket, 'data')
    return received
  }
  return { socket, until, received: () => received.length }
}

test('bytes come back in order, also under delay and throttling', async (context) => {
  const proxy = await echoBehindProxy(context)
  const { socket, until } = await client(context, proxy)
  const sent = Buffer.alloc(300_000, 1).map((_, at) => at % 251)
  socket.write(sent.subarray(0, 100_000))
  proxy.delayMs = 5
  socket.write(sent.subarray(100_000, 200_000))
  proxy.bytesPerSecond = 10_000_000
  socket.write(sent.subarray(200_000))
  assert.ok((await until(sent.length)).equals(sent))
})

test('a stalled connection keeps what is sent and passes it on later', async (context) => {
  const proxy = await echoBehindProxy(context)
  const { socket, until, received } = await client(context, proxy)
  proxy.stalled = true
  socket.write('later')
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal(received(), 0)
  proxy.heal()
  assert.equal((await until(5)).toString(), 'later')
})

test('a cut ends connections and refuses new ones until it heals', async (context) => {
  const proxy = await echoBehindProxy(context)
  const first = await client(context, proxy)
  first.socket.write('a')
  await first.until(1)
  proxy.cut()
  await closed(first.socket)
  const refused = connect(proxy.port, '127.0.0.1')
  refused.on('error', () => {})
  await closed(refused)
  proxy.heal()
  const second = await client(context, proxy)
  second.socket.write('b')
  assert.equal((await second.until(1)).toString(), 'b')
})

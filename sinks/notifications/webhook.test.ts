/** Webhooks against a real HTTP server that behaves as receivers do, and as they should not. */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { localCertificate } from '../../tests/support/certificate.js'
import { guardedLookup, isPrivateAddress } from './address-guard.js'
import type { Delivery } from './delivery.js'
import { hmacSigner, verifyNotification } from './signature.js'
import { WebhookChannel, type WebhookOptions } from './webhook.js'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const notification = { id: 'ntf_1', title: 'CRITICAL x', body: '{"type":"alert.raised","data":{}}' }
const certificate = localCertificate()
const never = new AbortController().signal

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void

async function receiver(t: TestContext, respond: Respond) {
  const received: string[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const body = Buffer.concat(parts).toString('utf8')
    received.push(`${request.method} ${request.url} ${body}`)
    respond(request, response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/s3cret-path`, received }
}

function send(url: string, changed: Partial<WebhookOptions> = {}, signal = never): Promise<Delivery> {
  const options = {
    url,
    signer: hmacSigner(SECRET),
    allowPrivateAddresses: true,
    nowMs: Date.now,
    ...changed,
  }
  return new WebhookChannel(options).deliver(notification, signal)
}

function failing(delivery: Delivery): string {
  assert.ok(!delivery.delivered)
  assert.ok(!delivery.reason.includes('s3cret-path'), 'the reason tells the path')
  return `${delivery.failure}: ${delivery.reason}${delivery.pauseMs === undefined ? '' : ` after ${delivery.pauseMs}`}`
}

test('a receiver can verify what it gets', async (t) => {
  const verified: string[] = []
  const { url, received } = await receiver(t, (request, response, body) => {
    verified.push(verifyNotification(request.headers, body, SECRET).id)
    assert.equal(request.headers['content-type'], 'application/json')
    response.writeHead(204).end()
  })
  assert.deepEqual(await send(url), { delivered: true })
  assert.deepEqual(verified, ['ntf_1'])
  assert.deepEqual(received, [`POST /hook/s3cret-path ${notification.body}`])
})

test('what passes is told apart from what does not', async (t) => {
  let status = 0
  const { url } = await receiver(t, (_, response) =>
    response.writeHead(status, { 'retry-after': '7' }).end('no'),
  )
  for (status of [500, 503, 429, 408])
    assert.equal(failing(await send(url)), `unavailable: it answers with status ${status} after 7000`)
  for (status of [400, 401, 404, 410, 422])
    assert.equal(failing(await send(url)), `refused: it answers with status ${status}`)
})

test('a receiver can put us off, but not for ever', async (t) => {
  const { url } = await receiver(t, (_, response) =>
    response.writeHead(503, { 'retry-after': '999999' }).end(),
  )
  assert.match(failing(await send(url)), /after 300000$/)
})

test('no redirect is followed', async (t) => {
  const elsewhere = await receiver(t, (_, response) => response.writeHead(200).end())
  const { url } = await receiver(t, (_, response) =>
    response.writeHead(307, { location: elsewhere.url }).end(),
  )
  assert.match(failing(await send(url)), /^unavailable: it answers with status 307/)
  assert.deepEqual(elsewhere.received, [])
})

test('silence, a trickle and an answer without end cost a bounded time and little memory', async (t) => {
  const silent = await receiver(t, () => undefined)
  assert.match(failing(await send(silent.url, { timeoutMs: 100 })), /no answer within 100 ms/)
  const trickle = await receiver(t, (_, response) => {
    response.flushHeaders()
    const timer = setInterval(() => response.write('.'), 10)
    response.once('close', () => clearInterval(timer))
  })
  const started = performance.now()
  await send(trickle.url, { timeoutMs: 300 })
  assert.ok(performance.now() - started < 10_000)
  let sent = 0
  const endless = await receiver(t, (_, response) => {
    const part = Buffer.alloc(65_536)
    const more = (): void => {
      while (!response.destroyed && sent < 1_000) {
        sent += 1
        if (!response.write(part)) break
      }
    }
    response.on('drain', more)
    more()
  })
  assert.deepEqual(await send(endless.url), { delivered: true })
  assert.ok(sent < 1_000, 'the answer was read to its end')
})

test('a receiver that is away, or breaks off, is told with its reason; an end stops waiting', async (t) => {
  assert.match(failing(await send('http://127.0.0.1:1/x')), /cannot be reached \(ECONNREFUSED\)/)
  const breaking = await receiver(t, (request) => request.socket.destroy())
  assert.match(failing(await send(breaking.url)), /^unavailable: it cannot be reached \(ECONNRESET\)/)
  const silent = await receiver(t, () => undefined)
  assert.match(failing(await send(silent.url, {}, AbortSignal.timeout(50))), /stopped/)
})

test('private addresses are refused before anything is sent, as names and as numbers', async (t) => {
  const { url, received } = await receiver(t, (_, response) => response.writeHead(200).end())
  const { port } = new URL(url)
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '0'])
    assert.match(
      failing(await send(`http://${host}:${port}/`, { allowPrivateAddresses: false })),
      /leads to a private address/,
      host,
    )
  assert.deepEqual(received, [])
})

test('which addresses are private', () => {
  const secret = [
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fd00::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:0:1::',
    'no address',
  ]
  for (const address of secret) assert.equal(isPrivateAddress(address), true, address)
  const open = [
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '193.0.0.1',
    '2001:4860:4860::8888',
    '2a00::1',
    '::ffff:8.8.8.8',
  ]
  for (const address of open) assert.equal(isPrivateAddress(address), false, address)
})

test('a name is looked up once, and what it means is what is checked', async () => {
  for (const all of [true, false])
    await assert.rejects(
      new Promise((resolve, reject) =>
        guardedLookup('localhost', { all }, (error, address) => (error ? reject(error) : resolve(address))),
      ),
      /private address/,
    )
})

test('TLS: a receiver whose certificate is known gets it, another gets nothing', {
  skip: typeof certificate === 'string' ? certificate : false,
}, async (t) => {
  assert.ok(typeof certificate !== 'string')
  let requests = 0
  const server = createSecureServer(certificate, (_, response) => {
    requests += 1
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`
  assert.match(failing(await send(url)), /^unavailable: it cannot be reached \(\w*SELF_SIGNED\w*\)/)
  assert.equal(requests, 0)
  assert.deepEqual(await send(url, { ca: certificate.cert }), { delivered: true })
})

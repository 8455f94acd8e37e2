/** E-mail against a real SMTP server (npm `smtp-server`). */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { localCertificate } from '../../tests/support/certificate.js'
import type { Delivery } from './delivery.js'
import { EmailChannel, type EmailOptions } from './email.js'

const PASSWORD = 'correct horse battery staple'
const certificate = localCertificate()
const skip = typeof certificate === 'string' ? certificate : false
const { key, cert } = typeof certificate === 'string' ? { key: '', cert: '' } : certificate
const never = new AbortController().signal
const notification = {
  id: 'ntf_0123',
  title: 'CRITICAL floor-cannot-be-held: account:A in G-1\r\nBcc: thief@example.org',
  body: JSON.stringify({
    type: 'alert.raised',
    data: { groupId: 'G-1', severity: 'CRITICAL', message: 'No rail is open.\r\n.\r\nMAIL FROM:<x@y>' },
  }),
}

interface Mail {
  readonly user: string | undefined
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
  readonly secure: boolean
}

async function mailServer(t: TestContext, changed: Partial<SMTPServerOptions> = {}) {
  const mails: Mail[] = []
  const server = new SMTPServer({
    logger: false,
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: ({ username, password }, _, done) =>
      password === PASSWORD ? done(null, { user: username }) : done(new Error('who are you?')),
    onData: (stream, session, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.once('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          user: session.user as string | undefined,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString('utf8'),
          secure: session.secure,
        })
        done()
      })
    },
    ...changed,
  })
  // Clients that break off a handshake are what some of the tests do.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { port: (server.server.address() as AddressInfo).port, mails }
}

function send(port: number, changed: Partial<EmailOptions> = {}): Promise<Delivery> {
  const channel = new EmailChannel({
    host: 'localhost',
    port,
    tls: 'none',
    user: 'weir',
    password: () => PASSWORD,
    from: 'Weir <weir@bank.example>',
    to: ['desk@bank.example', 'risk@bank.example'],
    timeoutMs: 20_000,
    ...changed,
  })
  return channel.deliver(notification, never)
}

function failing(delivery: Delivery): string {
  assert.ok(!delivery.delivered)
  assert.ok(!delivery.reason.includes(PASSWORD))
  return `${delivery.failure}: ${delivery.reason}`
}

test('people get one mail, with the same id for every attempt, and nothing of an alert becomes a command', async (t) => {
  const { port, mails } = await mailServer(t, { allowInsecureAuth: true })
  for (let attempt = 0; attempt < 2; attempt++) assert.deepEqual(await send(port), { delivered: true })
  assert.equal(mails.length, 2)
  for (const { user, from, to, text } of mails) {
    assert.equal(user, 'weir')
    assert.equal(from, 'weir@bank.example')
    assert.deepEqual(to, ['desk@bank.example', 'risk@bank.example'])
    assert.match(text, /^Message-ID: <ntf_0123@bank\.example>\r$/m)
    assert.match(text, /^X-Weir-Notification: ntf_0123\r$/m)
    assert.match(text, /^Auto-Submitted: auto-generated\r$/m)
    assert.match(text, /^Subject: CRITICAL floor-cannot-be-held/m)
    assert.doesNotMatch(text, /^Bcc:/m)
    assert.match(text, /severity: CRITICAL/)
  }
})

test('with TLS from the first byte or by STARTTLS a mail comes to a server whose certificate is known', {
  skip,
}, async (t) => {
  const upgraded = await mailServer(t, { key, cert })
  assert.deepEqual(await send(upgraded.port, { tls: 'starttls', ca: cert }), { delivered: true })
  const implicit = await mailServer(t, { key, cert, secure: true })
  assert.deepEqual(await send(implicit.port, { tls: 'implicit', ca: cert }), { delivered: true })
  for (const { mails } of [upgraded, implicit]) assert.deepEqual([mails.length, mails[0]?.secure], [1, true])
})

test('nothing is told to a server without STARTTLS, or whose certificate is unknown or of another', {
  skip,
}, async (t) => {
  const logins: string[] = []
  const onAuth: SMTPServerOptions['onAuth'] = ({ username }, _, done) => {
    logins.push(username ?? '')
    done(null, { user: username })
  }
  const plain = await mailServer(t, { disabledCommands: ['STARTTLS'], allowInsecureAuth: true, onAuth })
  assert.match(failing(await send(plain.port, { tls: 'starttls', ca: cert })), /^unavailable: ETLS/)
  const secure = await mailServer(t, { key, cert, onAuth })
  assert.match(failing(await send(secure.port, { tls: 'starttls' })), /^unavailable: .*self.signed/i)
  const other = { tls: 'starttls', ca: cert, host: '127.0.0.1' } as const
  assert.match(failing(await send(secure.port, other)), /^unavailable: .*(altnames|IP)/i)
  assert.deepEqual([plain.mails, secure.mails, logins], [[], [], []])
})

test('a login that is refused is tried again, a mail that is refused is not wanted', async (t) => {
  const { port } = await mailServer(t, { allowInsecureAuth: true })
  assert.match(failing(await send(port, { password: () => 'wrong' })), /^unavailable: EAUTH/)
  const refuse = (code: number) => (_: unknown, __: unknown, done: (error: Error) => void) =>
    done(Object.assign(new Error('not here'), { responseCode: code }))
  const full = await mailServer(t, { allowInsecureAuth: true, onRcptTo: refuse(550) as never })
  assert.match(failing(await send(full.port)), /^refused: .*550/)
  const busy = await mailServer(t, { allowInsecureAuth: true, onMailFrom: refuse(451) as never })
  assert.match(failing(await send(busy.port)), /^unavailable: .*451/)
})

test('a server that is away, or never greets, costs a bounded time', async (t) => {
  assert.match(failing(await send(1)), /^unavailable: E/)
  const silent = await mailServer(t, { onConnect: () => undefined, allowInsecureAuth: true })
  assert.match(failing(await send(silent.port, { timeoutMs: 200 })), /^unavailable: /)
})

test('a message is signed by DKIM when there is a key', async (t) => {
  const { port, mails } = await mailServer(t, { allowInsecureAuth: true })
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const dkim = { domainName: 'bank.example', keySelector: 'weir', privateKey: pem }
  assert.deepEqual(await send(port, { dkim }), { delivered: true })
  assert.match(
    mails[0]?.text ?? '',
    /^DKIM-Signature: v=1; a=rsa-sha256;[\s\S]*d=bank\.example;[\s\S]*s=weir;/m,
  )
})

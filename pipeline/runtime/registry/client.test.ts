/** The client of the registry against answers that a registry gives, and against those that it should not. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  json,
  type Respond,
  settingsFor,
  startRegistryServer,
} from '../../../tests/support/registry-server.js'
import { WeirError } from '../../errors.js'
import { RegistryClient } from './client.js'
import { parseRegistryUrl, type RegistrySettings } from './settings.js'

const SCHEMA = '{"type":"string"}'

async function clientOf(t: TestContext, respond: Respond, changed: Partial<RegistrySettings> = {}) {
  const server = await startRegistryServer(respond)
  const client = new RegistryClient(settingsFor(server.url, changed))
  t.after(async () => {
    client.close()
    await server.close()
  })
  return { server, client }
}

async function failureOf(promise: Promise<unknown>): Promise<WeirError> {
  const error = await promise.then(
    () => assert.fail('it should have failed'),
    (cause: unknown) => cause,
  )
  assert.ok(error instanceof WeirError, String(error))
  assert.ok(error.place !== undefined && error.remedy !== undefined, error.toLine())
  return error
}

describe('the registry client', () => {
  it('knows an unknown id from an unknown address', async (t) => {
    const registry = await clientOf(t, (_, response) =>
      json(response, 404, { error_code: 40403, message: 'no' }),
    )
    assert.equal(await registry.client.schemaById(7), undefined)
    const other = await clientOf(t, (_, response) => json(response, 404, { message: 'no such page' }))
    const error = await failureOf(other.client.schemaById(7))
    assert.equal(error.code, 'WEIR_REGISTRY')
    assert.match(error.toLine(), /status 404: no such page .*check kafka.registry.url/)
  })

  it('tries again when the cause may pass, a bounded number of times', async (t) => {
    let left = 1
    const { client, server } = await clientOf(t, (_, response) =>
      left-- > 0 ? json(response, 503, {}) : json(response, 200, { id: 4 }),
    )
    assert.equal(await client.register('s', SCHEMA), 4)
    assert.equal(server.requests.length, 2)
    left = Number.POSITIVE_INFINITY
    const error = await failureOf(client.register('s', SCHEMA))
    assert.equal(error.retry, 'backoff')
    assert.match(error.message, /status 503/)
    assert.equal(server.requests.length, 4)
  })

  it('says that nothing listens', async () => {
    const client = new RegistryClient(settingsFor('http://127.0.0.1:1'))
    const error = await failureOf(client.lookUp('s', SCHEMA))
    assert.match(
      error.toLine(),
      /127\.0\.0\.1:1\/subjects\/s: .*cannot be reached \(ECONNREFUSED\), 2 attempts .*registry\.url/,
    )
    assert.equal(error.retry, 'backoff')
  })

  it('waits no longer than it may', async (t) => {
    const { client } = await clientOf(t, () => undefined, { timeoutMs: 50, attempts: 1 })
    assert.match((await failureOf(client.schemaById(1))).message, /no answer within 50 ms/)
  })

  it('does not take a page, a list or a wrong field for an answer', async (t) => {
    const answers: [string, string, RegExp][] = [
      ['text/html; charset=utf-8', '<html>Sign in</html>', /not JSON but text\/html, 20 characters/],
      ['application/json', '[1]', /no JSON object/],
      ['application/json', '{"id":"seven"}', /id is no schema id/],
      ['application/json', '{"id":-3}', /id is no schema id/],
    ]
    for (const [type, text, expected] of answers) {
      const { client, server } = await clientOf(t, (_, response) => {
        response.writeHead(200, { 'content-type': type })
        response.end(text)
      })
      const error = await failureOf(client.register('s', SCHEMA))
      assert.equal(error.code, 'WEIR_REGISTRY')
      assert.match(error.message, expected)
      assert.equal(server.requests.length, 1)
    }
  })

  it('stops reading an answer without end', async (t) => {
    let sent = 0
    const { client } = await clientOf(t, (_, response) => {
      const chunk = Buffer.alloc(2 ** 20, 'x')
      const write = (): void => {
        while (!response.destroyed && sent < 64) {
          sent += 1
          if (!response.write(chunk)) break
        }
      }
      response.on('drain', write)
      write()
    })
    assert.match((await failureOf(client.schemaById(1))).message, /longer than 4194304 bytes/)
    assert.ok(sent < 64, 'the server was stopped before it had sent everything')
  })

  it('logs in, and never tells the password', async (t) => {
    const login = `Basic ${Buffer.from('weir:s3cret').toString('base64')}`
    const respond: Respond = (request, response) =>
      request.headers.authorization === login
        ? json(response, 200, { id: 1 })
        : json(response, 401, { error_code: 401, message: `${request.headers.authorization} is wrong` })
    const right = await clientOf(t, respond, { user: 'weir', password: 's3cret' })
    assert.equal(await right.client.register('s', SCHEMA), 1)
    const wrong = await clientOf(t, respond, { user: 'weir', password: 'gu3ss' })
    const error = await failureOf(wrong.client.register('s', SCHEMA))
    assert.match(error.toLine(), /status 401 \(check kafka\.registry\.user and the password/)
    assert.ok(
      !error.toLine().includes('gu3ss') && !error.toLine().includes(Buffer.from('gu3ss').toString('base64')),
    )
    assert.equal(wrong.server.requests.length, 1, 'wrong credentials are not tried again')
  })

  it('refuses an incompatible schema in the words of the registry', async (t) => {
    const { client } = await clientOf(t, (_, response) =>
      json(response, 409, { error_code: 409, message: 'reader field b has\n no default' }),
    )
    const error = await failureOf(client.register('orders-value', SCHEMA))
    assert.match(
      error.toLine(),
      /not compatible with the latest of orders-value: reader field b has no default/,
    )
  })

  it('takes reasons by either name that registries give them', async (t) => {
    for (const body of [{ messages: ['a', 'b'] }, { reason: 'a' }]) {
      const { client } = await clientOf(t, (_, response) =>
        json(response, 200, { is_compatible: false, ...body }),
      )
      const { compatible, reasons } = await client.compatibility('s', SCHEMA)
      assert.equal(compatible, false)
      assert.equal(reasons[0], 'a')
    }
  })

  it('refuses a schema that is not Avro', async (t) => {
    const { client } = await clientOf(t, (_, response) =>
      json(response, 200, { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }),
    )
    assert.equal((await failureOf(client.schemaById(3))).code, 'WEIR_SCHEMA')
  })
})

describe('the address of a registry', () => {
  it('is http or https and holds no user', () => {
    assert.equal(parseRegistryUrl('http://r:8081/apis/', 'place', 'WEIR_CONFIG'), 'http://r:8081/apis')
    for (const text of ['r:8081', 'kafka://r', 'http://', '']) {
      assert.throws(() => parseRegistryUrl(text, '--registry-url', 'WEIR_USAGE'), { code: 'WEIR_USAGE' })
    }
    assert.throws(
      () => parseRegistryUrl('http://u:hidden@r', '--registry-url', 'WEIR_USAGE'),
      (error: WeirError) =>
        !error.toLine().includes('hidden') && /holds a user or a password/.test(error.message),
    )
  })
})

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { WeirError } from '../pipeline/errors.js'
import type { KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import { withFolder } from '../tests/cli/weir-process.js'
import { loadConfiguration } from './configuration.js'

const SECRET = 'correct horse battery staple'

/** The section, indented below `kafka:`, with a file `secret` beside it. */
function section(text: string, check: (settings: KafkaSettings, folder: string) => void): Promise<void> {
  return withFolder(async (folder) => {
    writeFileSync(join(folder, 'secret'), `${SECRET}\n`)
    const file = join(folder, 'weir.yaml')
    writeFileSync(file, `kafka:\n  bootstrapServers: 127.0.0.1:9092\n${text.replace(/^(?=.)/gm, '  ')}`)
    const settings = loadConfiguration(file).kafka
    assert.ok(settings)
    check(settings, folder)
  })
}

function refuses(text: string, message: RegExp, place: RegExp): Promise<void> {
  return assert.rejects(
    section(text, () => {}),
    (error) => {
      assert.ok(error instanceof WeirError)
      assert.equal(error.code, 'WEIR_CONFIG')
      assert.match(error.toLine(), message)
      assert.match(error.place ?? '', place)
      assert.ok(!inspect(error).includes(SECRET), 'the error holds the secret')
      return true
    },
  )
}

test('only the brokers must be given; the rest has defaults', async () => {
  await section('', (settings) => {
    assert.deepEqual(settings.bootstrapServers, ['127.0.0.1:9092'])
    assert.equal(settings.topicPrefix, 'weir.')
    assert.equal(settings.group, 'weir')
    assert.match(settings.instance, new RegExp(`-${process.pid}$`))
    assert.equal(settings.sessionTimeoutMillis, 6000)
    assert.deepEqual([settings.tls, settings.sasl, settings.registry], [undefined, undefined, undefined])
  })
  await withFolder(async (folder) => {
    const file = join(folder, 'weir.yaml')
    writeFileSync(file, 'kafka:\n  group: x\n')
    assert.throws(() => loadConfiguration(file), /bootstrapServers/)
  })
})

test('a secret is read from its file when it is wanted, and is in no printed settings', async () => {
  const text = 'sasl:\n  mechanism: SCRAM-SHA-256\n  user: weir\n  passwordFile: secret\n'
  await section(text, (settings, folder) => {
    assert.ok(!inspect(settings, { depth: 9 }).includes(SECRET))
    assert.ok(!JSON.stringify(settings).includes(SECRET))
    const { sasl } = settings
    assert.ok(sasl !== undefined && 'password' in sasl)
    assert.equal(sasl.password(), SECRET)
    writeFileSync(join(folder, 'secret'), 'renewed')
    assert.equal(sasl.password(), 'renewed')
  })
})

test('secrets that are missing, double or written out are refused at their place', async () => {
  const scram = 'sasl:\n  mechanism: SCRAM-SHA-256\n  user: weir\n'
  await refuses(`${scram}  passwordFile: nowhere\n`, /no such file/, /:6:19$/)
  await refuses(`${scram}  passwordEnv: WEIR_NOT_SET\n`, /WEIR_NOT_SET is not set/, /:6:18$/)
  await refuses(`${scram}  passwordFile: secret\n  passwordEnv: PATH\n`, /exclude each other/, /:7:18$/)
  await refuses(scram, /needs a user and a password/, /:4:16$/)
  await refuses(`${scram}  password: ${SECRET}\n`, /password/, /:6:/)
  await refuses(
    `properties:\n  sasl.password: ${SECRET}\n`,
    /never written into the configuration.*passwordFile/,
    /:4:20$/,
  )
  await refuses(`properties:\n  ssl.key.pem: ${SECRET}\n`, /secret.*keyFile/, /:4:18$/)
})

test('a property that carries a guarantee, or has a key of its own, is refused with the reason', async () => {
  await refuses('properties:\n  isolation.level: read_uncommitted\n', /fenced owner/, /:4:/)
  await refuses('producerProperties:\n  acks: 1\n', /loss of a broker/, /:4:/)
  await refuses('consumerProperties:\n  enable.auto.commit: true\n', /journal/, /:4:/)
  await refuses('properties:\n  group.id: x\n', /kafka\.group/, /:4:/)
  await refuses('properties:\n  oauthbearer_token_refresh_cb: x\n', /takes a function/, /:4:/)
  await refuses('properties:\n  some.new.client.secret: x\n', /secret/, /:4:/)
})

test('contradictions of tls, sasl and registry are told', async () => {
  await refuses('tls:\n  keyFile: secret\n', /one of certificateFile and keyFile/, /:4:/)
  await refuses('sasl:\n  mechanism: OAUTHBEARER\n', /needs a token/, /:4:/)
  await refuses('sasl:\n  mechanism: OAUTHBEARER\n  user: x\n', /takes no user/, /:4:/)
  await refuses('sasl:\n  mechanism: PLAIN\n  tokenFile: secret\n', /takes no token/, /:4:/)
  await refuses('registry:\n  url: https://weir:x@registry\n', /holds a user or a password/, /:4:/)
  await refuses('registry:\n  url: https://registry\n  userEnv: WEIR_NOT_SET\n', /is not set/, /:5:/)
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { needsKafka } from '../../../tests/support/kafka/availability.js'
import { WeirError } from '../../errors.js'
import { configurationError, loadKafka, newClient } from './client.js'
import { tokenOf } from './oauth-token.js'
import { refusalOf } from './owned-properties.js'
import { checkKafkaSettings } from './ports.js'
import { membershipProperties, readerProperties, writerProperties } from './properties.js'
import { defaultSettings } from './settings.js'

const settings = defaultSettings(['127.0.0.1:1'])

// First: once it is loaded, it is not loaded again.
test('without the package, the error says which part is missing and how to get it', async () => {
  await assert.rejects(
    loadKafka(() => Promise.reject(new Error("Cannot find package '@confluentinc/kafka-javascript'"))),
    (error) => {
      assert.ok(error instanceof WeirError)
      assert.equal(error.code, 'WEIR_MISSING_PART')
      assert.match(error.toLine(), /kafka-javascript.*npm run setup/)
      return true
    },
  )
})

test('what the configuration gives comes before the defaults, but not before a guarantee', () => {
  const changed = {
    ...settings,
    properties: { 'linger.ms': 5, 'isolation.level': 'read_uncommitted', acks: 1 },
    consumerProperties: { 'fetch.wait.max.ms': 7, 'group.id': 'x' },
  }
  const writer = writerProperties(changed, 3)
  assert.equal(writer['linger.ms'], 5)
  assert.equal(writer.acks, 'all')
  assert.equal(writer['transactional.id'], 'weir.cycle-3')
  const reader = readerProperties(changed)
  assert.equal(reader['fetch.wait.max.ms'], 7)
  assert.equal(reader['isolation.level'], 'read_committed')
  assert.equal(reader['group.id'], 'weir')
})

test('every property that Weir sets and no configuration may change is refused there', () => {
  const fixed = [
    ...Object.entries(changedBy(writerProperties(overriding(settings), 0))),
    ...Object.entries(changedBy(readerProperties(overriding(settings)))),
    ...Object.entries(changedBy(membershipProperties(overriding(settings)))),
  ]
  for (const [name] of fixed) {
    // Set by Weir after the configuration's own, so the configuration must be told that it has no say.
    if (!OF_NO_CONSEQUENCE.has(name)) assert.ok(refusalOf(name) !== undefined, name)
  }
})

const OF_NO_CONSEQUENCE = new Set(['queued.min.messages', 'queued.max.messages.kbytes'])

/** Settings whose own properties have a mark for every property that a client is given. */
function overriding(plain: typeof settings): typeof settings {
  const names = { ...writerProperties(plain, 0), ...readerProperties(plain), ...membershipProperties(plain) }
  return { ...plain, properties: Object.fromEntries(Object.keys(names).map((name) => [name, 'mark'])) }
}

function changedBy(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== 'mark'))
}

test('the client knows every property of Weir, and an unknown one is named', await needsKafka(), async () => {
  await checkKafkaSettings(settings)
  const unknown = { ...settings, consumerProperties: { 'fetch.weight.max.ms': 1 } }
  await assert.rejects(checkKafkaSettings(unknown), /'fetch\.weight\.max\.ms'/)
  const { Producer } = await loadKafka()
  const refuses = (property: string, value: string, message: RegExp) =>
    assert.throws(
      () => newClient((made) => new Producer(made), { [property]: value }, settings),
      (error) => {
        assert.ok(error instanceof WeirError)
        assert.equal(error.code, 'WEIR_CONFIG')
        assert.match(error.toLine(), message)
        assert.ok(!error.toLine().includes('hunter2'))
        return true
      },
    )
  refuses('lingre.ms', 'hunter2', /knows no property 'lingre\.ms'/)
  refuses('compression.type', 'hunter2', /'compression\.codec' has a value/)
  refuses('linger.ms', '-7', /'queue\.buffering\.max\.ms' has a value/)
})

test('an error of the client that names no property is told as it is', () => {
  assert.match(configurationError(new Error('no memory')).toLine(), /no memory/)
  assert.match(configurationError('text').toLine(), /text/)
})

test('a token is read with its expiry and principal; what is no token is refused without a word of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-token-'))
  const file = join(folder, 'token')
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')
  writeFileSync(file, `${part({ alg: 'none' })}.${part({ sub: 'weir', exp: 2_000_000_000 })}.\n`)
  const token = tokenOf(file)
  assert.deepEqual([token.principal, token.lifetime], ['weir', 2_000_000_000_000])
  const refused: readonly [string, RegExp][] = [
    ['', /empty/],
    ['hunter2', /not a JSON Web Token/],
    ['a.hunter2.c', /not a JSON Web Token/],
    [`a.${part({ sub: 'hunter2' })}.c`, /without an expiry/],
    ['x'.repeat(70_000), /too large/],
  ]
  for (const [text, message] of refused) {
    writeFileSync(file, text)
    assert.throws(
      () => tokenOf(file),
      (error) => {
        assert.ok(error instanceof WeirError)
        assert.match(error.toLine(), message)
        assert.ok(!error.toLine().includes('hunter2'))
        return true
      },
    )
  }
  rmSync(folder, { recursive: true })
  assert.throws(() => tokenOf(file), /ENOENT/)
})

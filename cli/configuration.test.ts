import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { withFolder } from '../tests/cli/weir-process.js'
import { root } from '../tests/house/repository.js'
import { type Configuration, loadConfiguration } from './configuration.js'
import { addRunFlags, type RunSettings, settingsOf } from './run-settings.js'

function configured(
  text: string,
  check: (configuration: Configuration, folder: string) => void,
): Promise<void> {
  return withFolder(async (folder) => {
    const file = join(folder, 'weir.yaml')
    writeFileSync(file, text)
    check(loadConfiguration(file), folder)
  })
}

/** The settings of a run with these flags. */
function settings(args: readonly string[]): RunSettings {
  let result: RunSettings | undefined
  const program = new Command().option('--log-level <level>')
  const run = addRunFlags(program.command('run')).action(() => {
    result = settingsOf(run, 'default-dir')
  })
  program.parse(['run', ...args], { from: 'user' })
  assert.ok(result)
  return result
}

test('the example of the documentation is a valid configuration, read in full', async () => {
  const [, example = ''] =
    /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs', 'cli.md'), 'utf8')) ?? []
  const variables = ['ANALYST_PASSWORD', 'KAFKA_KEY_PASSWORD', 'KAFKA_PASSWORD', 'REGISTRY_PASSWORD']
  for (const variable of variables) process.env[variable] = 'only for this test'
  await configured(example, (configuration, folder) => {
    assert.equal(configuration.dataDir, join(folder, 'data'))
    assert.equal(configuration.cycleMillis, 5_000)
    assert.equal(configuration.heartbeatMillis, 300_000)
    assert.equal(configuration.drainMillis, 900_000)
    assert.equal(configuration.snapshotEveryCycles, 2_000)
    assert.equal(configuration.logLevel, 'info')
    assert.equal(configuration.bankSeed, 7)
    const { mode, url, environment } = configuration.clickhouse
    assert.equal(mode, 'server')
    assert.equal(url, 'https://clickhouse.example:8443')
    assert.equal(environment.WEIR_CLICKHOUSE_USER, 'weir')
    assert.equal(environment.WEIR_CLICKHOUSE_PASSWORD_FILE, join(folder, 'secrets', 'writer'))
    assert.equal(environment.WEIR_CLICKHOUSE_ANALYST_USER, 'analyst')
    assert.equal(environment.WEIR_CLICKHOUSE_ANALYST_PASSWORD, 'only for this test')
    assert.deepEqual(configuration.kafka?.bootstrapServers, ['kafka-1.example:9093', 'kafka-2.example:9093'])
  })
  for (const variable of variables) delete process.env[variable]
})

test('a configuration that says nothing leaves everything to the defaults', async () => {
  for (const text of ['', '# dataDir: x\n', '\n\n']) {
    await configured(text, (configuration) => assert.equal(configuration.dataDir, undefined))
  }
})

test('flags come before the environment, the environment before the file, the file before the defaults', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'weir.yaml')
    mkdirSync(join(folder, 'data'))
    writeFileSync(
      file,
      'dataDir: data\nworkers: 3\nlog: { level: error }\nclickhouse: { mode: "off", user: fromFile }\n',
    )

    const plain = settings([])
    assert.deepEqual([plain.dataDir, plain.workers, plain.clickhouse.mode], ['default-dir', 2, 'embedded'])
    assert.deepEqual(plain.timing, {})

    const fromFile = settings(['--config', file])
    assert.deepEqual([fromFile.workers, fromFile.clickhouse.mode], [3, 'off'])
    assert.equal(fromFile.dataDir, join(folder, 'data'))
    assert.equal(fromFile.log.level, 'error')
    assert.equal(fromFile.clickhouse.environment.WEIR_CLICKHOUSE_USER, 'fromFile')

    process.env.WEIR_CLICKHOUSE_USER = 'fromEnvironment'
    process.env.WEIR_LOG = 'fatal'
    const fromEnvironment = settings(['--config', file])
    assert.equal(fromEnvironment.clickhouse.environment.WEIR_CLICKHOUSE_USER, 'fromEnvironment')
    assert.equal(fromEnvironment.log.level, 'fatal')
    delete process.env.WEIR_CLICKHOUSE_USER
    delete process.env.WEIR_LOG

    const url = 'http://127.0.0.1:8123'
    const fromFlags = settings([
      '--config',
      file,
      '--data-dir',
      'x',
      '--workers',
      '5',
      '--clickhouse-url',
      url,
    ])
    assert.deepEqual([fromFlags.dataDir, fromFlags.workers], ['x', 5])
    assert.deepEqual([fromFlags.clickhouse.mode, fromFlags.clickhouse.url], ['server', url])
  })
})

test('keys that contradict each other are told at their place', async () => {
  const mistakes: readonly [text: string, place: string, message: RegExp][] = [
    ['clickhouse:\n  mode: server\n', ':2:9', /without an address/],
    ['clickhouse:\n  url: http://x\n', ':2:8', /mode server only/],
    ['clickhouse: { mode: embedded, url: "http://x" }\n', ':1:36', /mode server only/],
    ['clickhouse:\n  passwordFile: a\n  passwordEnv: PATH\n', ':3:16', /exclude each other/],
    ['workers: 2\nworkers: 3\n', ':2:1', /unique/],
    ['workers: 0\n', ':1:10', /workers is '0', less than 1/],
    ['- a\n', ':1:1', /the configuration is a list or a map, not object/],
  ]
  for (const [text, place, message] of mistakes) {
    await withFolder(async (folder) => {
      const file = join(folder, 'weir.yaml')
      writeFileSync(file, text)
      assert.throws(
        () => loadConfiguration(file),
        (error) => {
          assert.ok(error instanceof WeirError)
          assert.equal(error.code, 'WEIR_CONFIG')
          assert.equal(error.place, `${file}${place}`)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }
})

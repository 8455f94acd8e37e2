import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { WeirError } from '../../pipeline/errors.js'
import { migrate } from './migrate.js'
import { withAnalyst } from './queries/analyst.js'
import { runSql } from './queries/sql.js'
import { openTarget } from './target.js'
import { engineMissing, silentLog, temporaryDirectory, withEngine } from './testing/engine.js'

const skip = engineMissing()
const directory = temporaryDirectory()
const base = { dataDir: join(directory.path, 'unused'), log: silentLog }

after(() => directory.remove())

async function failure(run: Promise<unknown>): Promise<WeirError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof WeirError, String(error))
  return error
}

test('a server by URL is migrated by one login and asked by another, passwords from environment or file', {
  skip,
}, async () => {
  await withEngine(async (embedded) => {
    const { url, login: writer } = embedded.writer()
    const { login: analyst } = embedded.analyst()
    const passwordFile = join(directory.path, 'password')
    writeFileSync(passwordFile, `${analyst.password}\n`, { mode: 0o600 })
    const environment = {
      WEIR_CLICKHOUSE_USER: writer.username,
      WEIR_CLICKHOUSE_PASSWORD: writer.password,
      WEIR_CLICKHOUSE_ANALYST_USER: analyst.username,
      WEIR_CLICKHOUSE_ANALYST_PASSWORD_FILE: passwordFile,
    }
    const target = await openTarget({ ...base, url, environment })
    assert.ok(!target.description.includes(writer.password))
    assert.ok((await migrate(target.writer())).length > 0)
    await target.close()
    const answer = await withAnalyst({ ...base, url, environment }, (session) =>
      runSql(session, "SELECT count() > 20 FROM system.tables WHERE database = 'weir'", 1),
    )
    assert.ok(answer.kind === 'table')
    assert.deepEqual(answer.rows, [[1]])
    const wrong = { ...environment, WEIR_CLICKHOUSE_PASSWORD: 'guess-of-mine' }
    const refused = await openTarget({ ...base, url, environment: wrong })
    const error = await failure(migrate(refused.writer()))
    assert.equal(error.code, 'WEIR_CLICKHOUSE')
    assert.ok(!error.toLine().includes('guess-of-mine'))
  })
})

test('a URL that is none, or that holds more than an address, is refused without repeating it', async () => {
  for (const url of [
    'host:8123',
    'ftp://host',
    'http://',
    'http://me:secret@host',
    'http://host?password=secret',
  ]) {
    const error = await failure(openTarget({ ...base, url, environment: {} }))
    assert.equal(error.code, 'WEIR_USAGE')
    assert.ok(!error.toLine().includes('secret'), error.toLine())
  }
})

test('missing logins and unreadable password files are named by their variables', async () => {
  const target = await openTarget({ ...base, url: 'http://127.0.0.1:9', environment: {} })
  assert.throws(() => target.writer(), /no login/)
  const unreadable = await openTarget({
    ...base,
    url: 'http://127.0.0.1:9',
    environment: {
      WEIR_CLICKHOUSE_USER: 'weir',
      WEIR_CLICKHOUSE_PASSWORD_FILE: join(directory.path, 'absent'),
    },
  })
  assert.throws(
    () => unreadable.writer(),
    (error: unknown) => error instanceof WeirError && error.place === 'WEIR_CLICKHOUSE_PASSWORD_FILE',
  )
})

test('a server that does not answer is told as such, and trying again can help', async () => {
  const environment = { WEIR_CLICKHOUSE_USER: 'weir', WEIR_CLICKHOUSE_PASSWORD: 'x' }
  const target = await openTarget({ ...base, url: 'http://127.0.0.1:9', environment })
  const error = await failure(migrate(target.writer()))
  assert.equal(error.code, 'WEIR_CLICKHOUSE')
  assert.equal(error.retry, 'backoff')
  assert.match(error.toLine(), /cannot be reached/)
})

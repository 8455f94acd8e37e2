import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@clickhouse/client'
import { WeirError } from '../../../pipeline/errors.js'
import { engineMissing, silentLog } from '../testing/engine.js'
import { EmbeddedServer } from './server.js'
import type { Login } from './users.js'

const skip = engineMissing()
let directory: string

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-engine-'))
})
after(() => rmSync(directory, { recursive: true, force: true }))

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A dead process whose new parent has not yet fetched its status still has a number.
    const isZombie = process.platform === 'linux' && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return !isZombie
  } catch {
    return false
  }
}

async function untilGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 500 && isAlive(pid); attempt++) await delay(20)
  return !isAlive(pid)
}

async function ask(server: EmbeddedServer, login: Login, query: string): Promise<string> {
  const client = createClient({ url: server.url, ...login })
  try {
    const result = await client.exec({ query })
    let text = ''
    for await (const chunk of result.stream) text += String(chunk)
    return text.trim()
  } finally {
    await client.close()
  }
}

async function askUntilAnswered(server: EmbeddedServer, query: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask(server, server.logins.writer, query)
    } catch (error) {
      if (attempt > 200) throw error
      await delay(50)
    }
  }
}

test('the writer writes, the analyst only reads, nobody else gets in', { skip }, async () => {
  const server = await EmbeddedServer.start({ directory: join(directory, 'users'), log: silentLog })
  const { writer, analyst } = server.logins
  try {
    await ask(server, writer, 'CREATE DATABASE weir')
    await ask(server, writer, 'CREATE TABLE weir.t (a Int64) ENGINE = MergeTree ORDER BY a')
    await ask(server, writer, 'INSERT INTO weir.t VALUES (7)')
    assert.equal(await ask(server, analyst, 'SELECT a FROM weir.t'), '7')
    const refused: [Login, string][] = [
      [analyst, 'INSERT INTO weir.t VALUES (8)'],
      [analyst, 'DROP TABLE weir.t'],
      [analyst, 'CREATE TABLE weir.u (a Int64) ENGINE = Memory'],
      [analyst, "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
      [analyst, "SELECT * FROM file('/etc/passwd', 'LineAsString')"],
      [analyst, 'SELECT 1 SETTINGS max_execution_time = 3600'],
      [analyst, 'SYSTEM SHUTDOWN'],
      [writer, "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
      [writer, 'CREATE DATABASE other'],
      [{ username: 'default', password: '' }, 'SELECT a FROM weir.t'],
      [{ username: 'default', password: '' }, 'SHOW TABLES FROM weir'],
      [{ username: 'analyst', password: 'guess' }, 'SELECT 1'],
    ]
    for (const [login, query] of refused) {
      if (query.startsWith('SHOW')) assert.equal(await ask(server, login, query), '')
      else await assert.rejects(ask(server, login, query), Error, `${login.username}: ${query}`)
    }
  } finally {
    await server.stop()
  }
  assert.ok(await untilGone(server.enginePid))
})

test('passwords are in one private file while it runs, and nowhere in the process list', {
  skip,
}, async () => {
  const home = join(directory, 'secrets')
  const server = await EmbeddedServer.start({ directory: home, log: silentLog })
  try {
    const { writer, analyst } = server.logins
    assert.equal(statSync(home).mode & 0o777, 0o700)
    const holders: string[] = []
    for (const file of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const path = join(home, file)
      if (!statSync(path).isFile()) continue
      const text = readFileSync(path, 'latin1')
      if (text.includes(writer.password) || text.includes(analyst.password)) holders.push(file)
    }
    assert.deepEqual(holders, ['connection.json'])
    assert.equal(statSync(join(home, 'connection.json')).mode & 0o777, 0o600)
    if (process.platform === 'linux') {
      for (const file of ['cmdline', 'environ']) {
        const text = readFileSync(`/proc/${server.enginePid}/${file}`, 'latin1')
        assert.equal(text.includes(writer.password) || text.includes(analyst.password), false)
      }
    }
  } finally {
    await server.stop()
  }
  assert.deepEqual(readdirSync(home), ['store'])
})

test('a second engine on the same directory is refused and disturbs nothing', { skip }, async () => {
  const home = join(directory, 'locked')
  const server = await EmbeddedServer.start({ directory: home, log: silentLog })
  try {
    await assert.rejects(
      EmbeddedServer.start({ directory: home, log: silentLog }),
      (error: unknown) =>
        error instanceof WeirError && error.code === 'WEIR_LOCKED' && /wait/.test(error.toLine()),
    )
    assert.equal(await ask(server, server.logins.writer, 'SELECT 1'), '1')
  } finally {
    await server.stop()
  }
})

test('a killed engine comes back on the same address with what was acknowledged', { skip }, async () => {
  const server = await EmbeddedServer.start({ directory: join(directory, 'killed'), log: silentLog })
  try {
    const { writer } = server.logins
    await ask(server, writer, 'CREATE DATABASE weir')
    await ask(server, writer, 'CREATE TABLE weir.t (a Int64) ENGINE = MergeTree ORDER BY a')
    await ask(server, writer, 'INSERT INTO weir.t SELECT arrayJoin(range(1000))')
    const { url, enginePid } = server
    process.kill(enginePid, 'SIGKILL')
    assert.ok(await untilGone(enginePid))
    assert.equal(await askUntilAnswered(server, 'SELECT count(), sum(a) FROM weir.t'), '1000\t499500')
    assert.equal(server.url, url)
    assert.notEqual(server.enginePid, enginePid)
  } finally {
    await server.stop()
  }
})

const PARENT = `
import { EmbeddedServer } from ${JSON.stringify(new URL('./server.js', import.meta.url).href)}
const log = { warn() {}, error() {} }
const server = await EmbeddedServer.start({ directory: process.argv[1], log })
process.stdout.write(server.enginePid + '\\n')
if (process.argv[2] === 'throw') throw new Error('a command that fails')
if (process.argv[2] === 'end') await undefined
else setInterval(() => {}, 1000)
`

for (const end of ['SIGKILL', 'SIGINT', 'SIGTERM', 'throw', 'end'] as const) {
  test(`no engine outlives its parent: ${end}`, { skip }, async () => {
    const parent = spawn(
      process.execPath,
      ['--input-type=module', '-e', PARENT, join(directory, `parent-${end}`), end],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const ended = new Promise((resolve) => parent.once('exit', resolve))
    const enginePid = await new Promise<number>((resolve, reject) => {
      parent.stdout.once('data', (data) => resolve(Number(String(data))))
      parent.once('exit', () => reject(new Error('the parent said nothing')))
    })
    assert.ok(enginePid > 0)
    if (end.startsWith('SIG')) parent.kill(end as NodeJS.Signals)
    await ended
    assert.ok(await untilGone(enginePid))
  })
}

test('a library that is no engine gives one clear error', { skip }, async () => {
  await assert.rejects(
    EmbeddedServer.start({
      directory: join(directory, 'broken'),
      log: silentLog,
      library: '/nonexistent.so',
    }),
    (error: unknown) => error instanceof WeirError && error.code === 'WEIR_CLICKHOUSE',
  )
})

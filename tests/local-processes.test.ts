import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { end, isAlive, signal, startDetached } from '../deploy/kafka/processes.mjs'

const folder = mkdtempSync(join(tmpdir(), 'weir-processes-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const options = { logFile: join(folder, 'log'), cwd: folder }
const sleeper = () => startDetached(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], options)

test('a process whose id was given to another is not touched', async () => {
  const target = sleeper()
  // As recorded for an earlier process with this id.
  const earlier = { ...target, started: `${target.started}0` }
  assert.equal(isAlive(earlier), false)
  assert.equal(signal(earlier, 'SIGKILL'), false)
  await end([earlier], 0)
  assert.equal(isAlive(target), true)
  // Where the system does not tell when a process began, nothing is ended.
  assert.equal(signal({ ...target, started: '' }, 'SIGKILL'), false)
  await end([target], 10_000)
  assert.equal(isAlive(target), false)
})

test('a process that ignores the request to end is killed after the grace', async () => {
  const code = "process.on('SIGTERM', () => {}); setTimeout(() => {}, 60000)"
  const target = startDetached(process.execPath, ['-e', code], options)
  await end([target], 2_000)
  assert.equal(isAlive(target), false)
})

test('a paused process ends when it is asked to', async () => {
  const target = sleeper()
  assert.equal(signal(target, 'SIGSTOP'), true)
  await end([target], 10_000)
  assert.equal(isAlive(target), false)
})

test('a program that does not exist is told at once', () => {
  assert.throws(() => startDetached(join(folder, 'nothing'), [], options), /cannot be started/)
})

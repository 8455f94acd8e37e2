/** The lock of a data directory: held by the living, taken from the dead, by one taker only. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { WeirError } from '../errors.js'
import { lockDataDirectory } from './data-directory.js'

let directory = ''
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-lock-'))
})
after(() => rmSync(directory, { recursive: true, force: true }))

const isLocked = (error: unknown) => error instanceof WeirError && error.code === 'WEIR_LOCKED'
/** No process has an id above the greatest that Linux can be set to. */
const DEAD = { pid: 2 ** 22 + 1, started: '1' }

test('a held lock is refused with the holder, and free after its release', async () => {
  const held = await lockDataDirectory(directory)
  await assert.rejects(lockDataDirectory(directory), (error) => {
    assert.ok(isLocked(error))
    assert.match((error as WeirError).toLine(), new RegExp(`process ${process.pid} is using`))
    return true
  })
  await held.release()
  await (await lockDataDirectory(directory)).release()
  assert.deepEqual(readdirSync(directory), [])
})

test('a lock left by a dead process, by another life of this id, or cut short is taken over', async () => {
  const left = [DEAD, { pid: process.pid, started: 'another life' }].map((holder) => JSON.stringify(holder))
  for (const text of [...left, '', '{"pid":']) {
    writeFileSync(join(directory, 'lock'), text)
    await (await lockDataDirectory(directory)).release()
    assert.deepEqual(readdirSync(directory), [])
  }
})

test('of many that find the same stale lock one gets it', async () => {
  writeFileSync(join(directory, 'lock'), JSON.stringify(DEAD))
  writeFileSync(join(directory, 'lock.takeover'), JSON.stringify(DEAD))
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDirectory(directory)))
  const won = tries.filter((one) => one.status === 'fulfilled')
  assert.equal(won.length, 1)
  for (const one of tries) if (one.status === 'rejected') assert.ok(isLocked(one.reason))
  await won[0].value.release()
})

test('what cannot be a data directory is refused in one line, and nothing waits for ever', async () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  for (const place of [file, join(file, 'below'), '/proc/weir-cannot-be-here']) {
    await assert.rejects(lockDataDirectory(place), (error) => {
      assert.ok(error instanceof WeirError && error.code === 'WEIR_INPUT')
      assert.ok(error.toLine().startsWith(`${place}: it `))
      return true
    })
  }
  rmSync(file)
})

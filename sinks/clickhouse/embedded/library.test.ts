import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { findEngineLibrary } from './library.js'

function failure(run: () => unknown): WeirError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof WeirError)
    return error
  }
  return assert.fail('expected an error')
}

test('a platform without an engine and an engine that is not installed say what to do', () => {
  const platform = failure(() => findEngineLibrary('aix', 'ppc64'))
  assert.equal(platform.code, 'WEIR_MISSING_PART')
  assert.match(platform.toLine(), /aix ppc64.*--clickhouse-url/)
  const missing = failure(() =>
    findEngineLibrary('linux', 'x64', () => {
      throw new Error('not found')
    }),
  )
  assert.equal(missing.code, 'WEIR_MISSING_PART')
  assert.match(missing.toLine(), /lib-linux-x64-gnu is not installed.*npm install/)
})

test('a package without the library in it counts as missing', () => {
  const missing = failure(() => findEngineLibrary('darwin', 'arm64', () => '/nonexistent/package.json'))
  assert.equal(missing.code, 'WEIR_MISSING_PART')
})

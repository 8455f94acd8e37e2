import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { read, root } from './repository.js'

const BOUND_MS = 60_000

function script(name: string): Promise<{ output: string; ok: boolean }> {
  return new Promise((done) => {
    const options = { cwd: root, timeout: BOUND_MS, env: { ...process.env, NODE_TEST_CONTEXT: undefined } }
    execFile(process.execPath, [join(root, 'scripts', name)], options, (error, stdout, stderr) =>
      done({ output: stdout + stderr, ok: error === null }),
    )
  })
}

test('set-up and build repeat nothing that is done', async () => {
  assert.deepEqual(await script('setup.mjs'), { output: 'set-up:   done\n', ok: true })
  assert.deepEqual(await script('build.mjs'), { output: 'build:    up to date\n', ok: true })
})

test('every script of the package is a file that exists, and versions are exact', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const scripts = Object.values(manifest.scripts ?? {}).filter((command) => command.startsWith('node '))
  assert.ok(scripts.length > 4)
  for (const command of scripts) assert.ok(read(command.replace('node ', '')).length > 0, command)
  const ranges = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/.test(version),
    ),
  )
  assert.deepEqual(ranges, [])
})

test('no package may run a script when it is installed', () => {
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m)
})

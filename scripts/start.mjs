/**
 * `npm start`: set-up and build where needed, then `weir demo` with the remaining arguments.
 *
 * Depends on Node alone; what it starts depends on the rest.
 */
import { join } from 'node:path'
import { build } from './build.mjs'
import { setUp } from './setup.mjs'
import { asScript, repository, run } from './steps.mjs'

// The day takes seconds; a demo that hangs must end by itself.
const DEMO_BOUND_MS = 15 * 60_000

await asScript(async () => {
  await setUp()
  await build()
  const args = [join(repository, 'bin', 'weir.mjs'), 'demo', ...process.argv.slice(2)]
  const result = await run(process.execPath, args, {
    cwd: process.cwd(),
    timeoutMs: DEMO_BOUND_MS,
    inherit: true,
  })
  return result.code ?? 1
})

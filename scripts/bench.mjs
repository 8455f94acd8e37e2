/**
 * `npm run bench [-- NAME]`: set-up and build where needed, then the benchmarks.
 *
 * Depends on Node alone; what it starts depends on the rest.
 */
import { join } from 'node:path'
import { build } from './build.mjs'
import { setUp } from './setup.mjs'
import { asScript, repository, run } from './steps.mjs'

const BENCH_BOUND_MS = 30 * 60_000

await asScript(async () => {
  await setUp()
  await build()
  const args = ['--expose-gc', join(repository, 'dist', 'benchmarks', 'main.js'), ...process.argv.slice(2)]
  const result = await run(process.execPath, args, { timeoutMs: BENCH_BOUND_MS, inherit: true })
  return result.code ?? 1
})

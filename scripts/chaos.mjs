/**
 * `npm run chaos [-- --minutes N --seed TEXT ...]`: set-up and build where needed, then the chaos on real brokers.
 *
 * Depends on Node alone; what it starts depends on the rest.
 */
import { join } from 'node:path'
import { build } from './build.mjs'
import { setUp } from './setup.mjs'
import { asScript, repository, run } from './steps.mjs'

// A run ends by itself minutes after its time is up; this only bounds one that hangs.
const CHAOS_BOUND_MS = 26 * 60 * 60_000

await asScript(async () => {
  await setUp()
  await build()
  // The audit keeps the whole journal of the run.
  const args = ['--max-old-space-size=4096', join(repository, 'dist', 'tests', 'chaos', 'main.js')]
  const result = await run(process.execPath, [...args, ...process.argv.slice(2)], {
    timeoutMs: CHAOS_BOUND_MS,
    inherit: true,
  })
  return result.code ?? 1
})

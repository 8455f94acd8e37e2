/** A run over the folder `day` of a test, with its data in `data`, that goes on while people command it. For tests only. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { weir } from './weir-process.js'

interface RunOptions {
  readonly end?: 'SIGTERM' | 'SIGKILL'
  /** Further lines of its configuration. */
  readonly config?: string
}

/** A run that follows, for as long as `use` takes; then it is told to end, or killed. */
export async function withRun<T>(
  folder: string,
  use: () => Promise<T>,
  { end = 'SIGTERM', config = '' }: RunOptions = {},
): Promise<T> {
  let child: ChildProcess | undefined
  writeFileSync(join(folder, 'weir.yaml'), `cycleMillis: 200\nworkers: 1\n${config}`)
  const running = weir(
    [
      'run',
      '--input',
      'day',
      '--data-dir',
      'data',
      '--config',
      'weir.yaml',
      '--no-clickhouse',
      '--follow',
      '--json',
    ],
    {
      cwd: folder,
      // It lives as long as the commands of its test, each a process of its own.
      boundMs: 900_000,
      onStart: (started) => {
        child = started
      },
    },
  )
  const untilMs = performance.now() + 60_000
  while (!existsSync(join(folder, 'data', 'commands')) && performance.now() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, 50))
  try {
    return await use()
  } finally {
    child?.kill(end)
    const outcome = await running
    assert.equal(outcome.code, end === 'SIGTERM' ? 0 : null, outcome.stderr)
  }
}

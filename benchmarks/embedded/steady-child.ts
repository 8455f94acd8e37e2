/**
 * The process of the steady load: `node --expose-gc steady-child.js MINUTES` runs one group live at 20,000 events a second, and
 * prints what the process holds after each few seconds, as lines of JSON.
 *
 * A process of its own, so that nothing of another benchmark is in its memory. Depends on the live group and its load.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import { LiveGroup } from '../live-group.js'
import { Generator, LiveTarget } from '../live-load.js'
import { CHANNEL, type WorkerMemory } from './observed-agent.js'

/** One line of output. */
export interface MemorySample {
  readonly seconds: number
  readonly events: number
  readonly rssBytes: number
  /** Heap of the main thread after a forced collection. */
  readonly heapBytes: number
  readonly worker: WorkerMemory
  readonly latency: { readonly count: number; readonly p50: number; readonly p99: number }
}

const RATE = 20_000
/** As few as a treasury sends in a busy minute: the agent keeps final instructions for a day, which is no leak. */
const INSTRUCTIONS_PER_SECOND = 1
const SLICE_SECONDS = 5

async function main(minutes: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-steady-'))
  const holder: { live?: LiveTarget } = {}
  const load = new Generator(() => holder.live!, INSTRUCTIONS_PER_SECOND)
  const agent = new URL('./observed-agent.js', import.meta.url).href
  const group = await LiveGroup.start(join(directory, 'journal'), load.released, agent)
  holder.live = new LiveTarget(group)
  const channel = new BroadcastChannel(CHANNEL)
  let worker: WorkerMemory | undefined
  channel.onmessage = (event) => {
    worker = (event as { readonly data: WorkerMemory }).data
  }
  const started = performance.now()
  for (let events = 0; performance.now() - started < minutes * 60_000; ) {
    const micros: number[] = []
    await load.run(RATE, SLICE_SECONDS, micros)
    events += RATE * SLICE_SECONDS
    if (worker !== undefined) tell(started, events, worker, micros)
  }
  channel.close()
  await group.stop()
  rmSync(directory, { recursive: true, force: true })
}

function tell(started: number, events: number, worker: WorkerMemory, micros: number[]): void {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  micros.sort((a, b) => a - b)
  const at = (share: number) => micros[Math.min(micros.length - 1, Math.floor(share * micros.length))] ?? 0
  const sample: MemorySample = {
    seconds: (performance.now() - started) / 1000,
    events,
    rssBytes: rss,
    heapBytes: heapUsed,
    worker,
    latency: { count: micros.length, p50: at(0.5), p99: at(0.99) },
  }
  process.stdout.write(`${JSON.stringify(sample)}\n`)
}

await main(Number(process.argv[2]))

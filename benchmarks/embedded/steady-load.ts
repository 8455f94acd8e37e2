/**
 * Memory under steady load: 20,000 events a second for minutes, in a process of its own (`steady-child.ts`).
 *
 * Growth is the slope of a line through the samples of the last four fifths: before that, caches and the sets of known
 * ids fill up to their bounds. A sample of the table is an instruction's latency, as the load goes on.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Scenario } from '../harness.js'
import type { MemorySample } from './steady-child.js'

const MIB = 2 ** 20
/** Samples before this share of the time do not count. */
const WARM_UP_SHARE = 0.2
/** Fewer give no line. */
const LEAST_SAMPLES = 3

export function steadyLoad(minutes: number): Scenario {
  const notes: string[] = []
  return {
    name: 'embedded-steady',
    family: 'embedded',
    measures: `five seconds of 20,000 events a second for ${minutes} minutes: median latency of their instructions`,
    warmUpRounds: 0,
    rounds: 1,
    async contenders() {
      return {
        list: [
          {
            name: 'weir, one group on one worker',
            role: 'weir',
            async round(samples) {
              const held = await run(minutes)
              samples.push(...held.map(({ latency }) => latency.p50))
              notes.push(...growthNotes(held))
            },
          },
        ],
        notes,
      }
    },
  }
}

/** Runs the child to its end; gives what it told. */
async function run(minutes: number): Promise<MemorySample[]> {
  const script = fileURLToPath(new URL('./steady-child.js', import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', script, String(minutes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
  const samples: MemorySample[] = []
  for await (const line of createInterface({ input: child.stdout })) samples.push(JSON.parse(line))
  const code = await ended
  if (code !== 0) throw new Error(`the process of the steady load ended with code ${code}`)
  return samples
}

function growthNotes(samples: readonly MemorySample[]): string[] {
  const last = samples[samples.length - 1]
  if (last === undefined) return ['Too short: the worker told nothing.']
  const warm = samples.filter(({ seconds }) => seconds >= WARM_UP_SHARE * last.seconds)
  const parts: readonly [string, (sample: MemorySample) => number][] = [
    ['resident set', ({ rssBytes }) => rssBytes],
    ['heap of the main thread', ({ heapBytes }) => heapBytes],
    ['heap of the worker', ({ worker }) => worker.heapBytes],
    ['array buffers of the worker', ({ worker }) => worker.bufferBytes],
    ['WebAssembly memory', ({ worker }) => worker.wasmBytes],
  ]
  const rows = parts.map(([name, bytes]) => {
    const values = warm.map(bytes)
    const range = `${mib(Math.min(...values))} to ${mib(Math.max(...values))} MiB`
    const slope =
      warm.length < LEAST_SAMPLES ? 'too short for a slope' : `${perMinute(warm, bytes)} MiB a minute`
    return `${name}: ${range}, ${slope}`
  })
  return [
    `${last.events} events in ${Math.round(last.seconds)} s (${Math.round(last.events / last.seconds)} a second); ` +
      `of ${warm.length} samples after forced collections, from ${Math.round(warm[0].seconds)} s on:`,
    ...rows,
  ]
}

/** Slope of the line with the least squares. */
function perMinute(samples: readonly MemorySample[], bytes: (sample: MemorySample) => number): string {
  const meanX = mean(samples.map(({ seconds }) => seconds))
  const meanY = mean(samples.map(bytes))
  let [products, squares] = [0, 0]
  for (const sample of samples) {
    products += (sample.seconds - meanX) * (bytes(sample) - meanY)
    squares += (sample.seconds - meanX) ** 2
  }
  return (((products / squares) * 60) / MIB).toFixed(3)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}

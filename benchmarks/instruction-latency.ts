/**
 * From an event's due time to the release of the instruction it causes, embedded, with fsync, at a given rate.
 *
 * Twenty events a second make an account short and cause a transfer; the others only change balances (`live-load.ts`).
 * Peer: the plain way to do the same in one thread with libraries (`plain-pipeline.ts`), at the lower rate.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, Scenario } from './harness.js'
import { LiveGroup } from './live-group.js'
import { Generator, LiveTarget } from './live-load.js'
import { PlainPipeline } from './plain-pipeline.js'

function contender(name: string, role: Contender['role'], rate: number, generator: Generator): Contender {
  return { name, role, round: (samples) => generator.run(rate, 1, samples) }
}

export const instructionLatency: Scenario = {
  name: 'instruction-latency',
  family: 'embedded',
  measures:
    'from an event being due to its instruction released, journal with fsync, one group on one worker',
  warmUpRounds: 2,
  rounds: 10,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
    const holder: { live?: LiveTarget; plain?: PlainPipeline } = {}
    const weir = new Generator(() => holder.live!)
    const plain = new Generator(() => holder.plain!)
    const group = await LiveGroup.start(join(directory, 'live'), weir.released)
    holder.live = new LiveTarget(group)
    holder.plain = await PlainPipeline.start(join(directory, 'plain.jsonl'), plain.released)
    return {
      list: [
        contender('weir, 2,000 events/s', 'weir', 2_000, weir),
        contender('weir, 20,000 events/s', 'peer', 20_000, weir),
        contender('plain pipeline, 2,000 events/s', 'peer', 2_000, plain),
      ],
      notes: [
        'Plain pipeline: avsc, HiGHS WASM kept warm, JSON lines with fdatasync; no deduplication, gate or proof.',
      ],
      async close() {
        await group.stop()
        await holder.plain!.stop()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}

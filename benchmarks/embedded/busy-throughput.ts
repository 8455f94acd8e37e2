/**
 * A busy stretch of a day (`busy-stretch.ts`) through the embedded engine, as fast as it goes: decode, cycle, journal with
 * fsync, state, decisions, simulated bank. One sample is the mean time of an event over one run, start-up included.
 *
 * Peers read the same files in one thread: a bare loop of Weir's own decoder with a map and an append-only file, as the
 * least that must be done; and the plain way with libraries. Neither merges, deduplicates, decides or proves.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport } from '../../pipeline/runtime/engine/report.js'
import type { RunOptions } from '../../pipeline/runtime/engine/run-options.js'
import { runDay } from '../../pipeline/runtime/engine.js'
import { SimulatedBank } from '../../sandbox/bank/simulated-bank.js'
import { SIMULATED_VENUE } from '../../sandbox/day/reference-data.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import { type Contender, nowMicros, type Scenario } from '../harness.js'
import { bareLoop, plainLoop } from './busy-peers.js'
import { writeBusyStretch } from './busy-stretch.js'

const STRETCH = { seed: 7, paymentsPerSecond: 20_000, seconds: 100 }
const WORKERS = 2

/** From this share of the records on a run counts as warm: all threads have compiled what they use. */
const WARM_SHARE = 0.25

interface Mark {
  readonly inputs: number
  readonly micros: number
  readonly processor: NodeJS.CpuUsage
}

function markAt(inputs: number): Mark {
  return { inputs, micros: nowMicros(), processor: process.cpuUsage() }
}

/** What passed since the mark, an event: of the clock and of all processors, microseconds. */
function since(mark: Mark, inputs: number): { micros: number; processorMicros: number } {
  const { user, system } = process.cpuUsage(mark.processor)
  const events = inputs - mark.inputs
  return { micros: (nowMicros() - mark.micros) / events, processorMicros: (user + system) / events }
}

type Run = (onProgress: NonNullable<RunOptions['onProgress']>) => Promise<RunReport>

/** One run of the engine; gives the mean time of an event and renews the note of this name. */
async function measure(events: number, run: Run, notes: string[], name: string): Promise<number> {
  const begin = markAt(0)
  let warm: Mark | undefined
  const report = await run((_fraction, { inputs }) => {
    if (inputs >= WARM_SHARE * events) warm ??= markAt(inputs)
  })
  const whole = since(begin, events)
  const rest = since(warm ?? begin, events)
  const { acted, nothingToDo, refused } = report.decisions
  const decisions = acted + nothingToDo + refused
  const note =
    `${name}, last run: ${Math.round(1e6 / whole.micros)} events a second, ${whole.processorMicros.toFixed(2)} us of processor time an event; ` +
    `without the first quarter, which compiles: ${Math.round(1e6 / rest.micros)} and ${rest.processorMicros.toFixed(2)} us. ` +
    `${report.cycles} cycles, ${decisions} decisions (one for ${Math.round(events / decisions)} events), ` +
    `${report.instructions.total} instructions, ${Math.round(report.journal.bytes / 1e6)} MB of journal in ${report.journal.fsyncs} fsyncs.`
  const held = notes.findIndex((one) => one.startsWith(`${name}, last run`))
  if (held < 0) notes.push(note)
  else notes[held] = note
  return whole.micros
}

export const embeddedBusy: Scenario = {
  name: 'embedded-busy',
  family: 'embedded',
  measures:
    'one event of a busy stretch (20,000 payments a second in four groups), everything included; 1,000,000 / p50 is events a second',
  warmUpRounds: 0,
  rounds: 3,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
    const input = join(directory, 'input')
    const events = writeBusyStretch(input, STRETCH)
    const optimizer = await compileOptimizer()
    const notes = [
      `${events} records, of which 0.3 % come twice and 2 % late; quotes go to all groups. The peers neither merge, deduplicate nor decide.`,
    ]
    const weir = (name: string, role: Contender['role'], cycleMillis: number): Contender => ({
      name,
      role,
      async round(samples) {
        const dataDir = join(directory, `run-${cycleMillis}`)
        const run: Run = (onProgress) =>
          runDay({
            onProgress,
            inputDir: input,
            dataDir,
            cycleMillis,
            workers: WORKERS,
            agentModule: new URL('../../pipeline/agent.js', import.meta.url),
            optimizer,
            venues: [new SimulatedBank({ venueId: SIMULATED_VENUE, seed: STRETCH.seed })],
          })
        samples.push(await measure(events, run, notes, name))
        rmSync(dataDir, { recursive: true, force: true })
      },
    })
    const peer = (name: string, loop: (input: string, file: string) => Promise<number>): Contender => ({
      name,
      role: 'peer',
      async round(samples) {
        const file = join(directory, 'peer')
        const before = nowMicros()
        const records = await loop(input, file)
        samples.push((nowMicros() - before) / records)
        rmSync(file, { force: true })
      },
    })
    return {
      list: [
        weir('weir, cycles of 1 s', 'weir', 1_000),
        weir('weir, cycles of 5 s', 'peer', 5_000),
        peer('bare loop: own decoder, a map, append with fdatasync', bareLoop),
        peer('plain loop: avsc, a map, JSON lines with fdatasync', plainLoop),
      ],
      notes,
      close: () => rmSync(directory, { recursive: true, force: true }),
    }
  },
}

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
import { runDay } from '../../pipeline/runtime/engine.js'
import { SimulatedBank } from '../../sandbox/bank/simulated-bank.js'
import { SIMULATED_VENUE } from '../../sandbox/day/reference-data.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import { type Contender, nowMicros, type Scenario } from '../harness.js'
import { bareLoop, plainLoop } from './busy-peers.js'
import { writeBusyStretch } from './busy-stretch.js'

const STRETCH = { seed: 7, paymentsPerSecond: 20_000, seconds: 100 }
const WORKERS = 2

interface Measured {
  readonly micros: number
  readonly processorMicros: number
}

/** One run of the day's engine; gives the mean time of an event, of the clock and of all processors. */
async function measure(events: number, run: () => Promise<RunReport>, notes: string[], name: string) {
  const processor = process.cpuUsage()
  const before = nowMicros()
  const report = await run()
  const micros = (nowMicros() - before) / events
  const { user, system } = process.cpuUsage(processor)
  const note = noteOf(name, report, { micros, processorMicros: (user + system) / events })
  const held = notes.findIndex((one) => one.startsWith(name))
  if (held < 0) notes.push(note)
  else notes[held] = note
  return micros
}

function noteOf(name: string, report: RunReport, { micros, processorMicros }: Measured): string {
  const { acted, nothingToDo, refused } = report.decisions
  const decisions = acted + nothingToDo + refused
  const events = report.inputs + report.executions
  return (
    `${name}, last run: ${Math.round(1e6 / micros)} events a second, ${processorMicros.toFixed(2)} us of processor time an event; ` +
    `${report.cycles} cycles, ${decisions} decisions (one for ${Math.round(events / decisions)} events), ` +
    `${report.instructions.total} instructions, ${Math.round(report.journal.bytes / 1e6)} MB of journal in ${report.journal.fsyncs} fsyncs.`
  )
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
        const run = () =>
          runDay({
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

/**
 * A whole simulated day through the embedded engine, as fast as it goes: decode, cycle, journal with fsync, state,
 * decisions, simulated bank. One sample is the mean time of an event over one run.
 *
 * Peer: avsc's own file decoder reading the same files into objects and doing nothing with them: a floor for whoever
 * builds on it, not an equal.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avro from 'avsc'
import { runDay } from '../pipeline/runtime/engine.js'
import { SimulatedBank } from '../sandbox/bank/simulated-bank.js'
import { generateDay } from '../sandbox/day/day.js'
import { SIMULATED_VENUE } from '../sandbox/day/reference-data.js'
import { examplePolicies, writeDay } from '../sandbox/day/write-day.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'

const SEED = 7
const SCALE = 3

function weir(
  input: string,
  directory: string,
  events: number,
  optimizer: Awaited<ReturnType<typeof compileOptimizer>>,
) {
  let run = 0
  return async (): Promise<number> => {
    const dataDir = join(directory, `run-${run++}`)
    const before = nowMicros()
    await runDay({
      inputDir: input,
      dataDir,
      agentModule: new URL('../pipeline/agent.js', import.meta.url),
      optimizer,
      venues: [new SimulatedBank({ venueId: SIMULATED_VENUE, seed: SEED })],
    })
    const micros = (nowMicros() - before) / events
    rmSync(dataDir, { recursive: true, force: true })
    return micros
  }
}

async function readAll(input: string): Promise<number> {
  let records = 0
  for (const stream of readdirSync(input)) {
    for (const file of readdirSync(join(input, stream))) records += await readFile(join(input, stream, file))
  }
  return records
}

/** Records of a file; reading ends where avsc meets a record that it cannot decode. */
function readFile(path: string): Promise<number> {
  return new Promise((resolve) => {
    let records = 0
    avro
      .createFileDecoder(path)
      .on('data', () => {
        records++
      })
      .on('error', () => resolve(records))
      .on('end', () => resolve(records))
  })
}

export const embeddedThroughput: Scenario = {
  name: 'embedded-throughput',
  family: 'embedded',
  measures: 'one event of a simulated day, everything included; 1,000,000 / p50 is events a second',
  warmUpRounds: 1,
  rounds: 3,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
    const input = join(directory, 'input')
    const day = generateDay({ seed: SEED, date: '2026-03-18', scale: SCALE, policies: examplePolicies() })
    writeDay(input, day)
    const events = day.files.reduce((sum, file) => sum + file.records.length, 0)
    const run = weir(input, directory, events, await compileOptimizer())
    const contender = (name: string, role: Contender['role'], once: () => Promise<number>): Contender => ({
      name,
      role,
      round: async (samples) => void samples.push(await once()),
    })
    return {
      list: [
        contender('weir, 4 groups, 2 workers', 'weir', run),
        contender('avsc reading alone', 'peer', async () => {
          const before = nowMicros()
          const records = await readAll(input)
          return (nowMicros() - before) / records
        }),
      ],
      notes: [`${events} events, seed ${SEED}; the peer neither journals nor decides.`],
      close: () => rmSync(directory, { recursive: true, force: true }),
    }
  },
}

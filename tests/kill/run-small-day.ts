/**
 * The process that the kill test kills: `node run-small-day.js INPUT DATA WORKERS` runs the day with agent and simulated bank, and
 * prints digests and totals as one line of JSON.
 *
 * `WEIR_TEST_CRASH` (see pipeline/runtime/crash-points.ts) makes it die at a place.
 */
import { runDay } from '../../pipeline/runtime/engine.js'
import { SimulatedBank } from '../../sandbox/bank/simulated-bank.js'
import { SIMULATED_VENUE } from '../../sandbox/day/reference-data.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'

const [, , inputDir = '', dataDir = '', workers = '2'] = process.argv
const report = await runDay({
  inputDir,
  dataDir,
  workers: Number(workers),
  agentModule: new URL('../../pipeline/agent.js', import.meta.url),
  optimizer: await compileOptimizer(),
  venues: [new SimulatedBank({ venueId: SIMULATED_VENUE, seed: 7 })],
  identity: { venueSeed: 7 },
  // Wide cells, so that the day has a few hundred cycles; small segments and frequent snapshots, so that each is met.
  cycleMillis: 1_200_000,
  heartbeatMillis: 2_400_000,
  snapshotEveryCycles: 10,
  segmentBytes: 250_000,
})
const { inputs, executions, cycles, decisions, instructions, deadLetters, stateDigest, decisionDigest } =
  report
const told = { inputs, executions, cycles, decisions, instructions, deadLetters, stateDigest, decisionDigest }
process.stdout.write(
  `${JSON.stringify({ ...told, replayedCycles: report.replayedCycles, notices: report.notices })}\n`,
)

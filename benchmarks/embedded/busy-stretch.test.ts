/** The busy stretch is input that the engine takes as it is: every record counted, none refused, the repeated ones known. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runDay } from '../../pipeline/runtime/engine.js'
import { SimulatedBank } from '../../sandbox/bank/simulated-bank.js'
import { SIMULATED_VENUE } from '../../sandbox/day/reference-data.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import { bareLoop, plainLoop } from './busy-peers.js'
import { writeBusyStretch } from './busy-stretch.js'

const folder = mkdtempSync(join(tmpdir(), 'weir-busy-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('every record of the stretch is used, and the peers read the same payments', async () => {
  const input = join(folder, 'input')
  const stretch = { seed: 7, paymentsPerSecond: 2_000, seconds: 2 }
  const records = writeBusyStretch(input, stretch)
  const report = await runDay({
    inputDir: input,
    dataDir: join(folder, 'data'),
    cycleMillis: 1_000,
    agentModule: new URL('../../pipeline/agent.js', import.meta.url),
    optimizer: await compileOptimizer(),
    venues: [new SimulatedBank({ venueId: SIMULATED_VENUE, seed: 7 })],
  })
  assert.equal(report.inputs, records)
  assert.equal(report.deadLetters, 0)
  const duplicates = report.groups.reduce((sum, { counters }) => sum + (counters['input:duplicate'] ?? 0), 0)
  const payments = await bareLoop(input, join(folder, 'bare'))
  assert.equal(payments, stretch.paymentsPerSecond * stretch.seconds + duplicates)
  assert.equal(await plainLoop(input, join(folder, 'plain')), payments)
  const decisions = report.decisions.acted + report.decisions.nothingToDo + report.decisions.refused
  assert.ok(decisions > 0 && decisions < records)
})

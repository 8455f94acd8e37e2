/**
 * `weir replay`: rebuilds a run from its journal alone and compares every result. Depends on commander, the configuration and the runtime.
 */
import type { Command } from 'commander'
import { type ReplayReport, replay } from '../pipeline/runtime/replay.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { loadConfiguration } from './configuration.js'
import { EXIT } from './failure.js'
import { CONFIG_FLAG, DEMO_DATA_DIR, wholeNumber } from './flags.js'
import { createLog, type LogLevel } from './log.js'
import { printJson, printText } from './output.js'

interface ReplayFlags {
  readonly dataDir?: string
  readonly config?: string
  readonly workers?: number
  readonly logLevel?: LogLevel
  readonly json?: boolean
}

export function register(program: Command): void {
  program
    .command('replay')
    .description('rebuild a run from its journal and prove that the same decisions come out')
    .option('--data-dir <dir>', 'data directory of the run')
    .option(...CONFIG_FLAG)
    .option('--workers <n>', 'stage workers; no result depends on it', wholeNumber('--workers', 1, 64))
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The data directory is ${DEMO_DATA_DIR} unless given. Ends with exit code 3 when a result differs from the journaled one.`,
    )
    .action(run)
}

async function run(_flags: ReplayFlags, command: Command): Promise<void> {
  const { dataDir, config, workers, logLevel, json } = command.optsWithGlobals<ReplayFlags>()
  const file = loadConfiguration(config)
  const report = await replay({
    dataDir: dataDir ?? file.dataDir ?? DEMO_DATA_DIR,
    workers: workers ?? file.workers ?? 2,
    agentModule: new URL('../pipeline/agent.js', import.meta.url),
    optimizer: await compileOptimizer(),
    logger: createLog(logLevel, file.logLevel),
  })
  if (json === true) printJson(report)
  else printText(describe(report))
  process.exitCode = report.identical ? EXIT.ok : EXIT.different
}

function describe(report: ReplayReport): string {
  const verdict = report.identical ? 'identical' : 'DIFFERENT'
  const cycles = report.cycles.toLocaleString('en-US')
  const rate = Math.round(report.cyclesPerSecond).toLocaleString('en-US')
  const lines = [
    `${verdict}: ${cycles} cycles in ${report.seconds.toFixed(1)} s (${rate} cycles/s)`,
    `state digest     ${report.stateDigest}`,
    `decision digest  ${report.decisionDigest}`,
  ]
  if (!report.finished) lines.push('the run had not come to its end: final digests were not compared')
  if (report.firstDifference !== undefined)
    lines.push(`first difference: ${JSON.stringify(report.firstDifference)}`)
  return lines.join('\n')
}

/**
 * `weir bench resolve`: how fast a model is re-solved after changes, with a peer beside it.
 * Depends on the optimizer's host and on the measuring in bench/.
 */
import { type Command, Option } from 'commander'
import { readChangeFile } from '../wasm-core/host/changes/change-stream.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { LinearProgram } from '../wasm-core/host/linear-program.js'
import type { MpsFormat, MpsModel } from '../wasm-core/host/mps/mps-model.js'
import { loadHighs } from '../wasm-core/host/peers/highs.js'
import { HighsContender } from './bench/highs-contender.js'
import { describeResolve, exitCodeOf, resolveDocument } from './bench/resolve-document.js'
import { runStream } from './bench/run-stream.js'
import { type Answers, WeirContender } from './bench/weir-contender.js'
import { required, wholeNumber } from './flags.js'
import { letSignalsEndTheProcess } from './interruption.js'
import { printJson, printText } from './output.js'
import { addMpsFlags, load, readModel } from './solve.js'

const STEPS_MAX = 100_000
const PEER_NAME = 'HiGHS WASM, warm'

interface ResolveFlags {
  readonly model?: string
  readonly stream?: string
  readonly peer?: 'highs'
  readonly answers: Answers
  readonly warmUpSteps: number
  readonly steps?: number
  readonly format?: MpsFormat
  readonly relaxIntegers?: boolean
  readonly json?: boolean
}

export function register(program: Command): void {
  const bench = program.command('bench').description('measure the optimizer')
  const command = bench
    .command('resolve')
    .description('time warm re-solves of one model over a stream of changes')
    .option('--model <file>', 'needed: MPS file')
    .option('--stream <file>', 'needed: one step of changes a line, NDJSON')
    .addOption(
      new Option('--peer <peer>', 'what to measure beside it, in turns, in this process').choices(['highs']),
    )
    .addOption(
      new Option(
        '--answers <kind>',
        'fast: as the iterations left them; canonical: the same bits on every path',
      )
        .choices(['fast', 'canonical'])
        .default('canonical'),
    )
    .option('--steps <n>', 'only so many steps of the stream', wholeNumber('--steps', 1, STEPS_MAX))
    .option(
      '--warm-up-steps <n>',
      'least steps to throw away first, in whole passes',
      wholeNumber('--warm-up-steps', 0, STEPS_MAX),
      2_000,
    )
  addMpsFlags(command).option('--json', 'print one JSON document').addHelpText('after', HELP).action(resolve)
}

const HELP = `
A step's time holds its changes, the solve, and reading objective, all primal values and all duals.

Exit codes of this command: 0 measured, 3 the peer's answers differ, 6 a step ended in numerical failure.

Example:
  $ weir bench resolve --model rebal_32.mps --stream rebal_32_tick.ndjson --peer highs
Docs: docs/cli.md#measuring-re-solves`

async function resolve(flags: ResolveFlags): Promise<void> {
  letSignalsEndTheProcess()
  const file = required(flags.model, '--model', 'weir bench resolve')
  const stream = required(flags.stream, '--stream', 'weir bench resolve')
  const mps = readModel(file, flags)
  const { rows, columns } = mps.model
  const steps = readChangeFile(stream, { rows, columns, maximize: mps.maximize }).slice(0, flags.steps)
  const contenders = [await weirContender(mps, file, flags.answers)]
  const peers = flags.peer === undefined ? [] : [new HighsContender(await loadHighs(), mps.model)]
  const run = runStream([...contenders, ...peers], steps, flags.warmUpSteps)
  for (const peer of peers) peer.dispose()
  const peerName = flags.peer === undefined ? undefined : PEER_NAME
  const document = resolveDocument(run, { mps, answers: flags.answers, peerName })
  if (flags.json === true) printJson(document)
  else printText(describeResolve(document))
  process.exitCode = exitCodeOf(document)
}

async function weirContender(mps: MpsModel, file: string, answers: Answers): Promise<WeirContender> {
  const { module } = await compileOptimizer()
  const program = LinearProgram.instantiate(module)
  // Here, so that a model beyond the optimizer's limits is told before anything is measured.
  load(program, mps, file)
  return new WeirContender(program, mps.model, answers)
}

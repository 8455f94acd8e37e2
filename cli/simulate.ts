/**
 * `weir simulate`: the distributed runtime in a simulated world that goes wrong, seed by seed.
 * Depends on the simulator of the sandbox and on commander.
 */
import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { FAULT_KINDS, type Fault, type FaultKind, parseFaults } from '../sandbox/simulator/faults.js'
import { PLANTED_BUG_VARIABLE, parsePlantedBug } from '../sandbox/simulator/planted-bugs.js'
import { type AgentChoice, type Finding, Simulator } from '../sandbox/simulator/simulate.js'
import type { SimulationResult } from '../sandbox/simulator/world.js'
import { EXIT } from './failure.js'
import { wholeNumber } from './flags.js'
import { letSignalsEndTheProcess } from './interruption.js'
import { note, printJson, printText } from './output.js'

const SEED_MOST = 2 ** 32
/** Shortening a fault list takes up to two minutes; the first finds tell most. */
const FINDINGS_SHORTENED_MOST = 3
const PROGRESS_EVERY_MS = 5_000

interface SimulateFlags {
  readonly seeds: string
  readonly seed?: number
  readonly faults: string
  readonly only?: string
  readonly faultList?: string
  readonly agent: AgentChoice
  readonly trace?: boolean
  readonly json?: boolean
}

export function register(program: Command): void {
  program
    .command('simulate')
    .description('run the distributed runtime in a simulated world that goes wrong, and check what must hold')
    .option('--seeds <from..to>', 'one simulation for each seed', '1..200')
    .option('--seed <n>', 'this seed alone', wholeNumber('--seed', 0, SEED_MOST))
    .option('--faults <kinds>', 'all, none, or kinds with commas between them', 'all')
    .option('--only <json>', 'these faults instead of those of the seed, as printed for a find')
    .option('--fault-list <file>', 'the same from a file')
    .addOption(
      new Option('--agent <agent>', 'production: what ships; stand-in: a small one, for many seeds')
        .choices(['production', 'stand-in'])
        .default('production'),
    )
    .option('--trace', 'tell on standard error what happens, for one seed')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `\nKinds of faults: ${FAULT_KINDS.join(', ')}.\n` +
        '\nExamples:\n  $ weir simulate --seeds 1..20\n  $ weir simulate --seed 7 --faults crash,pause --trace\n' +
        '\nA broken invariant ends the command with code 3.',
    )
    .action(simulate)
}

async function simulate(flags: SimulateFlags): Promise<void> {
  const [from, to] = flags.seed === undefined ? parseSeeds(flags.seeds) : [flags.seed, flags.seed]
  const faults = givenFaults(flags)
  if (flags.trace === true && from !== to)
    throw new WeirError('WEIR_USAGE', 'a trace of many seeds tells nothing', {
      place: '--trace',
      remedy: 'give one seed with --seed',
    })
  letSignalsEndTheProcess()
  const planted = parsePlantedBug(process.env[PLANTED_BUG_VARIABLE])
  const kinds = parseKinds(flags.faults)
  const { agent } = flags
  const trace = flags.trace === true ? note : undefined
  const quiet = await Simulator.create({ agent, kinds, faults, planted })
  const simulator =
    trace === undefined ? quiet : await Simulator.create({ agent, kinds, faults, planted, trace })
  const results: SimulationResult[] = []
  const findings: Finding[] = []
  let toldAt = performance.now()
  for (let seed = from; seed <= to; seed++) {
    const result = simulator.run(seed)
    results.push(result)
    const { violation } = result
    if (violation !== undefined && findings.length < FINDINGS_SHORTENED_MOST) {
      note(`seed ${seed} breaks ${violation.invariant}; looking for its shortest fault list`)
      findings.push(quiet.find(seed, violation.invariant))
    }
    if (performance.now() - toldAt < PROGRESS_EVERY_MS || flags.json === true) continue
    toldAt = performance.now()
    note(`${seed - from + 1} of ${to - from + 1} seeds`)
  }
  const broken = results.filter(({ violation }) => violation !== undefined)
  if (flags.json === true) printJson(documentOf(results, findings))
  else printText(describe(results, broken, findings))
  process.exitCode = broken.length === 0 ? EXIT.ok : EXIT.different
}

function givenFaults({ only, faultList }: SimulateFlags): Fault[] | undefined {
  if (only !== undefined) return parseFaults(only, '--only')
  if (faultList === undefined) return undefined
  let text: string
  try {
    text = readFileSync(faultList, 'utf8')
  } catch (error) {
    throw new WeirError('WEIR_USAGE', (error as Error).message, {
      place: `--fault-list ${faultList}`,
      remedy: 'give a file that can be read',
    })
  }
  return parseFaults(text, `--fault-list ${faultList}`)
}

function parseSeeds(text: string): [number, number] {
  const match = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text)
  const [from, to] = match === null ? [1, 0] : [Number(match[1]), Number(match[2])]
  if (from <= to && to <= SEED_MOST) return [from, to]
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is no range of seeds`, {
    place: '--seeds',
    remedy: 'give two whole numbers as 1..200, the smaller one first',
  })
}

function parseKinds(text: string): readonly FaultKind[] {
  if (text === 'all') return FAULT_KINDS
  if (text === 'none') return []
  return text.split(',').map((kind) => {
    if (FAULT_KINDS.includes(kind as FaultKind)) return kind as FaultKind
    throw new WeirError('WEIR_USAGE', `'${kind.slice(0, 40)}' is no kind of fault`, {
      place: '--faults',
      remedy: `give all, none, or some of ${FAULT_KINDS.join(', ')}`,
    })
  })
}

function totalsOf(results: readonly SimulationResult[]) {
  const sum = (of: (result: SimulationResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0)
  return {
    seeds: results.length,
    events: sum(({ events }) => events),
    virtualSeconds: sum(({ virtualSeconds }) => virtualSeconds),
    cycles: sum(({ cycles }) => cycles),
    instructions: sum(({ instructions }) => instructions),
    takeovers: sum(({ takeovers }) => takeovers),
    committed: sum(({ transactions }) => transactions.committed),
    aborted: sum(({ transactions }) => transactions.aborted),
  }
}

function documentOf(results: readonly SimulationResult[], findings: readonly Finding[]): unknown {
  const broken = results.filter(({ violation }) => violation !== undefined).map(({ seed }) => seed)
  return { holds: broken.length === 0, totals: totalsOf(results), broken, findings, results }
}

function describe(
  results: readonly SimulationResult[],
  broken: readonly SimulationResult[],
  findings: readonly Finding[],
): string {
  const { seeds, virtualSeconds, cycles, instructions, takeovers, committed, aborted } = totalsOf(results)
  const lines = [
    `${seeds} seeds, ${broken.length} broken: ${virtualSeconds} virtual seconds, ${cycles} cycles, ${instructions} instructions, ` +
      `${takeovers} takeovers, ${committed} transactions committed and ${aborted} aborted`,
  ]
  if (results.length === 1) lines.push(`digest ${results[0].digest}`)
  for (const { seed, violation } of broken)
    lines.push(`seed ${seed}: ${violation?.invariant}: ${violation?.detail}`)
  for (const { seed, faults, shortest, invariant, detail, digest, command } of findings)
    lines.push(
      '',
      `seed ${seed}, ${shortest.length} of ${faults} faults break ${invariant}: ${detail}`,
      ...shortest.map((fault) => `  ${JSON.stringify(fault)}`),
      `digest ${digest}`,
      `to repeat: ${command}`,
    )
  return lines.join('\n')
}

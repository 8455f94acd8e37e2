/**
 * `npm run bench [-- NAME ...] [--json FILE] [--markdown FILE] [--quick] [--minutes N]`: runs all benchmarks, or those named,
 * one after the other. A name is that of a scenario or of a family of them.
 *
 * Tables go to standard output; the whole result to the JSON file, and tables into the marked places of the Markdown page.
 * Exit code 2 for an unknown name. `--quick` makes `optimizer` and `kafka` short, with figures that are none; `--minutes` is
 * how long the steady load of `embedded-steady` goes on.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { WeirError } from '../pipeline/errors.js'
import { machineLine, runScenario, type Scenario, type ScenarioResult } from './harness.js'
import { kafkaPage } from './kafka/page.js'
import type { KafkaResults } from './kafka/results.js'
import { runKafka } from './kafka/run-kafka.js'
import { formatMicros } from './markdown.js'
import { growthPlot } from './optimizer/growth-plot.js'
import { optimizerPage } from './optimizer/page.js'
import type { OptimizerResults } from './optimizer/results.js'
import { runOptimizer } from './optimizer/run-optimizer.js'
import { scenarioSection, writeResultsPage, writeSections } from './results-page.js'
import { scenariosOf } from './scenarios.js'

/** No scenario: it has many tables, and peers that are processes. */
const OPTIMIZER = 'optimizer'
/** No scenario either: its contenders are processes beside a broker. */
const KAFKA = 'kafka'
const PLOT_FILE = 'benchmarks-growth.svg'

/** Long enough to show that it runs; growth is judged by ten minutes. */
const DEFAULT_STEADY_MINUTES = 0.5
const MOST_STEADY_MINUTES = 24 * 60

function check(names: readonly string[], scenarios: readonly Scenario[]): void {
  const families = new Set(scenarios.flatMap(({ family }) => family ?? []))
  const known = [...scenarios.map((scenario) => scenario.name), ...families, OPTIMIZER, KAFKA]
  for (const name of names) {
    if (known.includes(name)) continue
    throw new WeirError('WEIR_USAGE', `there is no benchmark "${name}"`, {
      remedy: `known: ${known.join(', ')}`,
    })
  }
}

function show(result: ScenarioResult): void {
  const table = new Table({
    head: ['', 'p50 us', 'p99 us', 'p99.9 us', 'samples', 'p50 / Weir', 'p99 / Weir'],
    style: { head: [], border: [] },
  })
  for (const row of result.contenders) {
    table.push([
      row.name,
      formatMicros(row.p50),
      formatMicros(row.p99),
      formatMicros(row.p999),
      String(row.samples),
      row.role === 'weir' ? '' : `${row.ratioP50.toFixed(2)}x`,
      row.role === 'weir' ? '' : `${row.ratioP99.toFixed(2)}x`,
    ])
  }
  const notes = result.notes.map((note) => `  ${note}\n`).join('')
  process.stdout.write(`\n${result.name}: ${result.measures}\n${table.toString()}\n${notes}`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      markdown: { type: 'string' },
      quick: { type: 'boolean', default: false },
      minutes: { type: 'string' },
    },
  })
  const scenarios = scenariosOf(steadyMinutes(values.minutes))
  check(positionals, scenarios)
  const isChosen = (name: string, family = name) =>
    positionals.length === 0 || positionals.includes(name) || positionals.includes(family)
  process.stdout.write(`${machineLine()}\n`)
  const results: ScenarioResult[] = []
  for (const scenario of scenarios.filter(({ name, family }) => isChosen(name, family))) {
    const result = await runScenario(scenario)
    results.push(result)
    show(result)
  }
  const optimizer = isChosen(OPTIMIZER) ? await measureOptimizer(values.quick) : undefined
  const kafka = isChosen(KAFKA) ? await measureKafka(values.quick, positionals.length > 0) : undefined
  if (values.json !== undefined) {
    const document = {
      machine: machineLine(),
      results,
      ...(optimizer === undefined ? {} : { optimizer }),
      ...(kafka === undefined ? {} : { kafka }),
    }
    writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`)
  }
  if (values.markdown !== undefined) {
    const names = scenarios.map(({ name }) => name)
    renew(values.markdown, names, results, optimizer)
    if (kafka !== undefined) writeResultsPage(values.markdown, KAFKA, kafkaPage(kafka))
  }
}

function steadyMinutes(text: string | undefined): number {
  const minutes = text === undefined ? DEFAULT_STEADY_MINUTES : Number(text)
  if (minutes > 0 && minutes <= MOST_STEADY_MINUTES) return minutes
  throw new WeirError('WEIR_USAGE', `"${text}" is no number of minutes`, {
    place: '--minutes',
    remedy: `give a number above 0, at most ${MOST_STEADY_MINUTES}`,
  })
}

async function measureOptimizer(isQuick: boolean): Promise<OptimizerResults> {
  const optimizer = await runOptimizer(isQuick, (what) => process.stdout.write(`optimizer: ${what}\n`))
  process.stdout.write(`\n${optimizerPage(optimizer, undefined)}\n`)
  return optimizer
}

/** Without a broker's parts a run of everything goes on; one that names it fails. */
async function measureKafka(isQuick: boolean, isNamed: boolean): Promise<KafkaResults | undefined> {
  try {
    const kafka = await runKafka(isQuick, (what) => process.stdout.write(`kafka: ${what}\n`))
    process.stdout.write(`\n${kafkaPage(kafka)}\n`)
    return kafka
  } catch (error) {
    if (isNamed || !(error instanceof WeirError) || error.code !== 'WEIR_MISSING_PART') throw error
    process.stdout.write(`kafka: skipped: ${error.toLine()}\n`)
    return undefined
  }
}

/** Only what was measured; what else is on the page stays. */
function renew(
  page: string,
  names: readonly string[],
  results: readonly ScenarioResult[],
  optimizer: OptimizerResults | undefined,
): void {
  if (results.length > 0) {
    const date = new Date().toISOString().slice(0, 10)
    const sections = results.map((result) => scenarioSection(machineLine(), date, result))
    writeSections(page, sections, names)
  }
  if (optimizer !== undefined) {
    writeResultsPage(page, 'optimizer', optimizerPage(optimizer, PLOT_FILE))
    writeFileSync(join(dirname(page), PLOT_FILE), growthPlot(optimizer.growth))
  }
}

try {
  await main()
} catch (error) {
  const wrongFlag =
    error instanceof TypeError && String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS')
  if (!(error instanceof WeirError) && !wrongFlag) throw error
  process.stderr.write(`bench: ${error instanceof WeirError ? error.toLine() : error.message}\n`)
  process.exitCode = wrongFlag || (error as WeirError).domain === 'input' ? 2 : 1
}

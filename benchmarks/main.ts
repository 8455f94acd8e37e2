/**
 * `npm run bench [-- NAME ...] [--json FILE] [--markdown FILE] [--quick]`: runs all benchmarks, or those named, one after the
 * other.
 *
 * Tables go to standard output; the whole result to the JSON file, and tables into the marked places of the Markdown page.
 * Exit code 2 for an unknown name. `--quick` makes `optimizer` a matter of seconds, with figures that are none.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { WeirError } from '../pipeline/errors.js'
import { machineLine, runScenario, type ScenarioResult } from './harness.js'
import { formatMicros } from './markdown.js'
import { growthPlot } from './optimizer/growth-plot.js'
import { optimizerPage } from './optimizer/page.js'
import type { OptimizerResults } from './optimizer/results.js'
import { runOptimizer } from './optimizer/run-optimizer.js'
import { resultTables, writeResultsPage } from './results-page.js'
import { scenarios } from './scenarios.js'

/** No scenario: it has many tables, and peers that are processes. */
const OPTIMIZER = 'optimizer'
const PLOT_FILE = 'benchmarks-growth.svg'

function check(names: readonly string[]): void {
  const known = [...scenarios.map((scenario) => scenario.name), OPTIMIZER]
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
    },
  })
  check(positionals)
  const isChosen = (name: string) => positionals.length === 0 || positionals.includes(name)
  process.stdout.write(`${machineLine()}\n`)
  const results: ScenarioResult[] = []
  for (const scenario of scenarios.filter(({ name }) => isChosen(name))) {
    const result = await runScenario(scenario)
    results.push(result)
    show(result)
  }
  const optimizer = isChosen(OPTIMIZER) ? await measureOptimizer(values.quick) : undefined
  if (values.json !== undefined) {
    const document = { machine: machineLine(), results, ...(optimizer === undefined ? {} : { optimizer }) }
    writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`)
  }
  if (values.markdown !== undefined) renew(values.markdown, results, optimizer)
}

async function measureOptimizer(isQuick: boolean): Promise<OptimizerResults> {
  const optimizer = await runOptimizer(isQuick, (what) => process.stdout.write(`optimizer: ${what}\n`))
  process.stdout.write(`\n${optimizerPage(optimizer, undefined)}\n`)
  return optimizer
}

/** Only what was measured; what else is on the page stays. */
function renew(
  page: string,
  results: readonly ScenarioResult[],
  optimizer: OptimizerResults | undefined,
): void {
  if (results.length > 0) {
    const date = new Date().toISOString().slice(0, 10)
    writeResultsPage(page, 'results', resultTables(machineLine(), date, results))
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

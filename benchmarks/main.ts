/**
 * `npm run bench [-- NAME ...] [--json FILE] [--markdown FILE]`: runs all scenarios, or those named, one after the other.
 *
 * Tables go to standard output; the whole result to the JSON file, and tables into the marked place of the Markdown page. Exit code 2 for an unknown name.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { WeirError } from '../pipeline/errors.js'
import { machineLine, runScenario, type Scenario, type ScenarioResult } from './harness.js'
import { formatMicros, resultTables, writeResultsPage } from './results-page.js'
import { scenarios } from './scenarios.js'

function chosen(names: readonly string[]): readonly Scenario[] {
  const known = scenarios.map((scenario) => scenario.name)
  for (const name of names) {
    if (known.includes(name)) continue
    throw new WeirError('WEIR_USAGE', `there is no benchmark "${name}"`, {
      remedy: `known: ${known.join(', ')}`,
    })
  }
  return names.length === 0 ? scenarios : scenarios.filter((scenario) => names.includes(scenario.name))
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
    options: { json: { type: 'string' }, markdown: { type: 'string' } },
  })
  const results: ScenarioResult[] = []
  const list = chosen(positionals)
  process.stdout.write(`${machineLine()}\n`)
  for (const scenario of list) {
    const result = await runScenario(scenario)
    results.push(result)
    show(result)
  }
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ machine: machineLine(), results }, null, 2)}\n`)
  }
  if (values.markdown !== undefined) {
    const date = new Date().toISOString().slice(0, 10)
    writeResultsPage(values.markdown, resultTables(machineLine(), date, results))
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

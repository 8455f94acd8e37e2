/**
 * `npm run bench [-- NAME ...] [--json FILE]`: runs all scenarios, or those named, one after the other.
 *
 * The table goes to standard output, the whole result to the file. Exit code 2 for an unknown name.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { WeirError } from '../pipeline/errors.js'
import { machineLine, runScenario, type Scenario, type ScenarioResult } from './harness.js'
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
  const micros = (value: number) =>
    value < 10 ? value.toFixed(3) : value < 1000 ? value.toFixed(1) : value.toFixed(0)
  const table = new Table({
    head: ['', 'p50 us', 'p99 us', 'p99.9 us', 'samples', 'p50 / Weir', 'p99 / Weir'],
    style: { head: [], border: [] },
  })
  for (const row of result.contenders) {
    table.push([
      row.name,
      micros(row.p50),
      micros(row.p99),
      micros(row.p999),
      String(row.samples),
      row.role === 'weir' ? '' : `${row.ratioP50.toFixed(2)}x`,
      row.role === 'weir' ? '' : `${row.ratioP99.toFixed(2)}x`,
    ])
  }
  const notes = result.notes.map((note) => `  ${note}\n`).join('')
  process.stdout.write(`\n${result.name}: ${result.measures}\n${table.toString()}\n${notes}`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } })
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
}

try {
  await main()
} catch (error) {
  if (!(error instanceof WeirError)) throw error
  process.stderr.write(`bench: ${error.toLine()}\n`)
  process.exitCode = error.domain === 'input' ? 2 : 1
}

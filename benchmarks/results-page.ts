/** Puts the results of a run into a Markdown page, between two marks; the rest of the page is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { WeirError } from '../pipeline/errors.js'
import type { ScenarioResult } from './harness.js'

const BEGIN = '<!-- results: begin -->'
const END = '<!-- results: end -->'

/** Three significant figures, without an exponent. */
export function formatMicros(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value < 10 ? value.toFixed(2) : value < 1000 ? value.toFixed(1) : value.toFixed(0)
}

export function resultTables(machine: string, date: string, results: readonly ScenarioResult[]): string {
  const parts = [`Machine: ${machine}. Run on ${date}. Times in microseconds.`]
  for (const result of results) {
    const rows = result.contenders.map((row) => {
      const ratios =
        row.role === 'weir' ? ['', ''] : [`${row.ratioP50.toFixed(2)}x`, `${row.ratioP99.toFixed(2)}x`]
      const times = [row.p50, row.p99, row.p999].map(formatMicros)
      return `| ${[row.name, ...times, row.samples, ...ratios].join(' | ')} |`
    })
    parts.push(
      `### ${result.name}\n\nOne sample: ${result.measures}.\n`,
      '| | p50 | p99 | p99.9 | samples | p50 / Weir | p99 / Weir |',
      '|---|---:|---:|---:|---:|---:|---:|',
      ...rows,
    )
  }
  return parts.join('\n').replaceAll('\n###', '\n\n###')
}

/** Throws `WEIR_INPUT` when the page has no marks. */
export function writeResultsPage(path: string, text: string): void {
  const page = readFileSync(path, 'utf8')
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) {
    throw new WeirError('WEIR_INPUT', 'the page has no place for results', {
      place: path,
      remedy: `put the lines ${BEGIN} and ${END} where they belong`,
    })
  }
  writeFileSync(path, `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`)
}

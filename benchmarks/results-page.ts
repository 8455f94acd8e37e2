/** Puts the results of a run into a Markdown page, between marks; the rest of the page is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { WeirError } from '../pipeline/errors.js'
import type { ScenarioResult } from './harness.js'
import { formatMicros, markdownTable, times } from './markdown.js'

/** What a run can renew: the tables of the scenarios, and the section of the optimizer. */
export type PagePart = 'results' | 'optimizer'

export function resultTables(machine: string, date: string, results: readonly ScenarioResult[]): string {
  const parts = [`Machine: ${machine}. Run on ${date}. Times in microseconds.`]
  for (const result of results) {
    const rows = result.contenders.map((row) => {
      const ratios = row.role === 'weir' ? ['', ''] : [times(row.ratioP50), times(row.ratioP99)]
      return [row.name, ...[row.p50, row.p99, row.p999].map(formatMicros), row.samples, ...ratios]
    })
    const head = ['', 'p50', 'p99', 'p99.9', 'samples', 'p50 / Weir', 'p99 / Weir']
    parts.push(`### ${result.name}\n\nOne sample: ${result.measures}.\n`, markdownTable(head, rows))
  }
  return parts.join('\n').replaceAll('\n###', '\n\n###')
}

/** Throws `WEIR_INPUT` when the page has no marks for that part. */
export function writeResultsPage(path: string, part: PagePart, text: string): void {
  const [beginMark, endMark] = [`<!-- ${part}: begin -->`, `<!-- ${part}: end -->`]
  const page = readFileSync(path, 'utf8')
  const begin = page.indexOf(beginMark)
  const end = page.indexOf(endMark)
  if (begin < 0 || end < begin) {
    throw new WeirError('WEIR_INPUT', `the page has no place for ${part}`, {
      place: path,
      remedy: `put the lines ${beginMark} and ${endMark} where they belong`,
    })
  }
  writeFileSync(path, `${page.slice(0, begin + beginMark.length)}\n\n${text}\n\n${page.slice(end)}`)
}
